//! What an operator orders: of the factory, or of one task.
//!
//! Invariant: an order is a row before it has any effect, so it survives a
//! restart; the newest order of the factory counts, and a task that was
//! cancelled stays so.

use super::{TaskId, Time};
use serde::{Deserialize, Serialize};

/// What an operator wishes, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Start nothing; what runs goes on.
    Pause,
    /// Start nothing, end what runs.
    Stop,
    /// Work again.
    Resume,
    /// End a task, named by its id or by that of its run.
    Cancel(String),
}

/// What was ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Start nothing; what runs goes on.
    Pause,
    /// Start nothing, end what runs.
    Stop,
    /// Work again.
    Resume,
    /// End this task.
    Cancel(TaskId),
}

/// An order, by whom and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordered {
    /// What.
    pub order: Order,
    /// The login of the operator on this machine.
    pub by: String,
    /// When.
    pub at: Time,
}

impl Ordered {
    /// For people, while it holds the factory.
    #[must_use]
    pub fn line(&self) -> String {
        match &self.order {
            Order::Pause => format!(
                "paused by {}: nothing starts, what runs goes on; `adf resume` ends it",
                self.by
            ),
            Order::Stop => format!("stopped by {}: nothing runs; `adf resume` ends it", self.by),
            Order::Resume => format!("resumed by {}", self.by),
            Order::Cancel(task) => format!("task {task} cancelled by {}", self.by),
        }
    }
}
