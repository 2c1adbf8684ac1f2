//! Names for things: newtypes, so that a run is never passed where a task is meant.
//!
//! Invariant: an id is never reused for another thing; ids that appear on the
//! forge (`TaskId`, `FactoryId`) hold only `[a-z0-9-]`.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The text of the id.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

text_id!(
    /// One factory (one state directory); in every mark it writes. 12 hex digits.
    FactoryId
);
text_id!(
    /// An agent's name, `[a-z][a-z0-9-]{0,39}`.
    AgentName
);
text_id!(
    /// `<passage>/<target>/<n>`, the n-th mention of a target in a passage; an
    /// instruction changed by an edit adds `@<version>`.
    MentionId
);
text_id!(
    /// 12 hex digits of a hash of (repository id, origin): any ledger computes the same.
    TaskId
);
text_id!(
    /// `<task>-<attempt>`.
    RunId
);
text_id!(
    /// An idempotency key that reads as a sentence: `accept:<task>`, `push:<task>:<sha>`.
    EffectKey
);
text_id!(
    /// A commit id, 40 or 64 hex digits.
    Sha
);

impl RunId {
    /// The id of a task's n-th attempt, counted from 1.
    #[must_use]
    pub fn of(task: &TaskId, attempt: u32) -> RunId {
        RunId(format!("{task}-{attempt}"))
    }

    /// The task that this is an attempt of.
    #[must_use]
    pub fn task(&self) -> Option<TaskId> {
        let (task, _) = self.0.rsplit_once('-')?;
        Some(TaskId::from(task))
    }
}

/// The forge's number for a repository; it survives renames.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct RepoId(pub i64);

/// What one writer holds: an issue or a pull request of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WorkKey {
    /// The repository.
    pub repo: RepoId,
    /// The number that issues and pull requests share.
    pub issue: u64,
}

impl fmt::Display for WorkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.repo.0, self.issue)
    }
}

/// Where a passage stands on the forge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassageKind {
    /// The body of an issue or of a pull request; its id is the number.
    Body,
    /// A comment in a conversation; its id is the comment's.
    Comment,
    /// What a review of a pull request says as a whole; its id is the review's.
    Review,
    /// A comment on a line of a pull request's changes; its id is the comment's.
    Inline,
}

/// The name of a passage: its kind and the forge's id for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PassageKey {
    /// Where it stands.
    pub kind: PassageKind,
    /// The number of a body, the id of a comment or review.
    pub id: i64,
}

impl fmt::Display for PassageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            PassageKind::Body => "body",
            PassageKind::Comment => "comment",
            PassageKind::Review => "review",
            PassageKind::Inline => "inline",
        };
        write!(f, "{kind}-{}", self.id)
    }
}
