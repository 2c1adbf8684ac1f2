//! A mention: one `@adf:` in one passage, and what became of it.
//!
//! Invariant: the row of a mention is a fact and never changes; only its
//! [`MentionState`] does, and only by the planner.

use super::{AgentName, MentionId, PassageKey, Person, TaskId, Time};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Who is called, as far as the grammar can tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// `@adf:<agent>` or `@adf:<project>/<agent>`.
    Agent {
        /// The project, when one is named.
        project: Option<String>,
        /// The agent's name.
        agent: AgentName,
    },
    /// Not a name; holds the offending text, at most 60 characters.
    Malformed(String),
}

/// A mention as found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// Its name.
    pub id: MentionId,
    /// The passage it stands in.
    pub passage: PassageKey,
    /// The version of the passage it was found in.
    pub version: u32,
    /// The issue or pull request of the passage.
    pub issue: u64,
    /// Who is called.
    pub target: Target,
    /// What follows, to the next mention or the end. Data, never code.
    pub instruction: String,
    /// The task it would be: a hash of (repository id, `id`).
    pub task: TaskId,
    /// Who the forge shows as the writer.
    pub author: Person,
    /// Written with the factory's own account.
    pub own_account: bool,
    /// First seen in a passage that was edited: its real writer is not known.
    pub edited_in: bool,
    /// The mention whose instruction this one replaces, after an edit.
    pub replaces: Option<MentionId>,
    /// Written before the factory began to listen; never run by itself.
    pub older: bool,
    /// The forge's time of the passage.
    pub written_at: Time,
    /// What became of it.
    pub state: MentionState,
}

/// What became of a mention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MentionState {
    /// Not yet decided.
    Pending,
    /// A task carries it.
    Accepted,
    /// One reply says why not.
    Refused(Refusal),
}

/// Why a mention is not taken. Each has one short reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// `@adf:` with no proper name.
    Malformed,
    /// No such agent here.
    UnknownAgent,
    /// It names another project.
    OtherProject,
    /// The writer may not command the factory.
    NotAllowed,
    /// It appeared by an edit, or an edit changed a dispatched instruction.
    Edited,
    /// Written with the factory's own account.
    OwnAccount,
    /// More mentions than one passage may hold.
    TooMany,
    /// Nothing was asked.
    EmptyInstruction,
    /// The issue or pull request is closed.
    Closed,
    /// Another factory took it up; it speaks for itself, so there is no reply.
    ClaimedElsewhere,
    /// A claim stands there whose HMAC does not hold.
    UnverifiedClaim,
}

impl fmt::Display for Refusal {
    /// Why, as plans and logs say it; what people are told is in [`crate::decide`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::Malformed => "not readable as a mention",
            Refusal::UnknownAgent => "no agent of that name",
            Refusal::OtherProject => "for another project",
            Refusal::NotAllowed => "the writer may not command the factory",
            Refusal::Edited => "written by an edit",
            Refusal::OwnAccount => "written with the factory's own account",
            Refusal::TooMany => "too many mentions in one text",
            Refusal::EmptyInstruction => "nothing was asked",
            Refusal::Closed => "the issue or pull request is closed",
            Refusal::ClaimedElsewhere => "another factory claimed it first",
            Refusal::UnverifiedClaim => "a claim stands there that cannot be verified",
        })
    }
}
