//! An agent's output → the log, the count of steps and the events they make.
//!
//! Invariant: only whole lines of standard output are read as signs; both streams
//! go to the log. Next: [`super::output`] bounds what is kept.

use super::{
    Event, RunSpec, SuperviseError,
    events::Outbox,
    output::{CappedLog, Lines},
};
use crate::provider::{Signal, Stream};

/// Everything that comes of the agent's bytes.
pub(crate) struct Intake {
    log: CappedLog,
    lines: Lines,
    stream: Stream,
    steps: u32,
}

/// What is known at the end.
pub(crate) struct Taken {
    pub bytes: u64,
    pub cut: u64,
    pub steps: u32,
    /// The first error of the disk.
    pub fault: Option<std::io::Error>,
}

impl Intake {
    pub(crate) fn begin(spec: &RunSpec) -> Result<Intake, SuperviseError> {
        let path = spec.layout().output();
        Ok(Intake {
            log: CappedLog::create(&path, spec.limits.output_bytes)
                .map_err(SuperviseError::dir("create", &path))?,
            lines: Lines::default(),
            stream: spec.stream,
            steps: 0,
        })
    }

    /// Takes a chunk; returns the steps counted so far.
    pub(crate) fn push(&mut self, bytes: &[u8], is_stdout: bool, outbox: &mut Outbox) -> u32 {
        self.log.push(bytes);
        if !is_stdout {
            return self.steps;
        }
        let (before, mut progress) = (self.steps, false);
        let (stream, steps) = (&mut self.stream, &mut self.steps);
        self.lines.push(bytes, |line| match stream.parse(line) {
            Some(Signal::Step) => *steps = steps.saturating_add(1),
            Some(Signal::Progress) => progress = true,
            None => {}
        });
        if self.steps > before {
            outbox.put(&Event::Step { count: self.steps });
        }
        if progress {
            outbox.put(&Event::Progress);
        }
        self.steps
    }

    pub(crate) fn finish(self) -> Taken {
        let (bytes, cut, fault) = self.log.finish();
        Taken {
            bytes,
            cut,
            steps: self.steps,
            fault,
        }
    }
}
