//! What operators order: a wish becomes an order, an order holds or ends work.
//!
//! Invariant: an order that cannot be carried out is refused before it is a
//! row. A cancelled task ends with one comment that says who ended it, and its
//! work stays in the factory.

use super::delivery;
use super::draft::Draft;
use crate::model::{
    Change, EffectKey, EffectKind, EffectState, Order, RunId, SkipReason, Snapshot, Task, TaskId,
    TaskState, Time, Wish, World,
};

/// What a wish comes to in this world.
///
/// # Errors
/// What is wrong with it and what would work.
pub fn order(world: &World, wish: &Wish) -> Result<Order, String> {
    let word = match wish {
        Wish::Pause => return Ok(Order::Pause),
        Wish::Stop => return Ok(Order::Stop),
        Wish::Resume => return Ok(Order::Resume),
        Wish::Cancel(word) => word,
    };
    let task = match world.runs.get(&RunId::from(word.as_str())) {
        Some(run) if !run.is_open() => {
            return Err(format!(
                "run {word} is over already; to end its task: `adf cancel {}`",
                run.task
            ));
        }
        Some(run) => run.task.clone(),
        None => TaskId::from(word.as_str()),
    };
    match world.tasks.get(&task) {
        None => Err(format!(
            "there is no task or run `{word}`; `adf status` lists them"
        )),
        Some(task) if task.state.is_final() => Err(format!(
            "task {word} is over already: {}",
            task.state.word()
        )),
        Some(_) => Ok(Order::Cancel(task)),
    }
}

/// Why nothing starts, if an operator ordered so.
pub(super) fn held(s: &Snapshot<'_>) -> Option<SkipReason> {
    let held = s.world.held.as_ref()?;
    let by = held.by.clone();
    Some(match held.order {
        Order::Stop => SkipReason::Stopped { by },
        _ => SkipReason::Paused { by },
    })
}

/// As [`held`], when not even a new task is taken.
pub(super) fn stopped(s: &Snapshot<'_>) -> Option<SkipReason> {
    held(s).filter(|why| matches!(why, SkipReason::Stopped { .. }))
}

/// Takes back what a cancelled task has not sent yet.
pub(super) fn void_unsent(draft: &mut Draft<'_>, task: &Task) -> Vec<EffectKey> {
    let world = draft.s.world;
    if !world.cancelled.contains_key(&task.id) {
        return Vec::new();
    }
    let unsent = world.effects_of_task(&task.id).filter(|effect| {
        let delivers = matches!(
            effect.kind,
            EffectKind::Push { .. } | EffectKind::Pull { .. } | EffectKind::Dress { .. }
        );
        let surely_not = matches!(
            effect.state,
            EffectState::Intended | EffectState::Retry { .. }
        );
        delivers && surely_not && !draft.s.in_flight.contains(&effect.key)
    });
    let unsent: Vec<(EffectKey, u32)> = unsent.map(|e| (e.key.clone(), e.tries)).collect();
    for (key, tries) in &unsent {
        draft.plan.changes.push(Change::EffectState {
            key: key.clone(),
            tries: *tries,
            state: EffectState::Void {
                reason: "an operator cancelled its task".to_owned(),
            },
        });
    }
    unsent.into_iter().map(|(key, _)| key).collect()
}

/// Ends a task that an operator cancelled; says whether it is one.
pub(super) fn cancel(draft: &mut Draft<'_>, task: &Task) -> bool {
    let world = draft.s.world;
    let Some(ordered) = world.cancelled.get(&task.id) else {
        return false;
    };
    if task.state.is_final() {
        return false;
    }
    let last = world.runs_of(&task.id).last();
    if let Some(run) = last.filter(|run| run.is_open()) {
        draft.plan.stop.push(run.id.clone());
        let by = ordered.by.clone();
        draft.skip_task(task, SkipReason::Cancelling { by });
        return true;
    }
    let note = format!("by the operator `{}`", ordered.by);
    let accepted = EffectKey(format!("accept:{}", task.id));
    let accepted = world.effects.get(&accepted).map(|e| &e.state);
    if matches!(accepted, Some(EffectState::Done { .. })) {
        let over = delivery::last_begun(world, &task.id);
        delivery::finish(draft, task, over, TaskState::Cancelled, &note);
    } else {
        // Nobody was told that it was taken, so nobody is told that it ended.
        let mut task = task.clone();
        task.not_before = Time::NEVER;
        let task = draft.turn(&task, TaskState::Cancelled, &note);
        draft.decide("cancel", &task, note, "operator");
    }
    true
}
