//! What a hook needs to know of its run to judge a tool call: one value, written
//! before the agent starts where the agent can only read it.
//!
//! Invariant: it holds no secret and grants nothing that the config does not;
//! what it lifts has an end. `act::start` writes it, `cli::guard` reads it.

use super::{AgentName, RoleContext, Time};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A run, as its guard sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guarding {
    /// The run's own clone.
    pub worktree: PathBuf,
    /// The agent's home.
    pub home: PathBuf,
    /// The run's own temporary folder.
    pub tmp: PathBuf,
    /// The task's branch.
    pub branch: String,
    /// The walls keep its signals inside the run.
    pub signals_walled: bool,
    /// What its role may edit and run.
    pub role: RoleContext,
    /// What the project denies besides.
    pub deny: Vec<GuardDeny>,
    /// What its agent may do although a rule denies it.
    pub allow: Vec<GuardAllow>,
}

impl Guarding {
    /// The file's name in a run's `agent` folder.
    pub const FILE: &'static str = "guard.json";
}

/// What the operator adds to the guard's rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Guard {
    /// Commands that are denied as well.
    pub deny: Vec<GuardDeny>,
    /// What agents may do although a rule denies it.
    pub allow: Vec<GuardAllow>,
}

/// A command that the project denies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardDeny {
    /// The name of its rule.
    pub rule: String,
    /// The words it begins with, the program first.
    pub command: Vec<String>,
    /// Why.
    pub reason: String,
    /// What to do instead.
    pub instead: String,
}

/// A declared exception of one agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardAllow {
    /// The agent.
    pub agent: AgentName,
    /// The rule that is lifted.
    pub rule: String,
    /// For which targets; `*` stands for any part.
    pub target: String,
    /// Why.
    pub reason: String,
    /// When it ends.
    pub until: Time,
}
