//! Facts that come from the factory's own clocks and watches.

use super::{AgentName, RunId, Time};
use serde::{Deserialize, Serialize};

/// A schedule's slot that came due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fire {
    /// The agent whose schedule it is.
    pub agent: AgentName,
    /// The slot: the scheduled moment, not the moment it was noticed.
    pub slot: Time,
}

/// How the cause of an alert on a provider that cannot work here begins; its name follows.
pub const PROVIDER: &str = "provider:";

/// Something a person should know; one row per cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// What it is about, unique: `stalled:<run>`, `disk`, `forge`.
    pub cause: String,
    /// What was seen and what would help, in one line.
    pub text: String,
    /// The run it is about, where there is one.
    pub run: Option<RunId>,
    /// When it was first raised.
    pub raised_at: Time,
    /// When it ended, if it has.
    pub cleared_at: Option<Time>,
}

impl Alert {
    /// An alert raised now, about no run.
    #[must_use]
    pub fn raised(cause: impl Into<String>, text: impl Into<String>, now: Time) -> Alert {
        Alert {
            cause: cause.into(),
            text: text.into(),
            run: None,
            raised_at: now,
            cleared_at: None,
        }
    }

    /// The same alert, over.
    #[must_use]
    pub fn cleared(&self, now: Time) -> Alert {
        Alert {
            cleared_at: Some(now),
            ..self.clone()
        }
    }
}
