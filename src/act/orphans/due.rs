//! A world and a moment → what of a task or run on the disk may go.
//!
//! Invariant: pure; what the world does not know is nobody's to remove, and a
//! task that may go on keeps everything. A workspace goes before its runs'
//! directories, because keeping its work needs one.

use crate::model::{EffectKey, Run, RunId, Task, TaskId, Time, World};
use std::time::Duration;

/// What is to become of something on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It stays: it is needed, or its time has not come.
    Stays,
    /// It may go.
    Goes,
    /// The ledger does not know it.
    Foreign,
}

/// What is to become of a task's workspace. A delivered one goes at once: only
/// its sweep was cut short.
#[must_use]
pub fn workspace(world: &World, task: &TaskId, now: Time, keep: Duration) -> Fate {
    let Some(task) = world.tasks.get(task) else {
        return Fate::Foreign;
    };
    if !is_over(world, task) {
        return Fate::Stays;
    }
    let tidied = EffectKey(format!("sweep:{}", task.id));
    let delivered = world.effects.contains_key(&tidied) && is_delivered(world, task);
    goes(delivered || is_old(task, now, keep))
}

/// What is to become of a run's directory, whose task's workspace is gone.
#[must_use]
pub fn run(world: &World, run: &RunId, now: Time, keep: Duration) -> Fate {
    let task = world.runs.get(run).map(|run| &run.task);
    let Some(task) = task.and_then(|task| world.tasks.get(task)) else {
        return Fate::Foreign;
    };
    goes(is_over(world, task) && is_old(task, now, keep))
}

/// The last run of a task that the ledger knows.
#[must_use]
pub fn last_run<'a>(world: &'a World, task: &'a TaskId) -> Option<&'a Run> {
    world.runs_of(task).last()
}

fn goes(yes: bool) -> Fate {
    if yes { Fate::Goes } else { Fate::Stays }
}

/// Nothing of it will be tried any more.
fn is_over(world: &World, task: &Task) -> bool {
    task.state.is_final()
        && world.runs_of(&task.id).all(|run| !run.is_open())
        && world
            .effects_of_task(&task.id)
            .all(|effect| effect.state.is_closed())
}

/// What its last run made is on the forge.
fn is_delivered(world: &World, task: &Task) -> bool {
    let outcome = last_run(world, &task.id).and_then(Run::outcome);
    let work = outcome.and_then(|outcome| outcome.work.as_ref());
    work.is_some_and(|work| task.pushed.as_ref() == Some(&work.head))
}

fn is_old(task: &Task, now: Time, keep: Duration) -> bool {
    now.since(task.changed_at) >= keep
}
