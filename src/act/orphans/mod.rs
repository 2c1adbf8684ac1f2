//! What runs and tasks that are over left behind → nothing, with their work kept.
//!
//! Invariant: only what the ledger, a manifest or a run directory's mark proves to
//! be ours is touched; the rest is left and said. Work that was not pushed becomes
//! commits in `deliver.git` first, and goes nowhere when that fails. One sweep at a
//! time, in a task of its own. Next: [`due`] decides, [`sweep`] does, [`size`] measures.

pub mod due;
pub mod size;
mod sweep;

use super::machine::Machine;
use crate::model::Time;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// How often is swept, from the start on.
const SWEEP_EVERY: Duration = Duration::from_secs(300);
/// Things left alone whose names are remembered, so that each is said once.
const SAID_MAX: usize = 1000;

/// What all sweeps since the start came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// Sweeps that ended.
    pub sweeps: u64,
    /// Processes of runs that were over.
    pub processes: u64,
    /// Workspaces of tasks that had ended.
    pub workspaces: u64,
    /// Run directories of tasks that had ended.
    pub runs: u64,
    /// Refs in `deliver.git` whose commits the mirror holds too.
    pub refs: u64,
    /// Bytes that workspaces and run directories had.
    pub bytes: u64,
    /// Things left alone by the last sweep: not proven ours, or not to be removed.
    pub left: u64,
    /// Bytes in the state directory, once measured.
    pub state_bytes: u64,
    /// When a bare repository was last repacked.
    #[serde(skip)]
    tended_at: Time,
    #[serde(skip)]
    said: BTreeSet<String>,
}

/// The tally of a machine.
#[derive(Debug, Default)]
pub struct Tally(Mutex<Swept>);

impl Tally {
    /// As it stands.
    #[must_use]
    pub fn get(&self) -> Swept {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn note<T>(&self, change: impl FnOnce(&mut Swept) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Swept {
    /// Whether this is to be said: it was not said before.
    fn is_news(&mut self, name: &str) -> bool {
        self.said.len() < SAID_MAX && self.said.insert(name.to_owned())
    }
}

/// Sweeps at once and then every five minutes, until it is dropped.
pub async fn keep_swept(machine: Arc<Machine>) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        machine.sweep_orphans().await;
    }
}

/// Why nothing may start: the state directory holds more than it may.
#[must_use]
pub fn trouble(swept: &Swept, max: u64) -> Option<String> {
    (swept.state_bytes > max).then(|| {
        format!(
            "the state directory holds {} bytes, {max} are allowed; move away what is not the factory's, or raise `[limits] state_bytes`",
            swept.state_bytes
        )
    })
}
