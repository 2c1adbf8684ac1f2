//! Who is called when work fails: a person, at the first failure that no try
//! can mend, at the third in a row, and where the agent says that only a person can help.
//!
//! Invariant: a task calls by label and assignee once and comments once, and a
//! row of failures of one agent over many tasks is told on one of their issues.
//! These effects belong to no task, so that they hold nothing up.

use super::draft::Draft;
use super::ending::{Ending, SAME_MAX};
use super::{health, words};
use crate::model::{
    Change, EffectKey, EffectKind, Exit, FailureClass, Outcome, Run, Task, TaskId, TaskState,
};

/// Failures in a row after which a person is told, whatever comes next.
const IN_A_ROW: usize = 3;

/// Why a task that failed for good needs a person, and what would help; `None` when it needs none.
pub(super) fn need(class: FailureClass, outcome: &Outcome, same: usize) -> Option<&'static str> {
    match class {
        FailureClass::Auth => Some(
            "a credential or a right is missing, which no further try can mend; mend it and write a new mention",
        ),
        _ if outcome.exit == Exit::Guard => Some(
            "its agent kept asking for what the guard denies, or worked past the guard; look at `adf guard stats` and at the run before anybody asks for it again",
        ),
        _ if outcome.untaken => Some(
            "what it left could not be taken in, and no further try mends that; see to what is said above, then write a new mention",
        ),
        FailureClass::Logic if outcome.work.is_none() => Some(
            "nothing came of it and the agent did not say why; say in a new mention what is missing, or look at the run's output",
        ),
        _ if same >= SAME_MAX => Some(
            "it failed again in the same way, so it is not tried like this another time; `adf failures` shows how",
        ),
        _ => None,
    }
}

/// Calls a person for what the last run of `task` came to, where one is needed.
pub(super) fn after(
    draft: &mut Draft<'_>,
    task: &Task,
    outcome: &Outcome,
    next: &Ending,
    same: usize,
) {
    let handed_over = [
        Ending::Keep(TaskState::NeedsPerson),
        Ending::Report(TaskState::NeedsPerson),
    ];
    if handed_over.contains(next) {
        return dress(draft, task);
    }
    let asks = *next == Ending::Clarify;
    let failed = outcome.failed() == Some(true) && !asks;
    let Some(class) = outcome.class.filter(|_| failed) else {
        return;
    };
    let ends = matches!(
        next,
        Ending::Keep(TaskState::Failed(_)) | Ending::Report(TaskState::Failed(_))
    );
    let needed = ends && need(class, outcome, same).is_some();
    let row = row(draft, task);
    if needed || row.is_some() {
        dress(draft, task);
    }
    let Some(row) = row else { return };
    let key = key(&task.id);
    let kind = EffectKind::Reply {
        mention: task.origin.clone(),
        body: words::escalated(task, outcome, &row, next),
    };
    draft.intend(None, task.work.issue, key.0, kind, 0);
    draft.decide("escalate", task, row, "outcome");
}

/// The failures in a row that are to be told now, in words.
fn row(draft: &Draft<'_>, task: &Task) -> Option<String> {
    let world = draft.s.world;
    if is_told(draft, &task.id) {
        return None;
    }
    // Where tasks go on with the next provider, a provider's no is nobody's failure.
    let passes = |run: &Run| run.outcome().and_then(health::refused).is_some();
    let fails = |run: &&Run| !(draft.s.settings.routing.decides && passes(run));
    let of_task = world.row_of_task(&task.id);
    let of_task = of_task.into_iter().filter(fails).count();
    if of_task >= IN_A_ROW {
        return Some(format!("{of_task} times in a row on this task"));
    }
    let of_agent = world.row_of_agent(&task.agent).into_iter();
    let of_agent: Vec<&Run> = of_agent.filter(fails).collect();
    let told = of_agent.iter().any(|run| is_told(draft, &run.task));
    (of_agent.len() >= IN_A_ROW && !told)
        .then(|| format!("{} times in a row, on more than one task", of_agent.len()))
}

fn key(task: &TaskId) -> EffectKey {
    EffectKey(format!("escalate:{task}"))
}

/// Whether a task's row was told: by the ledger, by this plan, or by what stands on the forge.
fn is_told(draft: &Draft<'_>, task: &TaskId) -> bool {
    let (key, world) = (key(task), draft.s.world);
    let marks = world.marks.get(task);
    let planned = |change: &Change| matches!(change, Change::Effect(effect) if effect.key == key);
    world.effects.contains_key(&key)
        || draft.plan.changes.iter().any(planned)
        || marks.is_some_and(|marks| marks.iter().any(|m| m.verified && m.key == key))
}

/// Labels the issue and assigns who asked, once for each task.
fn dress(draft: &mut Draft<'_>, task: &Task) {
    let key = EffectKey(format!("call:{}", task.id));
    if draft.s.world.effects.contains_key(&key) {
        return;
    }
    let requester = Some(task.requester.login.clone());
    let kind = EffectKind::Dress {
        number: task.work.issue,
        labels: vec![draft.s.settings.failures.label.clone()],
        assignees: requester
            .filter(|login| !login.is_empty())
            .into_iter()
            .collect(),
    };
    draft.intend(None, task.work.issue, key.0, kind, 0);
}
