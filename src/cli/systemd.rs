//! What systemd is told: ready, alive with one line for people, reloading, stopping.
//!
//! Invariant: nobody waits for systemd. A thread of its own sends in order; when it
//! cannot keep up, what is new is left out, and the watchdog judges as it should.
//! Elsewhere nobody listens, and there is no thread.

use crate::reconcile::Report;
use sd_notify::NotifyState;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Messages that may wait to be sent.
const WAITING_MAX: usize = 16;
/// How long the end waits for the last message to be sent.
const LAST_WAIT: Duration = Duration::from_secs(1);
/// How often the loop says that it lives where no watchdog asks for it.
const ALIVE_EVERY: Duration = Duration::from_secs(10);

/// How long the service manager waits for the next word of a start that waits: more than lies
/// between two of them.
const EXTENDED_MICROS: u32 = 180_000_000;

type Message = Box<dyn FnOnce() + Send>;

/// The way to systemd.
pub(super) struct Systemd {
    sender: Option<SyncSender<Message>>,
    /// Is told when the last message was sent.
    over: Mutex<Receiver<()>>,
}

impl Systemd {
    /// Begins the thread that sends, where somebody listens.
    pub(super) fn new() -> Systemd {
        let (sender, messages) = sync_channel::<Message>(WAITING_MAX);
        let (ended, over) = sync_channel(1);
        if std::env::var_os("NOTIFY_SOCKET").is_none() {
            return Systemd {
                sender: None,
                over: Mutex::new(over),
            };
        }
        std::thread::spawn(move || {
            messages.into_iter().for_each(|send| send());
            // Whoever waits no longer does not mind.
            let _ = ended.send(());
        });
        Systemd {
            sender: Some(sender),
            over: Mutex::new(over),
        }
    }

    /// It works.
    pub(super) fn ready(&self) {
        self.tell(|| notify(&[NotifyState::Ready]));
    }

    /// What a start waits for, in one line for people: it is not to be given up meanwhile.
    pub(super) fn waits(&self, line: &str) {
        let line = line.to_owned();
        let longer = NotifyState::ExtendTimeoutUsec(EXTENDED_MICROS);
        self.tell(move || notify(&[longer, NotifyState::Status(&line)]));
    }

    fn tell(&self, message: impl FnOnce() + Send + 'static) {
        let sent = self.sender.as_ref().map(|s| s.try_send(Box::new(message)));
        if let Some(Err(TrySendError::Full(_))) = sent {
            tracing::debug!(target: "adf::start", "systemd does not read what it is told");
        }
    }
}

impl Drop for Systemd {
    fn drop(&mut self) {
        self.sender = None;
        // The process may end right after, and with it what was not sent.
        let over = self.over.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = over.recv_timeout(LAST_WAIT);
    }
}

impl Report for Systemd {
    fn alive(&mut self, status: &str) {
        let line = status.to_owned();
        self.tell(move || notify(&[NotifyState::Watchdog, NotifyState::Status(&line)]));
    }

    fn reloading(&mut self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => self.tell(move || notify(&[NotifyState::Reloading, now])),
            Err(error) => {
                tracing::debug!(target: "adf::start", %error, "systemd was not told of the reload");
            }
        }
    }

    fn reloaded(&mut self) {
        self.ready();
    }

    fn stopping(&mut self) {
        self.tell(|| notify(&[NotifyState::Stopping]));
    }

    fn every(&self) -> Duration {
        sd_notify::watchdog_enabled().map_or(ALIVE_EVERY, |limit| limit / 2)
    }
}

fn notify(state: &[NotifyState<'_>]) {
    let place = std::env::var_os("NOTIFY_SOCKET").unwrap_or_default();
    let sent = match place.to_str().and_then(|place| place.strip_prefix('@')) {
        Some(name) => send_abstract(name, state),
        None => sd_notify::notify(state),
    };
    if let Err(error) = sent {
        tracing::debug!(target: "adf::start", %error, "systemd was not told");
    }
}

/// To a socket without a file, which the crate takes for a path.
fn send_abstract(name: &str, state: &[NotifyState<'_>]) -> std::io::Result<()> {
    let lines: Vec<String> = state.iter().map(ToString::to_string).collect();
    let socket = UnixDatagram::unbound()?;
    socket.connect_addr(&SocketAddr::from_abstract_name(name)?)?;
    socket.send(lines.join("\n").as_bytes()).map(drop)
}
