//! What people are told of a task while it waits or works.
//!
//! Invariant: the accepting comment is rewritten once for each occasion, and a
//! task that needs a person says so in one comment of its own.

use super::{draft::Draft, words};
use crate::model::{
    Change, Effect, EffectKey, EffectKind, EffectState, SkipReason, Task, TaskId, TaskState,
};

/// Says in the accepting comment what a task waits for, once per reason, when a
/// person could do something about it.
pub(super) fn waiting(draft: &mut Draft<'_>, task: &Task, reason: &SkipReason) {
    let note = match reason {
        SkipReason::Blocked { note } | SkipReason::Unfit { text: note } => note.clone(),
        SkipReason::NotBefore { note, .. } if task.state == TaskState::Blocked => note.clone(),
        SkipReason::StartsUsedUp { .. } | SkipReason::NoProvider { .. } => reason.to_string(),
        SkipReason::NoAgent { .. } => {
            format!(
                "{reason}; it goes on when it is back, and `adf cancel {}` ends it",
                task.id
            )
        }
        SkipReason::Paused { .. } => "an operator paused the factory".to_owned(),
        _ => return,
    };
    let status = format!("waiting: {note}");
    progress(
        draft,
        task,
        &status,
        &format!("wait-{}", crate::mention::digest(&note)),
    );
    let blocked = matches!(reason, SkipReason::Blocked { .. }) || task.state == TaskState::Blocked;
    let key = format!("blocked:{}", task.id);
    if blocked && !draft.s.world.effects.contains_key(&EffectKey(key.clone())) {
        let kind = EffectKind::Reply {
            mention: task.origin.clone(),
            body: words::blocked(task, &note),
        };
        draft.intend(None, task.work.issue, key, kind, 0);
    }
}

/// Takes back word of a block that could not be posted before the task was over; says
/// whether it did.
pub(super) fn outlived(draft: &mut Draft<'_>, effect: &Effect) -> bool {
    let task = effect.key.as_str().strip_prefix("blocked:");
    let task = task.and_then(|id| draft.s.world.tasks.get(&TaskId::from(id)));
    let surely_not = matches!(effect.state, EffectState::Retry { .. });
    let over = task.is_some_and(|task| task.state.is_final());
    if !over || !surely_not || draft.s.in_flight.contains(&effect.key) {
        return false;
    }
    draft.plan.changes.push(Change::EffectState {
        key: effect.key.clone(),
        tries: effect.tries,
        state: EffectState::Void {
            reason: "its task is over".to_owned(),
        },
    });
    true
}

/// Rewrites the accepting comment, once for each `occasion`.
pub(super) fn progress(draft: &mut Draft<'_>, task: &Task, status: &str, occasion: &str) -> bool {
    let key = format!("progress:{}:{occasion}", task.id);
    let Some(comment) = draft.s.world.acceptance(&task.id) else {
        return false;
    };
    if draft.s.world.effects.contains_key(&EffectKey(key.clone())) {
        return false;
    }
    let kind = EffectKind::Progress {
        comment,
        body: words::accepted(draft.s, task, status),
    };
    draft.intend(Some(task), task.work.issue, key, kind, 0);
    true
}
