//! What operators are shown of failures: the rules with their matches, the
//! last failures, and what came of each.
//!
//! Invariant: everything is read from the world as the planner sees it; a rule
//! that is no longer in force but has matched is still shown.

use crate::classify::{self, Source};
use crate::model::settings::FailureRule;
use crate::model::{EffectKey, Failed, FailureClass, Run, RunState, Task, TaskState, Time, World};
use serde::Serialize;

/// A rule, in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleRow {
    /// What it judges by; `None` for one that is no longer in force.
    pub source: Option<Source>,
    /// What it means.
    pub class: FailureClass,
    /// Its name.
    pub rule: String,
    /// Failures that it decided.
    pub matches: usize,
    /// When it last did, in milliseconds.
    pub last_match: Option<Time>,
}

/// All rules in their order, with what they have matched.
#[must_use]
pub fn rules(world: &World, own: &[FailureRule]) -> Vec<RuleRow> {
    let row = |source, class, rule| RuleRow {
        source,
        class,
        rule,
        matches: 0,
        last_match: None,
    };
    let all = classify::all(own).into_iter();
    let mut rows: Vec<RuleRow> = all
        .map(|(s, class, rule)| row(Some(s), class, rule))
        .collect();
    for failed in world.failures() {
        let Some(failure) = &failed.outcome.failure else {
            continue;
        };
        let known = rows
            .iter()
            .position(|r| r.rule == failure.rule && r.class == failed.class);
        let at = known.unwrap_or(rows.len());
        if known.is_none() {
            rows.push(row(None, failed.class, failure.rule.clone()));
        }
        if let Some(row) = rows.get_mut(at) {
            row.matches += 1;
            row.last_match = Some(failed.at);
        }
    }
    rows
}

/// What came of a failure.
#[must_use]
pub fn came_of_it(world: &World, failed: &Failed<'_>) -> String {
    let later = |run: &&Run| run.attempt > failed.run.attempt;
    if let Some(run) = world.runs_of(&failed.run.task).find(later) {
        let how = match &run.state {
            RunState::Ended { outcome, .. } => match outcome.failed() {
                Some(true) => "failed",
                Some(false) => "went well",
                None => "did not come to an end",
            },
            _ => "goes on",
        };
        return format!("tried again: {} {how}", run.id);
    }
    let Some(task) = world.tasks.get(&failed.run.task) else {
        return "its task is not known".to_owned();
    };
    let called = world
        .effects
        .contains_key(&EffectKey(format!("call:{}", task.id)));
    let person = if called { "; a person was called" } else { "" };
    format!("{}{person}", stands(task))
}

fn stands(task: &Task) -> String {
    match &task.state {
        TaskState::Queued => "will be tried again".to_owned(),
        TaskState::Blocked if task.not_before < Time::NEVER => {
            "waits, then is tried again".to_owned()
        }
        TaskState::Failed(class) => format!("its task failed ({})", class.word()),
        state => format!("its task: {}", state.word()),
    }
}
