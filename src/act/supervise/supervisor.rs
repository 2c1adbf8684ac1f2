//! `adf __exec`: stays as a run's supervisor from before the agent's first
//! instruction until nothing of the run is left.
//!
//! Invariant: the record is on disk before the agent starts and after the run is
//! empty; output is drained all the while; when the daemon's pipe closes, everything is
//! killed at once. It is the subreaper, so `wait` answering "no child" proves the tree empty.
//! Next: [`super::course`] decides when to ask and when to kill; this file does it.

use super::{
    Ended, Event, Layout, Record, RunSpec, SuperviseError,
    child::{self, Child, read},
    course::{Course, Phase},
    events::{Outbox, reason},
    intake::Intake,
    kill, processes, record,
    walls::Word,
};
use crate::model::Exit;
use rustix::process::WaitOptions;
use std::{path::Path, time::Duration};
use tokio::{
    net::unix::pipe::{Receiver, Sender},
    signal::unix::{SignalKind, signal},
    time::{Instant, sleep_until, timeout},
};

/// How far a run's processes stand back behind the factory's own.
const NICER: i32 = 5;
/// Bytes read at once from each of the agent's pipes.
const CHUNK_BYTES: usize = 64 * 1024;
/// Events of one kind are sent at most this often.
const EVENT_EVERY: Duration = Duration::from_millis(100);
/// How long pipes may take to end once no process of the run is left.
const DRAIN_WAIT: Duration = Duration::from_secs(2);
/// How long the daemon may take to read the last event; the record has it too.
const LAST_EVENT_WAIT: Duration = Duration::from_secs(5);
/// The longest word from the walls, in bytes.
const WORD_BYTES_MAX: usize = 16 * 1024;
/// Processes reaped between two looks at everything else.
const REAP_MAX: u32 = 4096;

/// Supervises the run of a spec; the daemon starts this with pipes as standard
/// input and output.
///
/// # Errors
/// When the run could not be taken on: nothing was started then.
pub fn supervise(spec: &Path) -> Result<(), SuperviseError> {
    let path = spec;
    let spec = RunSpec::read(path)?;
    let layout = spec.layout();
    // However busy its agents are, the factory is heard.
    rustix::process::nice(NICER).map_err(SuperviseError::system("step back in priority"))?;
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
        .map_err(SuperviseError::system("become the run's reaper"))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(SuperviseError::system("start the runtime"))?;
    runtime.block_on(async {
        let _held = record::hold(&layout).await?;
        let mut supervisor = Supervisor::begin(path, &spec, layout)?;
        supervisor.run().await;
        supervisor.end().await
    })
}

struct Supervisor<'a> {
    spec: &'a RunSpec,
    spec_path: &'a Path,
    layout: Layout,
    record: Record,
    outbox: Outbox,
    flush_at: Instant,
    commands: Option<Receiver>,
    child: Child,
    failed: Option<String>,
    course: Course,
    intake: Intake,
    empty: bool,
}

