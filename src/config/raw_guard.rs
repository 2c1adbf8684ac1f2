//! `[guard]` as written. See [`super::raw`] for what holds of all sections.
//!
//! Invariant: denials are added for everybody; what is allowed is for one agent,
//! one rule and one target, with a reason and a day on which it ends.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What this project adds to the guard's shipped rules. Only this file can: nothing in the repository or in an agent's reach.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Guard {
    /// Commands that are denied as well.
    #[schemars(length(max = 200))]
    pub deny: Vec<GuardDeny>,
    /// What an agent may do although a rule denies it.
    #[schemars(length(max = 200))]
    pub allow: Vec<GuardAllow>,
}

/// A command that this project denies.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GuardDeny {
    /// The name of its rule: `project.` and a name of your own.
    #[schemars(regex(pattern = r"^project\.[a-z0-9][a-z0-9-]{0,59}$"))]
    pub rule: String,
    /// The words it begins with, the program first and alone, as in `["make", "release"]`; options among them may stand anywhere.
    #[schemars(length(min = 1, max = 20), inner(length(min = 1, max = 200)))]
    pub command: Vec<String>,
    /// Why; the agent is told.
    #[schemars(length(min = 1, max = 300))]
    pub reason: String,
    /// What to do instead; the agent is told.
    #[schemars(length(min = 1, max = 300))]
    pub instead: String,
}

/// A declared exception of one agent.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GuardAllow {
    /// The agent.
    #[schemars(length(min = 1, max = 40))]
    pub agent: String,
    /// The rule that is lifted, one of `adf guard rules`; never one of `guard.`, `shell.` or `patch.`.
    #[schemars(length(min = 1, max = 80))]
    pub rule: String,
    /// For which targets: a path without `..`, a branch, host …; `*` stands for any part, but not for a whole folder of the system.
    #[schemars(length(min = 1, max = 500))]
    pub target: String,
    /// Why, for whoever reads this file.
    #[schemars(length(min = 1, max = 300))]
    pub reason: String,
    /// The last day on which it holds (UTC), as `2027-01-31`: a day that is over or more than a year ahead is warned of.
    #[schemars(regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    pub until: String,
}
