//! An event into one datagram of the journal's native protocol.
//!
//! Written here because the ready-made layer hands fields to the journal as
//! they are, with no place for the redactor.
//! Invariant: every value passes the redactor and is cut at a named bound, and
//! the cut is said. Fields become `ADF_<NAME>`, the message `MESSAGE`.

use super::Redact;
use std::{fmt, io, io::Write, os::unix::net::UnixDatagram};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

/// Where the journal listens.
pub const SOCKET: &str = "/run/systemd/journal/socket";

/// The longest value kept, in bytes; a datagram of many such still fits the
/// kernel's default of 208 KiB.
pub const VALUE_BYTES_MAX: usize = 16 * 1024;

/// What ends a value that was cut.
const CUT: &str = " … (cut)";

/// A layer that writes to the journal.
pub struct Journal {
    socket: UnixDatagram,
    redact: Redact,
}

impl Journal {
    /// A layer on the machine's journal.
    ///
    /// # Errors
    /// When the journal's socket cannot be reached.
    pub fn connect(redact: Redact) -> io::Result<Journal> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(SOCKET)?;
        Ok(Journal::on(socket, redact))
    }

    /// A layer on a connected socket; a full one drops the event rather than wait.
    #[must_use]
    pub fn on(socket: UnixDatagram, redact: Redact) -> Journal {
        if let Err(error) = socket.set_nonblocking(true) {
            complain(&error);
        }
        Journal { socket, redact }
    }
}

impl<S: Subscriber> Layer<S> for Journal {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let meta = event.metadata();
        let mut datagram = Datagram {
            bytes: Vec::new(),
            redact: &self.redact,
        };
        datagram.put("PRIORITY", priority(*meta.level()));
        datagram.put("SYSLOG_IDENTIFIER", "adf");
        datagram.put("TARGET", meta.target());
        event.record(&mut datagram);
        if let Err(error) = self.socket.send(&datagram.bytes) {
            complain(&error);
        }
    }
}

/// The syslog priority of a level.
fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => "3",
        Level::WARN => "4",
        Level::INFO => "6",
        Level::DEBUG | Level::TRACE => "7",
    }
}

/// Says on stderr that a line was lost: logging never stops the factory.
fn complain(error: &io::Error) {
    let _unheard = writeln!(io::stderr(), "adf: the journal lost a log line: {error}");
}

/// The fields of one event, in wire form.
struct Datagram<'a> {
    bytes: Vec<u8>,
    redact: &'a Redact,
}

impl Datagram<'_> {
    fn put(&mut self, name: &str, value: &str) {
        let mut value = (self.redact)(value);
        if value.len() > VALUE_BYTES_MAX {
            value.truncate(value.floor_char_boundary(VALUE_BYTES_MAX - CUT.len()));
            value.push_str(CUT);
        }
        let length = u64::try_from(value.len()).unwrap_or(u64::MAX);
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(b'\n');
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(value.as_bytes());
        self.bytes.push(b'\n');
    }

    fn put_field(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            return self.put("MESSAGE", value);
        }
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        };
        let name: String = field.name().chars().map(plain).collect();
        self.put(&format!("ADF_{name}"), value);
    }
}

impl Visit for Datagram<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put_field(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put_field(field, &format!("{value:?}"));
    }
}
