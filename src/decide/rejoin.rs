//! A ledger from a backup becomes one that may go on: a batch of changes.
//!
//! The factory lived on after the backup, so what it left open there may have
//! happened since, and the workspaces are gone with the host. Tasks that were not
//! settled are therefore forgotten, and taken again from the mention, slot or call
//! that they began with, which [`super::adopt`] compares with their marks on the
//! forge. Settled ones, which nothing can change, stay as they are.
//!
//! Invariant: no effect of a backup is tried before it was looked for, no number of
//! a run or lease is given twice, and what was cut off is no failure.

use crate::model::{
    Change, Effect, EffectState, Exit, MentionState, Outcome, Run, RunId, RunState, Task,
    TaskState, Time, World,
};

/// Why a run of a backup is over.
const RUN_OVER: &str = "interrupted: its host is gone, the factory was restored from a backup";
/// More runs of a task than a factory begins between a backup and the loss of its host.
pub(super) const UNKNOWN_RUNS: u32 = 100;
/// Why an effect is looked for.
const LOOKED_FOR: &str = "the factory was restored from a backup; it may have happened since";

/// What a restored ledger is to be told before a factory opens it.
#[must_use]
pub fn rejoin(world: &World, now: Time) -> Vec<Change> {
    let loose = world.loose.iter();
    let loose = loose.filter_map(|key| world.effects.get(key));
    let loose = loose.filter(|effect| !effect.kind.stands());
    let loose = loose.filter_map(|effect| look_again(effect, now));
    let unsettled = world.unsettled.iter();
    let unsettled = unsettled.filter_map(|id| world.tasks.get(id));
    // Tasks of one issue share its leases.
    let unsettled = (u64::from(UNKNOWN_RUNS)..).zip(unsettled);
    let shown = world.effects.values().filter(|e| e.kind.stands());
    loose
        .chain(shown.map(shown_since))
        .chain(unsettled.flat_map(|(leases, task)| forget(world, task, leases, now)))
        .collect()
}

/// An open effect may have happened since.
fn look_again(effect: &Effect, now: Time) -> Option<Change> {
    let state = EffectState::Ambiguous {
        look_at: now,
        reason: LOOKED_FOR.to_owned(),
    };
    (!effect.state.is_closed()).then(|| Change::EffectState {
        key: effect.key.clone(),
        tries: effect.tries.max(1),
        state,
    })
}

/// What shows on an issue by now is not known; it is looked at and shown anew.
fn shown_since(effect: &Effect) -> Change {
    Change::EffectState {
        key: effect.key.clone(),
        tries: effect.tries,
        state: EffectState::Void {
            reason: LOOKED_FOR.to_owned(),
        },
    }
}

fn forget(world: &World, task: &Task, leases: u64, now: Time) -> Vec<Change> {
    let effects = world.effects_of_task(&task.id);
    let mut changes: Vec<Change> = effects
        .map(|effect| Change::EffectForgotten(effect.key.clone()))
        .collect();
    changes.extend(runs(world, task, leases, now));
    if world.mentions.contains_key(&task.origin) {
        changes.push(Change::MentionState {
            id: task.origin.clone(),
            state: MentionState::Pending,
        });
    }
    changes.push(Change::TaskForgotten(task.id.clone()));
    changes
}

/// What is known of runs after the backup: nothing, but that their numbers may be
/// used up, as may `leases`. One run stands for them all; it was interrupted, so
/// that the task goes on without a strike, and only a question waits as it did.
fn runs(world: &World, task: &Task, leases: u64, now: Time) -> Vec<Change> {
    let Some(last) = world.runs_of(&task.id).last() else {
        return Vec::new();
    };
    let over = |outcome: Option<Outcome>| RunState::Ended {
        at: now,
        outcome: outcome
            .unwrap_or_else(|| Outcome::without_work(Exit::Interrupted, RUN_OVER.to_owned())),
    };
    let open = last.is_open().then(|| Change::RunState {
        id: last.id.clone(),
        base: None,
        process: None,
        state: over(None),
    });
    let waits = task.state == TaskState::NeedsClarification;
    let attempt = last.attempt + UNKNOWN_RUNS;
    let unknown = Change::Run(Run {
        id: RunId::of(&task.id, attempt),
        attempt,
        lease: world.lease(task.work) + leases,
        base: None,
        process: None,
        created_at: now,
        state: over(last.outcome().filter(|_| waits).cloned()),
        ..last.clone()
    });
    open.into_iter().chain([unknown]).collect()
}
