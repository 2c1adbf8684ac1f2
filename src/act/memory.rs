//! What the disk remembers of a run, beside the ledger and out of the agent's reach.
//!
//! Invariant: written before a run starts and again when it is over, so that a
//! lost ledger loses no lease, no authorised instruction and no outcome.

use super::supervise;
use crate::model::{Run, Task};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

/// A run and its task, as they stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The task.
    pub task: Task,
    /// The run.
    pub run: Run,
}

/// Writes a run and its task into the run's directory.
///
/// # Errors
/// With the file's name, when it cannot be written.
pub fn remember(run_dir: &Path, task: &Task, run: &Run) -> io::Result<()> {
    let path = run_dir.join("run.json");
    let memory = Memory {
        task: task.clone(),
        run: run.clone(),
    };
    let bytes = serde_json::to_vec(&memory)?;
    supervise::keep_private(&path, &bytes)
        .map_err(|e| io::Error::new(e.kind(), format!("run record `{}`: {e}", path.display())))
}

/// What a run directory remembers; `None` when it is not readable.
#[must_use]
pub fn recall(run_dir: &Path) -> Option<Memory> {
    let bytes = std::fs::read(run_dir.join("run.json")).ok()?;
    serde_json::from_slice(&bytes).ok()
}
