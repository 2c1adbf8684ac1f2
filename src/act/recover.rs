//! After a crash: every run that was under way is proven over, then counted.
//!
//! Invariant: a lease is raised only after its old run is proven empty. A run
//! directory that the ledger does not know (the ledger was lost) is proven
//! empty too, and its lease is remembered.

use super::executor::Executor;
use super::supervise;
use super::workspace::Workspace;
use crate::model::{
    Change, EffectKey, EffectResult, EffectState, Exit, Outcome, Run, RunState, World,
};
use std::collections::BTreeMap;

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

impl Executor {
    /// Ends what a former start left open, and says so in the ledger.
    ///
    /// # Errors
    /// When something cannot be ended; starting anyway could do work twice.
    pub async fn recover(&self, world: &World) -> Result<(), RecoverError> {
        let found = self.run_directories()?;
        let mut changes = Vec::new();
        for (id, run) in &found {
            let dir = self.tools.runs_dir.join(id);
            let known = world.runs.values().find(|r| r.id.as_str() == id);
            if known.is_some_and(|r| !r.is_open()) {
                continue;
            }
            supervise::prove_empty(&dir, self.tools.settings.limits.grace)
                .await
                .map_err(|e| RecoverError::NotEmpty {
                    run: id.clone(),
                    why: e.to_string(),
                })?;
            if let (None, Some(run)) = (known, run) {
                changes.push(Change::Run(Run {
                    process: None,
                    ..run.clone()
                }));
                changes.push(self.over(run, interrupted()));
            }
        }
        for run in world.runs.values().filter(|r| r.is_open()) {
            let outcome = self.after_crash(world, run).await;
            tracing::warn!(target: "adf::run", run = %run.id, reason = outcome.reason, "a run of a former start is over");
            changes.push(self.over(run, outcome));
        }
        for effect in world.effects.values() {
            let spawn = effect.key.as_str().starts_with("spawn:") && !effect.state.is_closed();
            if spawn {
                let state = EffectState::Done {
                    result: EffectResult::Nothing,
                };
                changes.push(Change::EffectState {
                    key: EffectKey::clone(&effect.key),
                    tries: effect.tries,
                    state,
                });
            }
        }
        if !changes.is_empty() {
            self.tools.ledger.commit(changes).await?;
        }
        Ok(())
    }

    /// The outcome of a run whose end nobody followed: by its record, when that
    /// knows that the agent had ended by itself, else interrupted.
    async fn after_crash(&self, world: &World, run: &Run) -> Outcome {
        let dir = self.run_dir(run);
        let ended = supervise::read_record(&dir).and_then(|r| r.ended);
        let (Some(ended), Some(base), Some(task), Some(agent)) = (
            ended,
            &run.base,
            world.tasks.get(&run.task),
            self.tools.settings.agents.get(&run.agent),
        ) else {
            return interrupted();
        };
        let workspace = match self.tools.workspaces.path(&task.id) {
            Ok(dir) => Workspace {
                dir,
                base: base.clone(),
                kept: true,
            },
            Err(_) => return interrupted(),
        };
        match self.spec(agent, run, &workspace, &dir) {
            Ok(spec) => self.establish(task, run, base, &spec, ended).await,
            Err(_) => interrupted(),
        }
    }

    fn over(&self, run: &Run, outcome: Outcome) -> Change {
        let at = self.tools.clock.now();
        let state = RunState::Ended { at, outcome };
        Change::RunState {
            id: run.id.clone(),
            base: None,
            process: None,
            state,
        }
    }

    fn run_directories(&self) -> Result<BTreeMap<String, Option<Run>>, RecoverError> {
        let shown = self.tools.runs_dir.display().to_string();
        let io = |e| RecoverError::Io(shown.clone(), e);
        let mut found = BTreeMap::new();
        let entries = match std::fs::read_dir(&self.tools.runs_dir) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(found),
            Err(e) => return Err(io(e)),
        };
        for entry in entries {
            let entry = entry.map_err(io)?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let run = std::fs::read(entry.path().join("run.json"))
                .ok()
                .and_then(|bytes| serde_json::from_slice(&bytes).ok());
            found.insert(name, run);
        }
        Ok(found)
    }
}

fn interrupted() -> Outcome {
    let reason = "interrupted: the factory was killed; the workspace is kept".to_owned();
    Outcome::without_work(Exit::Interrupted, reason)
}
