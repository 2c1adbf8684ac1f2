//! What an agent says of its own work: a claim, checked against a schema.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the agent says its work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportStatus {
    /// The work is done.
    Done,
    /// The request should not be carried out; the summary says why.
    Rejected,
    /// A question only a person can answer.
    NeedsClarification,
    /// Something outside the agent's reach stands in the way.
    Blocked,
}

/// The report of a run, by `adf agent report`. The last one sent counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// How the work ended.
    pub status: ReportStatus,
    /// What was done and why, for people: at most 4,000 characters.
    #[schemars(length(min = 1, max = 4000))]
    pub summary: String,
    /// Commands run, files and results that back the summary: at most 20 lines of 500.
    #[serde(default)]
    #[schemars(length(max = 20), inner(length(max = 500)))]
    pub evidence: Vec<String>,
}
