//! What a supervisor tells the daemon, one JSON object a line.
//!
//! Invariant: the [`Outbox`] holds at most one waiting line of each kind, and in it a bounded number
//! of calls, so a daemon that reads slowly costs no memory and never stops the draining.

use super::SpecLimits;
use crate::model::{CallPrint, Exit, Process, Told};
use serde::{Deserialize, Serialize};
use std::io;
use tokio::net::unix::pipe::Sender;

/// What happened in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The supervisor stands and is on record.
    Started {
        /// The supervisor.
        process: Process,
    },
    /// The agent took steps.
    Step {
        /// How many in all.
        count: u32,
    },
    /// Tool calls came to an end.
    Called {
        /// How many in all.
        count: u32,
        /// Those that were not told before, as far as they are known.
        #[serde(default)]
        calls: Vec<CallPrint>,
    },
    /// The agent made progress other than by a step.
    Progress,
    /// The run is over and on record.
    Exited(Ended),
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// How the process ended, or by which limit it was stopped.
    pub exit: Exit,
    /// The same for people, in one line.
    pub reason: String,
    /// Bytes the agent wrote.
    pub output_bytes: u64,
    /// Bytes of them that were not kept.
    pub output_cut: u64,
    /// Steps counted.
    pub steps: u32,
    /// Tool calls that ran, of the kinds that a guard must have judged.
    #[serde(default)]
    pub called: u32,
    /// What the agent's CLI told.
    #[serde(default)]
    pub told: Told,
    /// Processes of the run that outlived KILL; 0 is proven.
    pub left: u32,
}

/// An exit for people, in one line.
pub(crate) fn reason(exit: &Exit, limits: &SpecLimits) -> String {
    match exit {
        Exit::Code(0) => "the agent ended by itself".to_owned(),
        Exit::Code(code) => format!("the agent ended with exit code {code}"),
        Exit::Signal(number) => format!("the agent was ended by signal {number}"),
        Exit::WallTime => format!("stopped at its wall time of {:?}", limits.wall()),
        Exit::Steps => format!("stopped above its {} steps", limits.steps),
        Exit::Guard => "stopped because of the guard".to_owned(),
        Exit::Interrupted => "stopped with the factory or by its order".to_owned(),
        Exit::NotStarted { .. } => "the agent did not start".to_owned(),
    }
}

/// Events on their way to the daemon.
pub(crate) struct Outbox {
    pipe: Option<Sender>,
    line: Vec<u8>,
    steps: Option<u32>,
    called: Option<(u32, Vec<CallPrint>)>,
    progress: bool,
}

/// Calls that wait to be told; of more only the number is.
const CALLS_MAX: usize = 1_000;

impl Outbox {
    pub(crate) fn new(pipe: Sender) -> Outbox {
        Outbox {
            pipe: Some(pipe),
            line: Vec::new(),
            steps: None,
            called: None,
            progress: false,
        }
    }

    /// Puts an event down to be sent; the newest count replaces one that waits.
    pub(crate) fn put(&mut self, event: &Event) {
        match event {
            Event::Step { count } => self.steps = Some(*count),
            Event::Called { count, calls } => {
                let (all, waiting) = self.called.get_or_insert_default();
                *all = *count;
                waiting.extend(calls.iter().take(CALLS_MAX - waiting.len()).cloned());
            }
            Event::Progress => self.progress = true,
            Event::Started { .. } => self.write_line(event),
            Event::Exited(_) => {
                self.write_called();
                self.write_line(event);
            }
        }
    }

    /// Turns what waits into lines, unless one is still on its way.
    pub(crate) fn collect(&mut self) {
        if !self.line.is_empty() {
            return;
        }
        if let Some(count) = self.steps.take() {
            self.write_line(&Event::Step { count });
        }
        self.write_called();
        if std::mem::take(&mut self.progress) {
            self.write_line(&Event::Progress);
        }
    }

    /// Whether something waits to be collected.
    pub(crate) fn waits(&self) -> bool {
        let something = self.steps.is_some() || self.called.is_some() || self.progress;
        self.pipe.is_some() && something
    }

    /// Whether bytes wait for the pipe.
    pub(crate) fn has_bytes(&self) -> bool {
        self.pipe.is_some() && !self.line.is_empty()
    }

    fn write_called(&mut self) {
        if let Some((count, calls)) = self.called.take() {
            self.write_line(&Event::Called { count, calls });
        }
    }

    fn write_line(&mut self, event: &Event) {
        if let Ok(text) = serde_json::to_vec(event) {
            self.line.extend_from_slice(&text);
            self.line.push(b'\n');
        }
    }

    /// Writes as much as the pipe takes, once it takes any. A daemon that is gone
    /// closes the outbox. Safe to drop and call again.
    pub(crate) async fn send(&mut self) {
        let Some(pipe) = &self.pipe else {
            return;
        };
        if pipe.writable().await.is_err() {
            self.pipe = None;
            return;
        }
        match pipe.try_write(&self.line) {
            Ok(written) => {
                self.line.drain(..written);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => self.pipe = None,
        }
    }
}
