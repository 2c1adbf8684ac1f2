//! After a crash: every run that was under way is proven over, then counted.
//!
//! Invariant: a lease is raised only after its old run is proven empty. A run
//! directory that the ledger does not know (the ledger was lost) is proven
//! empty too, and its lease, instruction and outcome are remembered.

use super::executor::Executor;
use super::memory::Memory;
use super::outside::Outside;
use crate::model::{
    Change, Effect, EffectKind, EffectResult, EffectState, Outcome, Run, RunId, RunState, Task,
    TaskState, Time, World,
};

/// Why the factory cannot start: something of an old run cannot be ended.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// A process of an old run is left.
    #[error("run {run} of a former start is not over: {why}; end its processes, then start again")]
    NotEmpty {
        /// The run.
        run: String,
        /// What is left.
        why: String,
    },
    /// The ledger.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// The run directories cannot be read.
    #[error("run directories `{0}`: {1}")]
    Io(String, std::io::Error),
}

impl<O: Outside> Executor<O> {
    /// Ends what a former start left open, and says so in the ledger.
    ///
    /// # Errors
    /// When something cannot be ended; starting anyway could do work twice.
    pub async fn recover(&self, world: &World) -> Result<(), RecoverError> {
        let mut lost = Vec::new();
        for name in self.outside.run_directories()? {
            let known = world.runs.get(&RunId(name.clone()));
            if known.is_some_and(|r| !r.is_open()) {
                continue;
            }
            self.outside.prove_over(&name).await?;
            if known.is_none() {
                lost.extend(self.outside.recall(&name));
            }
        }
        let mut changes = Vec::new();
        for run in world.runs.values().filter(|r| r.is_open()) {
            let outcome = self.outside.conclude(world.tasks.get(&run.task), run).await;
            tracing::warn!(target: "adf::run", run = %run.id, reason = outcome.reason, "a run of a former start is over");
            changes.push(self.over(run, outcome));
        }
        changes.extend(self.found_again(world, lost).await);
        let look_at = self.outside.now().plus(self.who.settings.forge.settle);
        changes.extend(world.effects.values().filter_map(|e| cut_short(e, look_at)));
        if !changes.is_empty() {
            self.outside.commit(changes).await?;
        }
        Ok(())
    }

    /// Runs that the ledger does not know, as the disk remembers them. Their
    /// tasks wait for their marks on the forge.
    async fn found_again(&self, world: &World, mut lost: Vec<Memory>) -> Vec<Change> {
        lost.sort_by_key(|m| m.run.attempt);
        let mut changes = Vec::new();
        for Memory { task, run } in lost {
            let outcome = match run.outcome() {
                Some(outcome) => outcome.clone(),
                None => self.outside.conclude(Some(&task), &run).await,
            };
            changes.push(Change::Run(Run {
                process: None,
                ..run.clone()
            }));
            changes.push(self.over(&run, outcome));
            if !world.tasks.contains_key(&task.id) {
                changes.push(Change::Task(Task {
                    state: TaskState::Blocked,
                    note: "remembered on disk; its mark on the forge is looked for".to_owned(),
                    not_before: Time::NEVER,
                    adopted: true,
                    ..task
                }));
            }
        }
        changes
    }

    fn over(&self, run: &Run, outcome: Outcome) -> Change {
        let at = self.outside.now();
        let state = RunState::Ended { at, outcome };
        Change::RunState {
            id: run.id.clone(),
            base: None,
            process: None,
            state,
        }
    }
}

/// What a crash cut short: a spawn is over with its run; anything else may still
/// be on its way, and is looked for once it must have arrived.
fn cut_short(effect: &Effect, look_at: Time) -> Option<Change> {
    let EffectState::Tried { .. } = effect.state else {
        return None;
    };
    let state = match effect.kind {
        EffectKind::Spawn { .. } => EffectState::Done {
            result: EffectResult::Nothing,
        },
        _ => EffectState::Ambiguous {
            look_at,
            reason: "the factory ended while it was tried".to_owned(),
        },
    };
    Some(Change::EffectState {
        key: effect.key.clone(),
        tries: effect.tries,
        state,
    })
}
