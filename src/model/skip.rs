//! Why something that could be done is not being done now.
//!
//! Invariant: the planner names a reason for everything it leaves alone.

use super::Time;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One thing left alone, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skip {
    /// What: a mention's, task's or effect's id.
    pub what: String,
    /// Its issue, where there is one.
    pub issue: Option<u64>,
    /// Why.
    pub reason: SkipReason,
}

/// Why something is left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum SkipReason {
    /// Nothing new is started before the forge was read once since the start.
    NotSynced,
    /// The factory is stopping.
    Draining,
    /// An operator paused the factory.
    Paused {
        /// Who.
        by: String,
    },
    /// An operator stopped the factory.
    Stopped {
        /// Who.
        by: String,
    },
    /// An operator cancelled it, and its run is being ended.
    Cancelling {
        /// Who.
        by: String,
    },
    /// Disk or ledger is not fit for new work.
    Unfit {
        /// What is wrong and the remedy.
        text: String,
    },
    /// Written before the factory began to listen.
    Older,
    /// An effect of the task is under way.
    EffectOpen {
        /// Its key.
        key: String,
    },
    /// A run works on it.
    Working {
        /// The run.
        run: String,
    },
    /// Another task holds the issue.
    IssueHeld {
        /// That task.
        task: String,
    },
    /// The project runs as many as it may.
    ProjectFull {
        /// The limit.
        limit: u32,
    },
    /// The agent runs as many as it may.
    AgentFull {
        /// The limit.
        limit: u32,
    },
    /// The starts of an hour or a day are used up.
    StartsUsedUp {
        /// `project` or the agent's name.
        whose: String,
        /// `hour` or `day`.
        span: String,
        /// The limit.
        limit: u32,
        /// When the next start is free.
        until: Time,
    },
    /// The agent was started a moment ago, and its tier takes its time.
    Thinking {
        /// Its name.
        agent: String,
        /// Its tier.
        tier: String,
        /// The least time between two starts, in seconds.
        seconds: u64,
        /// When it may be started next.
        until: Time,
    },
    /// It waits for a time.
    NotBefore {
        /// That time.
        until: Time,
        /// What for.
        note: String,
    },
    /// It waits for the world.
    Blocked {
        /// What for.
        note: String,
    },
    /// An effect cannot happen.
    Parked {
        /// Why.
        note: String,
    },
    /// The coordinator does not take it up.
    NotTaken {
        /// Why.
        note: String,
    },
    /// Every provider of its tier is unwell.
    NoProvider {
        /// Each, and why.
        text: String,
    },
    /// The agent is no longer in the config.
    NoAgent {
        /// Its name.
        agent: String,
    },
}

impl SkipReason {
    /// When it is over by itself, where that is known.
    #[must_use]
    pub fn until(&self) -> Option<Time> {
        match self {
            SkipReason::StartsUsedUp { until, .. }
            | SkipReason::Thinking { until, .. }
            | SkipReason::NotBefore { until, .. } => Some(*until).filter(|at| *at < Time::NEVER),
            _ => None,
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SkipReason::NotSynced => f.write_str("the forge has not been read since the start"),
            SkipReason::Draining => f.write_str("the factory is stopping"),
            SkipReason::Paused { by } => {
                write!(f, "the factory is paused by {by}; `adf resume` ends it")
            }
            SkipReason::Stopped { by } => {
                write!(f, "the factory is stopped by {by}; `adf resume` ends it")
            }
            SkipReason::Cancelling { by } => write!(f, "cancelled by {by}; its run is being ended"),
            SkipReason::Unfit { text } => write!(f, "not fit for new work: {text}"),
            SkipReason::Older => f.write_str(
                "written before the factory began to listen; write a new comment to have it done",
            ),
            SkipReason::EffectOpen { key } => write!(f, "`{key}` is under way"),
            SkipReason::Working { run } => write!(f, "run {run} works on it"),
            SkipReason::IssueHeld { task } => write!(f, "task {task} holds the issue"),
            SkipReason::ProjectFull { limit } => {
                write!(f, "the project runs {limit} at once, its limit")
            }
            SkipReason::AgentFull { limit } => {
                write!(f, "the agent runs {limit} at once, its limit")
            }
            SkipReason::StartsUsedUp {
                whose, span, limit, ..
            } => {
                write!(f, "the {limit} starts a {span} of {whose} are used up")
            }
            SkipReason::Thinking {
                agent,
                tier,
                seconds,
                ..
            } => write!(
                f,
                "`{agent}` is of tier {tier}, of which an agent starts once in {seconds} s"
            ),
            SkipReason::NotBefore { note, .. } => write!(f, "waits for its time: {note}"),
            SkipReason::Blocked { note } => write!(f, "blocked: {note}"),
            SkipReason::Parked { note } => write!(f, "cannot be done: {note}"),
            SkipReason::NotTaken { note } => write!(f, "not taken up: {note}"),
            SkipReason::NoProvider { text } => write!(f, "no provider can be used: {text}"),
            SkipReason::NoAgent { agent } => {
                write!(f, "agent `{agent}` is no longer in the config")
            }
        }
    }
}
