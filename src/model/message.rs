//! What an agent says, each kind with its bounds: of its own work, to people,
//! to other agents, to the factory, and to itself tomorrow.
//!
//! Invariant: all of it is a claim or a wish, never a fact; the bounds here are
//! those of the schemas that the prompt shows and the socket checks. Next:
//! [`super::speech`] names the kinds.

use super::{AgentName, PassageKey, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Characters of a summary.
pub const SUMMARY_CHARS_MAX: u32 = 4000;
/// Lines of evidence.
pub const EVIDENCE_MAX: u32 = 20;
/// Characters of a line of evidence.
pub const EVIDENCE_CHARS_MAX: u32 = 500;
/// Characters of a question, and of its default.
pub const QUESTION_CHARS_MAX: u32 = 2000;
/// Minutes after which a question is decided without an answer, unless it says otherwise.
pub const DEADLINE_MINUTES: u32 = 4 * 60;
/// The longest a question may wait, in minutes: seven days.
pub const DEADLINE_MINUTES_MAX: u32 = 7 * 24 * 60;
/// Characters of what is asked of another agent.
pub const INSTRUCTION_CHARS_MAX: u32 = 8000;
/// Characters of a new issue's title.
pub const TITLE_CHARS_MAX: u32 = 200;
/// Characters of a new issue's text.
pub const BODY_CHARS_MAX: u32 = 16_000;
/// Characters of a note.
pub const NOTE_CHARS_MAX: u32 = 2000;
/// Bytes of a note, as it is kept.
pub const NOTE_BYTES_MAX: usize = 4000;
/// Keys that an agent may use in a day.
pub const NOTES_A_DAY_MAX: usize = 20;
/// Days that notes are kept, today included.
pub const NOTE_DAYS_MAX: i64 = 7;

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
    #[schemars(length(min = 1, max = SUMMARY_CHARS_MAX))]
    pub summary: String,
    /// Commands run, files and results that back the summary: at most 20 lines of 500.
    #[serde(default)]
    #[schemars(length(max = EVIDENCE_MAX), inner(length(max = EVIDENCE_CHARS_MAX)))]
    pub evidence: Vec<String>,
}

/// A question to people, by `adf agent ask`. One in a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// One question that one comment can answer: at most 2,000 characters.
    #[schemars(length(min = 1, max = QUESTION_CHARS_MAX))]
    pub question: String,
    /// What you will do when nobody answers in time.
    #[schemars(length(min = 1, max = QUESTION_CHARS_MAX))]
    pub default: String,
    /// Minutes until the default holds: 1 to 10,080, which is a week.
    #[serde(default = "deadline")]
    #[schemars(range(min = 1, max = DEADLINE_MINUTES_MAX))]
    pub deadline_minutes: u32,
}

fn deadline() -> u32 {
    DEADLINE_MINUTES
}

/// A call of another agent, by `adf agent mention`: the same as `@adf:<agent> <instruction>` of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The agent that is called, one of the roster.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9-]{0,39}$"))]
    pub agent: String,
    /// This project, if it is named at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[a-z][a-z0-9-]{0,39}$"))]
    pub project: Option<String>,
    /// What it should do: at most 8,000 characters, without a mention in them.
    #[schemars(length(min = 1, max = INSTRUCTION_CHARS_MAX))]
    pub instruction: String,
    /// The issue or pull request it should work on; yours if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub issue: Option<u64>,
}

/// A new issue, by `adf agent issue`. The factory opens it; nobody is set to work on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIssue {
    /// One line: at most 200 characters.
    #[schemars(length(min = 1, max = TITLE_CHARS_MAX))]
    pub title: String,
    /// What is wrong or wanted, in Markdown: at most 16,000 characters.
    #[serde(default)]
    #[schemars(length(max = BODY_CHARS_MAX))]
    pub body: String,
}

/// Something to know at the next run, by `adf agent remember`. A key that comes again that day replaces its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Remark {
    /// Lower-case letters, digits, `.`, `_` and `-`, at most 64.
    #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9._-]{0,63}$"))]
    pub key: String,
    /// What to know: at most 2,000 characters.
    #[schemars(length(min = 1, max = NOTE_CHARS_MAX))]
    pub text: String,
}

/// What an agent said that the ledger keeps as said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// Of its own work.
    Report(Report),
    /// To people.
    Ask(Question),
    /// To another agent.
    Mention(Call),
    /// To the factory, for later.
    OpenIssue(NewIssue),
}

/// A message and its moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// When.
    pub at: Time,
    /// What.
    pub message: Message,
}

/// A note of an agent to itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Whose.
    pub agent: AgentName,
    /// The day it was written on, in days since 1970 (UTC).
    pub day: i64,
    /// Its key, unique in the day.
    pub key: String,
    /// The text.
    pub text: String,
    /// When it was last written.
    pub at: Time,
}

/// How a question came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Somebody who may command answered, in this comment.
    Comment(PassageKey),
    /// Nobody did; what the agent said it would do holds.
    Default,
}