impl<'a> Supervisor<'a> {
    fn begin(
        spec_path: &'a Path,
        spec: &'a RunSpec,
        layout: Layout,
    ) -> Result<Supervisor<'a>, SuperviseError> {
        let pipe = SuperviseError::system;
        let stdin = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)
            .map_err(pipe("take the daemon's pipe"))?;
        let stdout = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)
            .map_err(pipe("take the daemon's pipe"))?;
        let commands = Receiver::from_owned_fd(stdin).map_err(SuperviseError::system(
            "standard input must be the daemon's pipe",
        ))?;
        if matches!(commands.try_read(&mut [0; 1]), Ok(0)) {
            return Err(SuperviseError::System {
                what: "the daemon is gone already; nothing was started",
                source: std::io::ErrorKind::BrokenPipe.into(),
            });
        }
        let mut outbox = Outbox::new(Sender::from_owned_fd(stdout).map_err(
            SuperviseError::system("standard output must be the daemon's pipe"),
        )?);
        let intake = Intake::begin(spec)?;
        let mut record = Record::begin(spec)?;
        record.write(&layout)?;
        outbox.put(&Event::Started {
            process: record.process.clone(),
        });
        let (child, failed) = match child::start(spec_path, spec) {
            Ok(child) => (child, None),
            Err(error) => (Child::none(), Some(error.to_string())),
        };
        record.leader = processes::identity(child.pid).ok();
        record.write(&layout)?;
        Ok(Supervisor {
            spec,
            spec_path,
            layout,
            record,
            outbox,
            flush_at: Instant::now(),
            commands: Some(commands),
            child,
            failed,
            course: Course::new(Instant::now(), &spec.limits),
            intake,
            empty: false,
        })
    }

    /// Until nothing of the run is left, or KILL has failed for too long.
    async fn run(&mut self) {
        let (Ok(mut reap), Ok(mut term)) =
            (signal(SignalKind::child()), signal(SignalKind::terminate()))
        else {
            self.course.kill(Instant::now(), Some(Exit::Interrupted));
            return self.sweep_blind();
        };
        let mut out = vec![0; CHUNK_BYTES];
        let mut err = vec![0; CHUNK_BYTES];
        let mut command = [0; 64];
        let mut word = [0; 1024];
        self.reap();
        while !self.is_finished() {
            let wake = self.wake_at();
            tokio::select! {
                got = read(&mut self.commands, &mut command) => self.on_command(got, &command),
                _ = reap.recv() => self.reap(),
                _ = term.recv() => self.course.ask(Some(Exit::Interrupted)),
                got = read(&mut self.child.stdout, &mut out) => self.on_output(out.get(..got), true),
                got = read(&mut self.child.stderr, &mut err) => self.on_output(err.get(..got), false),
                got = read(&mut self.child.word, &mut word) => self.on_word(word.get(..got)),
                () = self.outbox.send(), if self.outbox.has_bytes() => {}
                () = sleep_until(wake) => {}
            }
            self.on_time();
        }
    }

    fn is_finished(&self) -> bool {
        self.course.is_over() || (self.empty && self.child.is_over())
    }

    fn wake_at(&self) -> Instant {
        let wake = self.course.wake_at();
        if self.outbox.waits() {
            wake.min(self.flush_at)
        } else {
            wake
        }
    }

    fn on_time(&mut self) {
        let now = Instant::now();
        if self.outbox.waits() && now >= self.flush_at {
            self.outbox.collect();
            self.flush_at = now + EVENT_EVERY;
        }
        let own = processes::own_pid();
        match self.course.step(now) {
            Phase::Ask => kill::ask(&processes::descendants(own)),
            Phase::Kill => {
                kill::sweep(|| processes::descendants(own));
                self.reap();
            }
            Phase::Wait => {}
        }
    }

    fn on_command(&mut self, got: usize, bytes: &[u8]) {
        let now = Instant::now();
        let text = bytes.get(..got).unwrap_or_default();
        if got == 0 {
            // The daemon is gone, and with it everyone who could use a result.
            self.commands = None;
            self.course.kill(now, Some(Exit::Interrupted));
        }
        for line in text.split(|byte| *byte == b'\n') {
            match line {
                b"stop" if self.course.is_asked() => {
                    self.course.kill(now, Some(Exit::Interrupted));
                }
                b"stop" => self.course.ask(Some(Exit::Interrupted)),
                b"kill" => self.course.kill(now, Some(Exit::Interrupted)),
                _ => {}
            }
        }
    }

    fn on_output(&mut self, bytes: Option<&[u8]>, is_stdout: bool) {
        let bytes = bytes.unwrap_or_default();
        if bytes.is_empty() {
            let end = if is_stdout {
                &mut self.child.stdout
            } else {
                &mut self.child.stderr
            };
            *end = None;
            return;
        }
        let steps = self.intake.push(bytes, is_stdout, &mut self.outbox);
        if steps > self.spec.limits.steps {
            self.course.ask(Some(Exit::Steps));
        }
    }

    fn on_word(&mut self, bytes: Option<&[u8]>) {
        let bytes = bytes.unwrap_or_default();
        if !bytes.is_empty() && self.child.heard.len() < WORD_BYTES_MAX {
            self.child.heard.extend_from_slice(bytes);
            return;
        }
        self.child.word = None;
        for line in self.child.heard.split(|byte| *byte == b'\n') {
            match serde_json::from_slice(line) {
                Ok(Word::Level(level)) => self.record.walls = Some(level),
                Ok(Word::Failed(reason)) => self.failed = Some(reason),
                Err(_) => {}
            }
        }
        // It may hold values of the environment, and nobody reads it any more.
        let _ = std::fs::remove_file(self.spec_path);
    }

    fn reap(&mut self) {
        for _ in 0..REAP_MAX {
            match rustix::process::wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) if pid.as_raw_nonzero().get() == self.child.pid => {
                    self.child.status = Some(status);
                }
                Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
                Ok(None) => break,
                Err(_) => {
                    self.empty = true;
                    return;
                }
            }
        }
        self.empty = false;
        if self.child.status.is_some() {
            // The agent is done; what it left behind gets its grace.
            self.course.ask(None);
        }
    }

    /// Without signals there is no select: kill and reap until it is over.
    fn sweep_blind(&mut self) {
        while !self.empty && !self.course.is_over() {
            self.on_time();
            self.reap();
        }
    }

    /// Takes what is left in the pipes, records the end and tells it.
    async fn end(mut self) -> Result<(), SuperviseError> {
        let _ = timeout(DRAIN_WAIT, self.drain()).await;
        let left = if self.empty {
            0
        } else {
            processes::descendants(processes::own_pid()).len()
        };
        let (exit, reason) = self.verdict();
        let taken = self.intake.finish(&mut self.outbox);
        let ended = Ended {
            exit,
            reason: match taken.fault {
                Some(error) => format!("{reason}; output could not be kept: {error}"),
                None => reason,
            },
            output_bytes: taken.bytes,
            output_cut: taken.cut,
            steps: taken.steps,
            called: taken.called,
            told: taken.told,
            left: u32::try_from(left).unwrap_or(u32::MAX),
        };
        self.record.end(ended.clone());
        let written = self.record.write(&self.layout);
        self.outbox.collect();
        self.outbox.put(&Event::Exited(ended));
        let _ = timeout(LAST_EVENT_WAIT, async {
            while self.outbox.has_bytes() {
                self.outbox.send().await;
            }
        })
        .await;
        written
    }

    async fn drain(&mut self) {
        let mut chunk = vec![0; CHUNK_BYTES];
        while self.child.word.is_some() {
            let got = read(&mut self.child.word, &mut chunk).await;
            self.on_word(chunk.get(..got));
        }
        while self.child.stdout.is_some() {
            let got = read(&mut self.child.stdout, &mut chunk).await;
            self.on_output(chunk.get(..got), true);
        }
        while self.child.stderr.is_some() {
            let got = read(&mut self.child.stderr, &mut chunk).await;
            self.on_output(chunk.get(..got), false);
        }
    }

    fn verdict(&mut self) -> (Exit, String) {
        if let Some(reason) = self.failed.take() {
            return (Exit::NotStarted { waits: true }, reason);
        }
        let exit = self.course.cause().unwrap_or_else(|| self.child.own_exit());
        let reason = reason(&exit, &self.spec.limits);
        (exit, reason)
    }
}
