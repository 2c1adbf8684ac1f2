//! Rules over facts: exit, signal, commits and the agent's report.
//!
//! Invariant: the report can only say that a run was not meant to deliver; it
//! never turns a failure of the machine into success.

use super::Evidence;
use crate::model::{DenialKind, Exit, FailureClass, ReportStatus};

type Rule = (FailureClass, &'static str);

/// Whether the run is not failed at all: good exit and commits, or the agent
/// ended by itself and said, by protocol, why there is nothing to deliver.
pub(super) fn is_well(input: &Evidence<'_>) -> bool {
    let spoken = input.report.is_some_and(|report| {
        matches!(
            report.status,
            ReportStatus::Rejected | ReportStatus::NeedsClarification | ReportStatus::Blocked
        )
    });
    match input.exit {
        Exit::Code(0) => spoken || (input.has_work && denied(input).is_none()),
        Exit::Code(_) => spoken,
        _ => false,
    }
}

/// What a provider's denial means for a run that it ended or held up to the end.
pub(super) fn by_denial(input: &Evidence<'_>) -> Option<Rule> {
    matches!(input.exit, Exit::Code(_) | Exit::WallTime)
        .then(|| denied(input))
        .flatten()
}

fn denied(input: &Evidence<'_>) -> Option<Rule> {
    match input.denial?.kind {
        DenialKind::Quota => Some((FailureClass::Transient, "the provider's quota is used up")),
        DenialKind::Overloaded => Some((FailureClass::Transient, "the provider is overloaded")),
        DenialKind::Auth => Some((FailureClass::Auth, "the provider refuses the key")),
        DenialKind::Other => None,
    }
}

/// Facts that no output can talk away.
pub(super) fn by_fact(input: &Evidence<'_>) -> Option<Rule> {
    match input.exit {
        Exit::WallTime => Some((FailureClass::Timeout, "wall time used up")),
        Exit::Steps => Some((FailureClass::Resource, "steps used up")),
        Exit::Interrupted => Some((FailureClass::Transient, "stopped with the factory")),
        Exit::Signal(signal) => by_signal(*signal),
        Exit::Code(code) => code.checked_sub(128).and_then(by_signal),
        Exit::NotStarted { .. } => None,
    }
}

/// Signals that mean one thing; shells pass them on as 128 + signal.
fn by_signal(signal: i32) -> Option<Rule> {
    match signal {
        1 | 2 | 15 => Some((FailureClass::Transient, "terminated from outside")),
        9 => Some((FailureClass::Resource, "killed, as for want of memory")),
        24 | 25 => Some((FailureClass::Resource, "limit of time or file size")),
        _ => None,
    }
}

/// What is left when neither facts nor words say more.
pub(super) fn by_exit(input: &Evidence<'_>) -> Rule {
    match input.exit {
        Exit::Code(0) => (FailureClass::Logic, "no commit"),
        Exit::Code(124) => (FailureClass::Timeout, "exit 124 of timeout(1)"),
        Exit::Code(126 | 127) => (FailureClass::Logic, "command not found or not executable"),
        Exit::NotStarted { waits: true } => (FailureClass::Transient, "start waits for the world"),
        Exit::NotStarted { waits: false } => (FailureClass::Logic, "cannot be started"),
        _ => (FailureClass::Unknown, "no rule knows it"),
    }
}
