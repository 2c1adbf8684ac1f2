//! An agent's output → the log, the count of steps, the events they make and what
//! its CLI told.
//!
//! Invariant: only lines of standard output are read as signs; both streams
//! go to the log. Next: [`super::output`] bounds what is kept.

use super::{
    Event, RunSpec, SuperviseError,
    events::Outbox,
    output::{CappedLog, Lines},
    scrub::Scrub,
};
use crate::{
    clock::Clock,
    model::Told,
    provider::{Reader, Signal},
};

/// What takes secrets out of an agent's output: well-known shapes, and its own key.
fn scrub(spec: &RunSpec) -> Option<Scrub> {
    let own = spec.secret.iter().map(|(_, key)| key.as_str().into());
    spec.is_agent.then(|| Scrub::new(own.collect()))
}

/// The tool calls that ran, those that were not told before by what they are known by.
fn called(reader: &mut Reader) -> Event {
    Event::Called {
        count: reader.called(),
        calls: reader.take_called(),
    }
}

/// Everything that comes of the agent's bytes.
pub(crate) struct Intake {
    log: CappedLog,
    lines: Lines,
    complaints: Lines,
    reader: Reader,
    steps: u32,
}

/// What is known at the end.
pub(crate) struct Taken {
    pub bytes: u64,
    pub cut: u64,
    pub steps: u32,
    pub called: u32,
    pub told: Told,
    /// The first error of the disk.
    pub fault: Option<std::io::Error>,
}

impl Intake {
    pub(crate) fn begin(spec: &RunSpec) -> Result<Intake, SuperviseError> {
        let path = spec.layout().output();
        Ok(Intake {
            log: CappedLog::create(&path, spec.limits.output_bytes, scrub(spec))
                .map_err(SuperviseError::dir("create", &path))?,
            lines: Lines::default(),
            complaints: Lines::default(),
            reader: Reader::new(spec.stream),
            steps: 0,
        })
    }

    /// Takes a chunk; returns the steps counted so far.
    pub(crate) fn push(&mut self, bytes: &[u8], is_stdout: bool, outbox: &mut Outbox) -> u32 {
        self.log.push(bytes);
        let before = (self.steps, self.reader.called());
        let progress = if is_stdout {
            self.read(bytes)
        } else {
            let (reader, now) = (&mut self.reader, Clock::System.now());
            self.complaints
                .push(bytes, |line| reader.complain(line, now));
            false
        };
        if self.steps > before.0 {
            outbox.put(&Event::Step { count: self.steps });
        }
        if self.reader.called() > before.1 {
            outbox.put(&called(&mut self.reader));
        }
        if progress {
            outbox.put(&Event::Progress);
        }
        self.steps
    }

    /// Reads standard output; says whether there was progress.
    fn read(&mut self, bytes: &[u8]) -> bool {
        let now = Clock::System.now();
        let mut progress = false;
        let (reader, steps) = (&mut self.reader, &mut self.steps);
        self.lines.push(bytes, |line| match reader.read(line, now) {
            Some(Signal::Step) => *steps = steps.saturating_add(1),
            Some(Signal::Progress) => progress = true,
            None => {}
        });
        progress
    }

    pub(crate) fn finish(mut self, outbox: &mut Outbox) -> Taken {
        // The last line may have no end.
        self.read(b"\n");
        outbox.put(&called(&mut self.reader));
        let (bytes, cut, fault) = self.log.finish();
        Taken {
            bytes,
            cut,
            steps: self.steps,
            called: self.reader.called(),
            told: self.reader.told(),
            fault,
        }
    }
}
