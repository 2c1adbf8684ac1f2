//! A task: one piece of work for one agent on one issue or pull request.
//!
//! Invariant: only the planner writes tasks; its identity is (repository,
//! origin), so a new ledger computes the same one.

use super::{AgentName, Answer, FailureClass, MentionId, Person, Sha, TaskId, Time, WorkKey};
use serde::{Deserialize, Serialize};

/// One piece of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its name.
    pub id: TaskId,
    /// What one writer holds.
    pub work: WorkKey,
    /// What it came from: a mention's id, `slot-<agent>-<unix seconds>`, the
    /// coordinator's `pick-<issue>-<unix seconds>-<n>`, or an agent's message `run-<run>/<n>`.
    pub origin: MentionId,
    /// Who does it.
    pub agent: AgentName,
    /// What was asked, as it stood when it was authorised.
    pub instruction: String,
    /// Who asked, also through agents; nobody for a schedule.
    pub requester: Person,
    /// The agents that called one another before it, the first one first.
    pub chain: Vec<AgentName>,
    /// `adf/<issue>-<agent>-<task>`.
    pub branch: String,
    /// Where it is.
    pub state: TaskState,
    /// Why it waits or how it ended, for people; may be empty.
    pub note: String,
    /// When it may be tried next.
    pub not_before: Time,
    /// Failed attempts that count as strikes.
    pub strikes: u32,
    /// The head last pushed to its branch by this ledger.
    pub pushed: Option<Sha>,
    /// Its pull request, once open.
    pub pull: Option<u64>,
    /// How the question that it asked was answered, once it was.
    pub answer: Option<Answer>,
    /// Found by its marks after the ledger was lost.
    pub adopted: bool,
    /// When it was accepted.
    pub created_at: Time,
    /// When its state last changed.
    pub changed_at: Time,
}

/// Where a task is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Waits for a slot, a time or its turn on the issue.
    Queued,
    /// A run works on it.
    Running,
    /// Commits are being pushed and proposed.
    Delivering,
    /// Waits for something in the world: see the note.
    Blocked,
    /// The agent asked people; it goes on with their answer, or at the deadline.
    NeedsClarification,
    /// Delivered and reported.
    Done,
    /// The agent refused, with a reason.
    Rejected,
    /// Ended: the agent says what stands in the way, and that only a person can remove it.
    NeedsPerson,
    /// Ended without delivery.
    Failed(FailureClass),
    /// No longer wanted, or claimed by another factory.
    Cancelled,
}

impl Task {
    /// Agents that may call one another in a chain.
    pub const DEPTH_MAX: usize = 3;

    /// How many agents called one another before it.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.chain.len()
    }
}

impl TaskState {
    /// Whether nothing more will be tried.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            TaskState::Done
                | TaskState::Rejected
                | TaskState::NeedsPerson
                | TaskState::Failed(_)
                | TaskState::Cancelled
        )
    }

    /// The word for people and logs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            TaskState::Queued => "queued",
            TaskState::Running => "running",
            TaskState::Delivering => "delivering",
            TaskState::Blocked => "blocked",
            TaskState::NeedsClarification => "needs clarification",
            TaskState::Done => "done",
            TaskState::Rejected => "rejected",
            TaskState::NeedsPerson => "needs a person",
            TaskState::Failed(_) => "failed",
            TaskState::Cancelled => "cancelled",
        }
    }
}
