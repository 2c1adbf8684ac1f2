//! What the guard said of one tool call of an agent.
//!
//! Invariant: it is told before the call runs; of what was allowed only what it
//! is known by is held, what was denied is kept in the ledger without secrets. Next:
//! [`super::proof`] holds judgements against what ran.

use super::{AgentName, RunId, Time};
use serde::{Deserialize, Serialize};

/// Characters kept of what was to be done.
pub const WHAT_CHARS_MAX: usize = 2000;
/// Characters kept of a reason.
pub const REASON_CHARS_MAX: usize = 1000;

/// A tool call by what its CLI says of it twice: to the hook before it runs, in its output after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallPrint {
    /// The CLI's own id of the call, where it tells one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The tool and what it would do, hashed; empty where that is not known.
    pub print: String,
}

/// One tool call, as judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// The tool, as its CLI calls it.
    pub tool: String,
    /// The command, path or patch.
    pub what: String,
    /// What it is known by.
    #[serde(default)]
    pub call: CallPrint,
    /// Whether it would change files by a tool that is made for that.
    #[serde(default)]
    pub edits: bool,
    /// Why not; `None` when it was allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denied: Option<Denied>,
}

/// Why a tool call was denied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Denied {
    /// The id of the rule.
    pub rule: String,
    /// What the agent was told.
    pub reason: String,
}

/// A denial as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardDenial {
    /// The run that wanted it.
    pub run: RunId,
    /// Its agent.
    pub agent: AgentName,
    /// Its issue.
    pub issue: u64,
    /// When.
    pub at: Time,
    /// The tool.
    pub tool: String,
    /// What was to be done.
    pub what: String,
    /// The id of the rule.
    pub rule: String,
    /// What the agent was told.
    pub reason: String,
}
