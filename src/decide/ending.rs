//! What an outcome means for its task: deliver, keep, end, wait or try again.
//!
//! Invariant: only what the factory established counts; the agent's report can
//! turn a delivery into less, never a failure into more.

use crate::model::{
    Exit, FailureClass, Outcome, ReportStatus, Run, Task, TaskState, Time, settings::Agent,
};
use std::time::Duration;

/// The first wait before another attempt; doubles with each strike.
const BACKOFF: Duration = Duration::from_secs(30);
/// The longest wait before another attempt.
const BACKOFF_MAX: Duration = Duration::from_secs(3600);
/// How long a start that the world prevented waits before it is tried again.
const RECHECK: Duration = Duration::from_secs(300);
/// How long after a stated reset of a quota the next try is: some state it without its seconds.
const RESET_SLACK: Duration = Duration::from_secs(60);
/// Interruptions in a row after which the task waits like after a strike.
const INTERRUPTIONS_FREE: usize = 30;

/// What comes next for a task whose last run is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Push, propose, report.
    Deliver,
    /// Push what there is to the branch, without a pull request, and report.
    Keep(TaskState),
    /// Report only.
    Report(TaskState),
    /// Try again.
    Again {
        /// Not before.
        at: Time,
        /// Whether the attempt counts as failed.
        strike: bool,
        /// Why.
        why: String,
    },
    /// Wait for people to answer, then try again.
    Clarify,
    /// Wait for the world, then try again.
    Wait {
        /// When to look again.
        at: Time,
        /// What for.
        why: String,
    },
}

/// Reads the outcome of `run`, the last of `task`; `asked`: a question of it is open.
#[must_use]
pub fn ending(
    task: &Task,
    run: &Run,
    outcome: &Outcome,
    ended: Time,
    agent: Option<&Agent>,
    interrupted: usize,
    asked: bool,
) -> Ending {
    match outcome.exit {
        Exit::NotStarted { waits: true } => {
            return Ending::Wait {
                at: ended.plus(RECHECK),
                why: outcome.reason.clone(),
            };
        }
        Exit::Interrupted => {
            let at = if interrupted > INTERRUPTIONS_FREE {
                ended.plus(RECHECK)
            } else {
                ended
            };
            return Ending::Again {
                at,
                strike: false,
                why: outcome.reason.clone(),
            };
        }
        _ => {}
    }
    if let Some(work) = &outcome.work
        && !work.protected.is_empty()
    {
        return Ending::Report(TaskState::Blocked);
    }
    if asked && outcome.report.is_none() && outcome.exit == Exit::Code(0) {
        return Ending::Clarify;
    }
    if let Some(class) = outcome.class {
        return failed(task, run, outcome, ended, agent, class);
    }
    match outcome.report.as_ref().map(|r| r.status) {
        Some(ReportStatus::Rejected) => kept(outcome, TaskState::Rejected),
        Some(ReportStatus::NeedsClarification) if task.answer.is_none() => Ending::Clarify,
        // It was answered, and asks again: that is for a person to sort out.
        Some(ReportStatus::NeedsClarification) => kept(outcome, TaskState::Blocked),
        Some(ReportStatus::Blocked) => kept(outcome, TaskState::Blocked),
        Some(ReportStatus::Done) | None if outcome.work.is_some() => Ending::Deliver,
        Some(ReportStatus::Done) | None => Ending::Report(TaskState::Failed(FailureClass::Logic)),
    }
}

fn failed(
    task: &Task,
    run: &Run,
    outcome: &Outcome,
    ended: Time,
    agent: Option<&Agent>,
    class: FailureClass,
) -> Ending {
    // A quota that comes back at a stated time is no fault of the task.
    if let Some(reset) = outcome.told.denial.as_ref().and_then(|d| d.resets_at) {
        let at = ended.plus(RECHECK).max(reset.plus(RESET_SLACK));
        return Ending::Wait {
            at,
            why: outcome.reason.clone(),
        };
    }
    let attempts = agent.map_or(1, |a| a.limits.attempts);
    let again = matches!(
        class,
        FailureClass::Transient | FailureClass::Timeout | FailureClass::Unknown
    );
    if again && task.strikes.saturating_add(1) < attempts {
        let at = ended.plus(backoff(task.strikes, run.id.as_str()));
        return Ending::Again {
            at,
            strike: true,
            why: outcome.reason.clone(),
        };
    }
    kept(outcome, TaskState::Failed(class))
}

fn kept(outcome: &Outcome, state: TaskState) -> Ending {
    if outcome.work.is_some() {
        Ending::Keep(state)
    } else {
        Ending::Report(state)
    }
}

/// The wait after `strikes` failures, spread by up to a quarter by `seed` so
/// that tasks that failed together do not come back together.
#[must_use]
pub fn backoff(strikes: u32, seed: &str) -> Duration {
    let factor = 1u32.checked_shl(strikes.min(16)).unwrap_or(u32::MAX);
    let wait = BACKOFF.saturating_mul(factor).min(BACKOFF_MAX);
    let hash = seed
        .bytes()
        .fold(0u32, |h, b| h.wrapping_mul(31).wrapping_add(u32::from(b)));
    wait + wait.mul_f64(f64::from(hash % 1000) / 4000.0)
}
