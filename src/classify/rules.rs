//! Rules over facts: denial, exit, signal, commits and the agent's report.
//!
//! Invariant: the report can only say that a run was not meant to deliver; it
//! never turns a failure of the machine into success. Every rule is in one of
//! the three lists that operators are shown.

use super::{Evidence, Untaken};
use crate::model::{
    DenialKind, Exit,
    FailureClass::{self, Auth, Logic, Resource, Timeout, Transient, Unknown},
    ReportStatus,
};

pub(super) type Rule = (FailureClass, &'static str);

const QUOTA: Rule = (Transient, "the provider's quota is used up");
const OVERLOADED: Rule = (Transient, "the provider is overloaded");
const REFUSED: Rule = (Auth, "the provider refuses the key");

/// What a CLI says by its protocol.
pub(super) const DENIALS: [Rule; 3] = [QUOTA, OVERLOADED, REFUSED];

const WALL_TIME: Rule = (Timeout, "wall time used up");
const STEPS: Rule = (Resource, "steps used up");
const GUARD: Rule = (Logic, "stopped because of the guard");
const STOPPED: Rule = (Transient, "stopped with the factory");
const TERMINATED: Rule = (Transient, "terminated from outside");
const KILLED: Rule = (Resource, "killed, as for want of memory");
const LIMIT: Rule = (Resource, "limit of time or file size");
const TOO_LARGE: Rule = (Resource, "work larger than `bundle_bytes`");

/// Facts that no output can talk away.
pub(super) const FACTS: [Rule; 8] = [
    WALL_TIME, STEPS, GUARD, STOPPED, TERMINATED, KILLED, LIMIT, TOO_LARGE,
];

const UNSEEN: Rule = (Unknown, "its work could not be seen");
const UNTAKEN: Rule = (Logic, "work that cannot be taken in");
const NOTHING: Rule = (Logic, "no commit");
const SILENT: Rule = (Logic, "no report");
const TOO_LONG: Rule = (Timeout, "exit 124 of timeout(1)");
const NO_COMMAND: Rule = (Logic, "command not found or not executable");
const WAITS: Rule = (Transient, "start waits for the world");
const UNSTARTED: Rule = (Logic, "cannot be started");
const UNKNOWN: Rule = (Unknown, "no rule knows it");

/// What is left when neither facts nor words say more.
pub(super) const EXITS: [Rule; 9] = [
    UNSEEN, UNTAKEN, NOTHING, SILENT, TOO_LONG, NO_COMMAND, WAITS, UNSTARTED, UNKNOWN,
];

/// Whether the run is not failed at all: good exit and commits, or the agent
/// ended by itself and said, by protocol, why there is nothing to deliver: that it was not
/// to be done, that people must answer first, or, where it edits nothing, what it found.
pub(super) fn is_well(input: &Evidence<'_>) -> bool {
    let said = |wanted: &[ReportStatus]| input.report.is_some_and(|r| wanted.contains(&r.status));
    let spoken = said(&[
        ReportStatus::Rejected,
        ReportStatus::NeedsClarification,
        ReportStatus::Blocked,
    ]);
    let came = input.has_work || input.asked || input.reads && said(&[ReportStatus::Done]);
    match input.exit {
        Exit::Code(0) => spoken || (came && denied(input).is_none()),
        Exit::Code(_) => spoken,
        _ => false,
    }
}

/// Whether what the output talks about may say why the run failed: not where the agent
/// came to its end and reported, because then it talks of its work.
pub(super) fn hears_words(input: &Evidence<'_>) -> bool {
    let ended_well = *input.exit == Exit::Code(0) && input.report.is_some();
    // The words are then those of who could not take the work in.
    !ended_well || input.untaken.is_some()
}

/// What a provider's denial means for a run that it ended or held up to the end.
pub(super) fn by_denial(input: &Evidence<'_>) -> Option<Rule> {
    matches!(input.exit, Exit::Code(_) | Exit::WallTime)
        .then(|| denied(input))
        .flatten()
}

fn denied(input: &Evidence<'_>) -> Option<Rule> {
    match input.denial?.kind {
        DenialKind::Quota => Some(QUOTA),
        DenialKind::Overloaded => Some(OVERLOADED),
        DenialKind::Auth => Some(REFUSED),
        DenialKind::Other => None,
    }
}

/// Facts that no output can talk away.
pub(super) fn by_fact(input: &Evidence<'_>) -> Option<Rule> {
    match input.exit {
        Exit::WallTime => Some(WALL_TIME),
        Exit::Steps => Some(STEPS),
        Exit::Guard => Some(GUARD),
        Exit::Interrupted => Some(STOPPED),
        Exit::Signal(signal) => by_signal(*signal),
        Exit::Code(code) => code.checked_sub(128).and_then(by_signal),
        Exit::NotStarted { .. } => None,
    }
    .or((input.untaken == Some(Untaken::TooLarge)).then_some(TOO_LARGE))
}

/// Signals that mean one thing; shells pass them on as 128 + signal.
fn by_signal(signal: i32) -> Option<Rule> {
    match signal {
        1 | 2 | 15 => Some(TERMINATED),
        9 => Some(KILLED),
        24 | 25 => Some(LIMIT),
        _ => None,
    }
}

/// What is left when neither facts nor words say more.
pub(super) fn by_exit(input: &Evidence<'_>) -> Rule {
    match input.exit {
        Exit::Code(0) if input.untaken == Some(Untaken::Ours) => UNSEEN,
        Exit::Code(0) if input.untaken.is_some() => UNTAKEN,
        Exit::Code(0) if input.reads => SILENT,
        Exit::Code(0) => NOTHING,
        Exit::Code(124) => TOO_LONG,
        Exit::Code(126 | 127) => NO_COMMAND,
        Exit::NotStarted { waits: true } => WAITS,
        Exit::NotStarted { waits: false } => UNSTARTED,
        _ => UNKNOWN,
    }
}
