//! A mark: the hidden line in a comment by which the factory knows its own.
//!
//! Invariant: a mark counts only in text by the factory's own account, and
//! only when its HMAC holds; see `mention::marker` for the wire form.

use super::{AgentName, EffectKey, FactoryId, MentionId, TaskId, Time};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What the marked comment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// The claim on a task, edited as the work goes on.
    Accept,
    /// The end of a task.
    Result,
    /// The reply to a mention that is not taken.
    Reply,
    /// The body of a pull request.
    Pull,
    /// A question to people.
    Ask,
    /// The body of an issue that an agent had opened.
    Issue,
}

impl Mark {
    /// How long another factory's claim on an issue that nobody gave to anybody holds: from
    /// its last mark there. After that it is taken for gone.
    pub const HOLDS: Duration = Duration::from_secs(7 * 24 * 3600);
}

/// A mark found in a comment of the factory's own account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The comment that holds it; for [`MarkKind::Pull`] and [`MarkKind::Issue`] the
    /// number of what it is the body of.
    pub comment: i64,
    /// The issue or pull request of the comment; of a body the one the work is for.
    pub issue: u64,
    /// What the comment is.
    pub kind: MarkKind,
    /// The factory that wrote it.
    pub factory: FactoryId,
    /// The effect that wrote it.
    pub key: EffectKey,
    /// The task it belongs to; of a reply, the task the mention would be.
    pub task: TaskId,
    /// The mention, slot or alert the task came from.
    pub origin: MentionId,
    /// The agent, where there is one.
    pub agent: Option<AgentName>,
    /// First 12 hex digits of SHA-256 of the instruction, where there is one.
    pub instruction: Option<String>,
    /// The HMAC holds under this factory's key.
    pub verified: bool,
    /// The forge's time of the comment.
    pub written_at: Time,
}

impl Mark {
    /// The later of two comments that one effect wrote: this mark's, or one of `others`
    /// on its issue.
    #[must_use]
    pub fn twin(&self, others: &[Mark]) -> Option<i64> {
        let is_comment = |mark: &Mark| !matches!(mark.kind, MarkKind::Pull | MarkKind::Issue);
        let twins = others.iter().filter(|other| {
            is_comment(other)
                && other.verified
                && (&other.key, &other.factory, other.issue)
                    == (&self.key, &self.factory, self.issue)
                && other.comment != self.comment
        });
        let latest = twins.map(|other| other.comment.max(self.comment)).max();
        latest.filter(|_| self.verified && is_comment(self))
    }
}
