//! An effect: one change to the outside, written down before it is tried.
//!
//! Invariant: the planner intends, the executor tries and marks; at most one
//! effect of a task is open, and a stale lease voids it.

use super::{Cycle, EffectKey, MentionId, NoticeKind, RunId, Sha, Subject, TaskId, Time};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One change to the outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// Its idempotency key.
    pub key: EffectKey,
    /// The task it belongs to; a reply, a notice, a new issue and a call for a person have none.
    pub task: Option<TaskId>,
    /// The issue or pull request it touches.
    pub issue: u64,
    /// What to do.
    pub kind: EffectKind,
    /// The lease under which it may act; 0 needs none.
    pub lease: u64,
    /// How often it was tried.
    pub tries: u32,
    /// Where it is.
    pub state: EffectState,
    /// When it was intended.
    pub created_at: Time,
}

/// What to do. All texts are final: the executor has no choices left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectKind {
    /// Answer a mention that is not taken, once.
    Reply {
        /// The mention.
        mention: MentionId,
        /// The comment without its mark.
        body: String,
    },
    /// Post the comment that accepts a task and claims it.
    Accept {
        /// The comment without its mark.
        body: String,
    },
    /// Rewrite the accepting comment.
    Progress {
        /// The accepting comment's id.
        comment: i64,
        /// The new text without its mark.
        body: String,
    },
    /// Preflight, workspace, prompt, process: the whole of a run.
    Spawn {
        /// The run.
        run: RunId,
    },
    /// Push a head to the task's branch.
    Push {
        /// The branch.
        branch: String,
        /// What to push.
        head: Sha,
        /// What the branch must hold now; `None`: not exist. Ignored (the
        /// branch is read first) for an adopted task.
        expect: Option<Sha>,
        /// Whether `expect` is not known because the ledger was lost.
        adopted: bool,
    },
    /// Open the pull request of the branch, or give the open one a new text.
    Pull {
        /// The branch.
        branch: String,
        /// The branch it is to be merged into.
        base: String,
        /// The title.
        title: String,
        /// The text without its mark.
        body: String,
    },
    /// Label and assign an issue or pull request.
    Dress {
        /// Its number.
        #[serde(alias = "pull")]
        number: u64,
        /// Labels to add, by name; created where the repository lacks them.
        labels: Vec<String>,
        /// Logins to assign, added to those there.
        assignees: Vec<String>,
    },
    /// Show by a label where the work on an issue is.
    Show {
        /// Labels that count as the factory's where they are found.
        own: Vec<String>,
        /// All labels that say where work is.
        all: Vec<String>,
        /// The one that is to stand; none: none of them.
        want: Option<String>,
    },
    /// Show by the assignee who has claimed an issue: the factory's account, or nobody more.
    Assign {
        /// Whether a claim holds.
        hold: bool,
        /// Whether an assignment that is found counts as the factory's.
        own: bool,
    },
    /// Post an agent's question to people.
    Ask {
        /// The comment without its mark.
        body: String,
    },
    /// Open an issue that an agent asked for.
    OpenIssue {
        /// What it came from: the message.
        origin: MentionId,
        /// The title.
        title: String,
        /// The text without its mark.
        body: String,
    },
    /// Say in the one comment about a cycle what holds.
    Cycle {
        /// The issues that wait for each other, or did.
        cycle: Cycle,
        /// Whether they do.
        holds: bool,
        /// The comment without its mark.
        body: String,
    },
    /// Tell operators something, once.
    Notify {
        /// The sink of the config. Of one that is an issue the effect names the issue.
        sink: String,
        /// Which kind of notice.
        notice: NoticeKind,
        /// What it tells of.
        about: Vec<Subject>,
        /// The comment without its mark, or the body of the request.
        body: String,
    },
    /// Post the comment that ends a task.
    Result {
        /// The comment without its mark.
        body: String,
    },
    /// Delete later twins of the task's marked comments, and its workspace.
    Sweep {
        /// Whether the workspace may go: its work is pushed or there is none.
        workspace: bool,
    },
}

impl EffectKind {
    /// The word for logs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            EffectKind::Reply { .. } => "reply",
            EffectKind::Accept { .. } => "accept",
            EffectKind::Progress { .. } => "progress",
            EffectKind::Spawn { .. } => "spawn",
            EffectKind::Push { .. } => "push",
            EffectKind::Pull { .. } => "pull",
            EffectKind::Dress { .. } => "dress",
            EffectKind::Show { .. } => "show",
            EffectKind::Assign { .. } => "assign",
            EffectKind::Ask { .. } => "ask",
            EffectKind::OpenIssue { .. } => "open_issue",
            EffectKind::Cycle { .. } => "cycle",
            EffectKind::Notify { .. } => "notify",
            EffectKind::Result { .. } => "result",
            EffectKind::Sweep { .. } => "sweep",
        }
    }

    /// The cause of the alert on what the forge refuses for every issue alike.
    #[must_use]
    pub fn refusal(&self) -> Option<&'static str> {
        match self {
            EffectKind::Show { .. } => Some("refused:labels"),
            EffectKind::Assign { .. } => Some("refused:assignee"),
            _ => None,
        }
    }
}

/// Where an effect is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectState {
    /// Written down, not yet tried.
    Intended,
    /// Being tried; after a crash the same as ambiguous.
    Tried {
        /// Since when.
        at: Time,
    },
    /// To be tried again: it surely did not happen.
    Retry {
        /// Not before.
        at: Time,
        /// Why.
        reason: String,
        /// Only a person can mend it.
        #[serde(default)]
        blocked: bool,
    },
    /// It may have happened: look before writing, and not before.
    Ambiguous {
        /// The end of the settling time.
        look_at: Time,
        /// Why.
        reason: String,
    },
    /// It happened.
    Done {
        /// What it gave.
        result: EffectResult,
    },
    /// It cannot happen; stops its own task only.
    Parked {
        /// Why, with the remedy.
        reason: String,
    },
    /// Its lease is stale or its claim was lost: it must not happen.
    Void {
        /// Why.
        reason: String,
    },
}

impl EffectState {
    /// Whether nothing more will be tried.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(
            self,
            EffectState::Done { .. } | EffectState::Parked { .. } | EffectState::Void { .. }
        )
    }
}

/// What an effect gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectResult {
    /// Nothing to keep.
    Nothing,
    /// A comment's id.
    Comment(i64),
    /// The head that the branch holds now.
    Pushed(Sha),
    /// A pull request's number.
    Pull(u64),
    /// A new issue's number.
    Issue(u64),
    /// Labels that count as the factory's from now on.
    Shown(Vec<String>),
    /// Whether the factory's account is assigned by the factory.
    Assigned(bool),
}

impl fmt::Display for EffectResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EffectResult::Nothing => f.write_str("done"),
            EffectResult::Comment(id) => write!(f, "comment {id}"),
            EffectResult::Pushed(head) => write!(f, "pushed {}", head.0),
            EffectResult::Pull(number) => write!(f, "pull request #{number}"),
            EffectResult::Issue(number) => write!(f, "issue #{number}"),
            EffectResult::Shown(labels) if labels.is_empty() => f.write_str("shows no label"),
            EffectResult::Shown(labels) => write!(f, "shows {}", labels.join(", ")),
            EffectResult::Assigned(true) => f.write_str("assigned"),
            EffectResult::Assigned(false) => f.write_str("not assigned"),
        }
    }
}
