//! What a supervisor leaves on disk: who it is before the agent starts, how it
//! ended after. A daemon that was away reads it instead of the event.
//!
//! Invariant: `record.json` is always whole (written beside, renamed; flushed once it
//! tells the end); the lock is held exactly as long as the supervisor lives.

use super::spec::{keep_private, write_private};
use super::{Ended, Layout, RunSpec, SuperviseError, processes};
use crate::{
    clock::Clock,
    model::{Process, RunId, Time},
};
use serde::{Deserialize, Serialize};
use std::{
    fs::{File, OpenOptions, TryLockError},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::Duration,
};
use tokio::time::{Instant, interval};

/// How long another holder of the lock may take, and the time between two tries.
const LOCK_WAIT: Duration = Duration::from_secs(1);
const LOCK_EVERY: Duration = Duration::from_millis(10);

/// The content of `record.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The run.
    pub run: RunId,
    /// The supervisor.
    pub process: Process,
    /// The agent's first process, once it was started.
    pub leader: Option<Process>,
    /// When the supervisor began.
    pub started_at: Time,
    /// How far the kernel enforces the walls, once known.
    pub walls: Option<String>,
    /// The end, once it is proven.
    pub ended: Option<Ended>,
    /// When it ended.
    pub ended_at: Option<Time>,
}

impl Record {
    /// The record of a supervisor that begins now, in this process.
    pub(crate) fn begin(spec: &RunSpec) -> Result<Record, SuperviseError> {
        let process = processes::identity(processes::own_pid())
            .map_err(SuperviseError::system("read own identity from /proc"))?;
        Ok(Record {
            run: spec.run.clone(),
            process,
            leader: None,
            started_at: Clock::System.now(),
            walls: None,
            ended: None,
            ended_at: None,
        })
    }

    /// Notes the end.
    pub(crate) fn end(&mut self, ended: Ended) {
        self.ended = Some(ended);
        self.ended_at = Some(Clock::System.now());
    }

    /// Replaces the record on disk.
    pub(crate) fn write(&self, layout: &Layout) -> Result<(), SuperviseError> {
        let path = layout.record();
        let text = serde_json::to_vec_pretty(self).map_err(|source| SuperviseError::Spec {
            path: path.clone(),
            source,
        })?;
        // No process outlives its machine, and how it ended must.
        let written = match self.ended {
            Some(_) => keep_private(&path, &text),
            None => write_private(&path, &text),
        };
        written.map_err(SuperviseError::dir("write", &path))
    }
}

/// The record of a run directory; `None` when there is none or it cannot be read.
#[must_use]
pub fn read_record(run_dir: &Path) -> Option<Record> {
    let text = std::fs::read(Layout::new(run_dir).record()).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Takes the lock of a run directory; `None` when a supervisor holds it.
pub(crate) fn lock(layout: &Layout) -> Result<Option<File>, SuperviseError> {
    let path = layout.lock();
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(SuperviseError::dir("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(SuperviseError::dir("lock", &path)(source)),
    }
}

/// Takes the run directory's lock. A daemon that looks whether it is free holds it
/// for a moment, so one refusal is no answer yet.
pub(crate) async fn hold(layout: &Layout) -> Result<std::fs::File, SuperviseError> {
    let begun = Instant::now();
    let mut ticks = interval(LOCK_EVERY);
    while begun.elapsed() < LOCK_WAIT {
        ticks.tick().await;
        if let Some(lock) = lock(layout)? {
            return Ok(lock);
        }
    }
    Err(SuperviseError::Locked(layout.lock()))
}
