//! A failure and the series it stands in: by which rule, with which
//! fingerprint, and how many there were before it.
//!
//! Invariant: all of it is read from the outcomes of runs, so what is counted
//! cannot disagree with what happened. A wait for the world, a quota with a
//! stated reset and an interruption are no failures and end no series.

use super::{AgentName, Exit, FailureClass, Outcome, Run, RunState, TaskId, Time, World};
use serde::{Deserialize, Serialize};

/// By which rule a run counts as failed, and by what it is known again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The rule that said so.
    pub rule: String,
    /// The line that says why, without secrets and without what differs each
    /// time; empty when a fact said it.
    pub line: String,
    /// 12 hex digits over class, rule and line.
    pub fingerprint: String,
}

/// A run that failed, and when.
#[derive(Clone, Copy, Debug)]
pub struct Failed<'a> {
    /// When it ended.
    pub at: Time,
    /// The run.
    pub run: &'a Run,
    /// What it came to.
    pub outcome: &'a Outcome,
    /// Why it counts as failed.
    pub class: FailureClass,
}

/// How many of the last failures no rule knew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Failures looked at, at most [`Share::OF_MAX`].
    pub of: usize,
    /// Those of them that are UNKNOWN.
    pub unknown: usize,
}

impl Share {
    /// How many of the last failures are looked at.
    pub const OF_MAX: usize = 50;
    /// Fewer failures than this say nothing about a share.
    pub const OF_MIN: usize = 10;
    /// More per cent than this are an alert.
    pub const PERCENT_MAX: usize = 20;

    /// Whether the rules know too little of what goes wrong.
    #[must_use]
    pub fn is_high(self) -> bool {
        self.of >= Share::OF_MIN && self.unknown * 100 > self.of * Share::PERCENT_MAX
    }
}

impl Outcome {
    /// Whether the run failed (`Some(true)`), worked (`Some(false)`), or neither:
    /// it waited or was interrupted.
    #[must_use]
    pub fn failed(&self) -> Option<bool> {
        let waits = matches!(
            self.exit,
            Exit::Interrupted | Exit::NotStarted { waits: true }
        );
        let denied = self.told.denial.as_ref();
        let reset = denied.is_some_and(|denial| denial.resets_at.is_some());
        match self.class {
            _ if waits => None,
            Some(_) if reset => None,
            class => Some(class.is_some()),
        }
    }

    /// Its fingerprint, if it failed and has one.
    #[must_use]
    pub fn fingerprint(&self) -> Option<&str> {
        let failure = self
            .failure
            .as_ref()
            .filter(|_| self.failed() == Some(true));
        failure.map(|failure| failure.fingerprint.as_str())
    }
}

impl World {
    /// All runs that failed, by their end, the newest last. Waits for a stated
    /// reset are among them: a rule matched.
    #[must_use]
    pub fn failures(&self) -> Vec<Failed<'_>> {
        let mut failures: Vec<Failed<'_>> = self.runs.values().filter_map(failure).collect();
        failures.sort_by_key(|failed| (failed.at, &failed.run.id));
        failures
    }

    /// The UNKNOWN among the last failures.
    #[must_use]
    pub fn unknown_share(&self) -> Share {
        let failures = self.failures();
        let last = failures.iter().rev().take(Share::OF_MAX);
        let unknown = last.filter(|f| f.class == FailureClass::Unknown).count();
        Share {
            of: failures.len().min(Share::OF_MAX),
            unknown,
        }
    }

    /// Runs of a task that failed in a row up to now, the newest first.
    #[must_use]
    pub fn row_of_task<'a>(&'a self, task: &TaskId) -> Vec<&'a Run> {
        self.row(|run| run.task == *task)
    }

    /// Runs of an agent that failed in a row up to now, whatever their tasks, the newest first.
    #[must_use]
    pub fn row_of_agent<'a>(&'a self, agent: &AgentName) -> Vec<&'a Run> {
        self.row(|run| run.agent == *agent)
    }

    fn row(&self, of: impl Fn(&Run) -> bool) -> Vec<&Run> {
        let mut ended: Vec<(Time, &Run, bool)> = self
            .runs
            .values()
            .filter(|run| of(run))
            .filter_map(|run| match &run.state {
                RunState::Ended { at, outcome } => Some((*at, run, outcome.failed()?)),
                _ => None,
            })
            .collect();
        ended.sort_by_key(|(at, run, _)| (*at, run.created_at, &run.id));
        let row = ended.into_iter().rev().take_while(|(_, _, failed)| *failed);
        row.map(|(_, run, _)| run).collect()
    }
}

fn failure(run: &Run) -> Option<Failed<'_>> {
    let RunState::Ended { at, outcome } = &run.state else {
        return None;
    };
    let (at, class) = (*at, outcome.class?);
    Some(Failed {
        at,
        run,
        outcome,
        class,
    })
}
