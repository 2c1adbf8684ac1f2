//! Which tasks are settled: about them nothing is left to do.
//!
//! Invariant: [`World::load`] and the fold of the same rows one by one give the same
//! world; loading looks once at the end, because a long life has half a million effects.

use super::{Change, EffectKey, Task, TaskId, Time, World};
use std::collections::{HashMap, HashSet};

/// How the key of the effect begins that clears up after a task; the task follows.
const SWEEP: &str = "sweep:";

impl World {
    /// The fold of all rows of a ledger, each handed to the function that `rows` is given.
    ///
    /// # Errors
    /// As `rows` says.
    pub fn load<E>(rows: impl FnOnce(&mut dyn FnMut(Change)) -> Result<(), E>) -> Result<World, E> {
        let mut world = World::default();
        // Looked up for each effect among all others, these would be most of the work.
        let (mut busy, mut swept) = (HashSet::new(), HashMap::new());
        rows(&mut |change| {
            if let Change::Effect(row) = &change {
                if let Some(task) = row.task.as_ref().filter(|_| !row.state.is_closed()) {
                    busy.insert(task.clone());
                }
                if let Some(task) = row.key.as_str().strip_prefix(SWEEP) {
                    swept.insert(TaskId(task.to_owned()), row.created_at);
                }
            }
            world.fold(change, false);
        })?;
        let open = world.tasks.values().filter(|task| {
            let swept = swept.get(&task.id).copied();
            !is_settled(task, swept, || !busy.contains(&task.id))
        });
        world.unsettled = open.map(|task| task.id.clone()).collect();
        Ok(world)
    }

    /// Looks whether a task is settled now.
    pub(super) fn settle(&mut self, id: &TaskId) {
        let Some(task) = self.tasks.get(id) else {
            return;
        };
        let sweep = self.effects.get(&EffectKey(format!("{SWEEP}{id}")));
        let all_closed = || self.effects_of_task(id).all(|e| e.state.is_closed());
        if is_settled(task, sweep.map(|sweep| sweep.created_at), all_closed) {
            self.unsettled.remove(id);
        } else {
            self.unsettled.insert(id.clone());
        }
    }
}

/// A task is settled once it ended and was swept since, with no effect open.
fn is_settled(task: &Task, swept: Option<Time>, all_closed: impl FnOnce() -> bool) -> bool {
    let swept = swept.is_some_and(|at| at > task.changed_at);
    task.state.is_final() && swept && all_closed()
}
