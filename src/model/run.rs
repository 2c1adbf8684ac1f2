//! A run: one attempt at a task, in one process tree, under one lease.
//!
//! Invariant: at most one run per [`super::WorkKey`] is not ended, and lease
//! numbers of a work key only rise.

use super::{AgentName, Outcome, RunId, Sha, TaskId, Time, WorkKey};
use serde::{Deserialize, Serialize};

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// `<task>-<attempt>`.
    pub id: RunId,
    /// The task.
    pub task: TaskId,
    /// What it holds.
    pub work: WorkKey,
    /// Counts the attempts of the task, from 1.
    pub attempt: u32,
    /// Rises with each attempt on the work key; fences every write.
    pub lease: u64,
    /// Who works.
    pub agent: AgentName,
    /// The provider that starts the agent's CLI.
    pub provider: String,
    /// The model asked for, where the provider takes one.
    pub model: Option<String>,
    /// Why these two, when the words of the task chose them.
    #[serde(default)]
    pub routed: Option<Routed>,
    /// The commit the work starts from, once the workspace stands.
    pub base: Option<Sha>,
    /// The supervisor, once it runs.
    pub process: Option<Process>,
    /// When it was planned.
    pub created_at: Time,
    /// Where it is.
    pub state: RunState,
}

/// What a run's provider and model were chosen by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routed {
    /// The tier.
    pub tier: Option<String>,
    /// Why, in one line, with whoever was passed over.
    pub why: String,
}

/// A process that can be told from any other that ever had its pid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The process id.
    pub pid: i32,
    /// Start time in clock ticks since boot (`/proc/<pid>/stat`, field 22).
    pub start_time: u64,
    /// `/proc/sys/kernel/random/boot_id`.
    pub boot_id: String,
}

/// Where a run is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    clippy::large_enum_variant,
    reason = "most runs of a ledger are over, so a box would save nothing"
)]
pub enum RunState {
    /// Planned; the preflight, the workspace and the process come next.
    Starting,
    /// The agent works.
    Working {
        /// Since when.
        since: Time,
        /// The last tool result, diff or commit; at first the start.
        progress_at: Time,
        /// Steps counted so far.
        steps: u32,
    },
    /// Over, with what the factory established.
    Ended {
        /// When.
        at: Time,
        /// What was established.
        outcome: Outcome,
    },
}

impl Run {
    /// What was established, if it is over.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        match &self.state {
            RunState::Ended { outcome, .. } => Some(outcome),
            _ => None,
        }
    }

    /// Whether it still holds its work key.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.outcome().is_none()
    }
}
