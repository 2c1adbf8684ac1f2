//! What an outcome means for its task: deliver, keep, end, wait or try again.
//!
//! Invariant: only what the factory established counts; the agent's report can
//! turn a delivery into less, never a failure into more. Of who edits nothing the report is the result.

use super::health::RESET_SLACK;
use crate::model::{
    Exit, FailureClass, Outcome, ReportStatus, Run, Task, TaskState, Time, World, settings::Agent,
};
use std::time::Duration;

/// The first wait before another attempt; doubles with each strike.
const BACKOFF: Duration = Duration::from_secs(30);
/// The longest wait before another attempt.
const BACKOFF_MAX: Duration = Duration::from_secs(3600);
/// How long a start that the world prevented waits before it is tried again.
const RECHECK: Duration = Duration::from_secs(300);
/// Failures with one fingerprint after which a task is not tried again in the same way.
pub const SAME_MAX: usize = 2;
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

/// What came before the last run of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// Runs of it that were interrupted.
    pub interrupted: usize,
    /// Runs of it that failed with the fingerprint of the last, which is one of them.
    pub same: usize,
    /// A question of it is open.
    pub asked: bool,
}

impl Past {
    /// The past of a task as the ledger has it; whether it has asked is not looked at.
    #[must_use]
    pub fn of(world: &World, task: &Task, last: &Outcome) -> Past {
        let outcomes = || world.runs_of(&task.id).filter_map(Run::outcome);
        let print = last.fingerprint();
        let same = outcomes().filter(|o| print.is_some() && o.fingerprint() == print);
        let interrupted = outcomes().filter(|o| o.exit == Exit::Interrupted);
        Past {
            interrupted: interrupted.count(),
            same: same.count(),
            asked: false,
        }
    }
}

/// Reads the outcome of `run`, the last of `task`.
#[must_use]
pub fn ending(
    task: &Task,
    run: &Run,
    outcome: &Outcome,
    ended: Time,
    agent: Option<&Agent>,
    past: Past,
) -> Ending {
    match outcome.exit {
        Exit::NotStarted { waits: true } => {
            return Ending::Wait {
                at: ended.plus(RECHECK),
                why: outcome.reason.clone(),
            };
        }
        Exit::Interrupted => {
            let at = if past.interrupted > INTERRUPTIONS_FREE {
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
    if past.asked && waits_for_answer(outcome) {
        return Ending::Clarify;
    }
    if outcome.class.is_some() {
        return failed(task, run, outcome, ended, agent, past.same);
    }
    match outcome.report.as_ref().map(|r| r.status) {
        Some(ReportStatus::Rejected) => kept(outcome, TaskState::Rejected),
        Some(ReportStatus::NeedsClarification) if task.answer.is_none() => Ending::Clarify,
        // It was answered, and asks again: that is for a person to sort out.
        Some(ReportStatus::NeedsClarification | ReportStatus::Blocked) => {
            kept(outcome, TaskState::NeedsPerson)
        }
        Some(ReportStatus::Done) | None if outcome.work.is_some() => Ending::Deliver,
        Some(ReportStatus::Done) if agent.is_some_and(|a| !a.role.may_edit()) => {
            Ending::Report(TaskState::Done)
        }
        Some(ReportStatus::Done) | None => Ending::Report(TaskState::Failed(FailureClass::Logic)),
    }
}

/// Whether a run that asked leaves the rest to who answers: it ended by itself and did not
/// decide. Without a commit, `done` is no decision.
fn waits_for_answer(outcome: &Outcome) -> bool {
    let status = outcome.report.as_ref().map(|report| report.status);
    outcome.exit == Exit::Code(0)
        && match status {
            None => true,
            Some(ReportStatus::Done) => outcome.work.is_none(),
            Some(_) => false,
        }
}

fn failed(
    task: &Task,
    run: &Run,
    outcome: &Outcome,
    ended: Time,
    agent: Option<&Agent>,
    same: usize,
) -> Ending {
    let class = outcome.class.unwrap_or(FailureClass::Unknown);
    // A quota that comes back at a stated time is no fault of the task.
    if let Some(reset) = outcome.told.denial.as_ref().and_then(|d| d.resets_at) {
        let at = ended.plus(RECHECK).max(reset.plus(RESET_SLACK));
        return Ending::Wait {
            at,
            why: outcome.reason.clone(),
        };
    }
    let attempts = agent.map_or(1, |a| a.limits.attempts);
    let left = task.strikes.saturating_add(1) < attempts;
    let again = |wait: Duration, why: String| Ending::Again {
        at: ended.plus(wait),
        strike: true,
        why,
    };
    match class {
        FailureClass::Transient if left && same >= SAME_MAX => {
            let wait = jittered(BACKOFF_MAX, run.id.as_str());
            let why = format!("{}; the same as before, so it waits longer", outcome.reason);
            return again(wait, why);
        }
        FailureClass::Transient | FailureClass::Timeout | FailureClass::Unknown
            if left && same < SAME_MAX =>
        {
            let wait = backoff(task.strikes, run.id.as_str());
            return again(wait, outcome.reason.clone());
        }
        _ => {}
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
    jittered(BACKOFF.saturating_mul(factor).min(BACKOFF_MAX), seed)
}

fn jittered(wait: Duration, seed: &str) -> Duration {
    let hash = seed
        .bytes()
        .fold(0u32, |h, b| h.wrapping_mul(31).wrapping_add(u32::from(b)));
    wait + wait.mul_f64(f64::from(hash % 1000) / 4000.0)
}
