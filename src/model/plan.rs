//! A plan: what to write down and start now, when to look again, and why not
//! for the rest.
//!
//! Invariant: a plan leaves no choice to the executor, and can be printed.

use super::{Change, EffectKey, RunId, Skip, Time};
use serde::{Deserialize, Serialize};

/// What the planner decided.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Rows to write, in one transaction.
    pub changes: Vec<Change>,
    /// Effects to start once they are written.
    pub start: Vec<EffectKey>,
    /// Runs to be ended now.
    pub stop: Vec<RunId>,
    /// Why not, for everything left alone.
    pub skips: Vec<Skip>,
    /// Each decision, with its reason, for the log.
    pub decisions: Vec<Decision>,
    /// When to plan again even if nothing happens.
    pub wake_at: Option<Time>,
}

/// One decision, as it is logged and explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What was decided: `accept`, `refuse`, `start`, `retry`, `deliver`, `end` …
    pub what: String,
    /// The issue.
    pub issue: u64,
    /// The task, where there is one.
    pub task: Option<String>,
    /// The run, where there is one.
    pub run: Option<String>,
    /// The agent, where there is one.
    pub agent: Option<String>,
    /// Why, in one line.
    pub reason: String,
    /// What the choice came from: `mention`, `schedule`, `outcome`, `limit` …
    pub source: String,
    /// What it overrode, where it did.
    pub overrode: Option<String>,
}
