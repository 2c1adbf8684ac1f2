//! After a crash: every run that was under way is proven over, then counted.
//!
//! Invariant: a lease is raised only after its old run is proven empty. A run
//! directory that the ledger does not know (the ledger was lost) is proven
//! empty too, and its lease, instruction and outcome are remembered.

use super::executor::Executor;
use super::memory::{Memory, recall};
use super::supervise;
use super::workspace::Workspace;
use crate::model::{
    Change, EffectKind, EffectResult, EffectState, Exit, Outcome, Run, RunId, RunState, Task,
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

impl Executor {
    /// Ends what a former start left open, and says so in the ledger.
    ///
    /// # Errors
    /// When something cannot be ended; starting anyway could do work twice.
    pub async fn recover(&self, world: &World) -> Result<(), RecoverError> {
        let mut lost = Vec::new();
        for name in self.run_directories()? {
            let dir = self.tools.runs_dir.join(&name);
            let known = world.runs.get(&RunId(name.clone()));
            if known.is_some_and(|r| !r.is_open()) {
                continue;
            }
            supervise::prove_empty(&dir, self.tools.settings.limits.grace)
                .await
                .map_err(|e| RecoverError::NotEmpty {
                    run: name,
                    why: e.to_string(),
                })?;
            if known.is_none() {
                lost.extend(recall(&dir));
            }
        }
        let mut changes = Vec::new();
        for run in world.runs.values().filter(|r| r.is_open()) {
            let outcome = self.after_crash(world.tasks.get(&run.task), run).await;
            tracing::warn!(target: "adf::run", run = %run.id, reason = outcome.reason, "a run of a former start is over");
            changes.push(self.over(run, outcome));
        }
        changes.extend(self.found_again(world, lost).await);
        changes.extend(spawns_over(world));
        if !changes.is_empty() {
            self.tools.ledger.commit(changes).await?;
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
                None => self.after_crash(Some(&task), &run).await,
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

    /// The outcome of a run whose end nobody followed: by its record, when that
    /// knows that the agent had ended by itself, else interrupted.
    async fn after_crash(&self, task: Option<&Task>, run: &Run) -> Outcome {
        let dir = self.run_dir(run);
        let ended = supervise::read_record(&dir).and_then(|r| r.ended);
        let (Some(ended), Some(base), Some(task), Some(agent)) = (
            ended,
            &run.base,
            task,
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
        match self.spec(agent, run, &workspace, &dir, None) {
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

    fn run_directories(&self) -> Result<Vec<String>, RecoverError> {
        let shown = self.tools.runs_dir.display().to_string();
        let io = |e| RecoverError::Io(shown.clone(), e);
        let entries = match std::fs::read_dir(&self.tools.runs_dir) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(io(e)),
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry.map_err(io)?.file_name().into_string());
        }
        names.sort();
        Ok(names)
    }
}

/// Spawns that a crash cut short: their runs are over, so they are too.
fn spawns_over(world: &World) -> impl Iterator<Item = Change> {
    let open = world.effects.values().filter(|effect| {
        matches!(effect.kind, EffectKind::Spawn { .. })
            && matches!(effect.state, EffectState::Tried { .. })
    });
    open.map(|effect| Change::EffectState {
        key: effect.key.clone(),
        tries: effect.tries,
        state: EffectState::Done {
            result: EffectResult::Nothing,
        },
    })
}

fn interrupted() -> Outcome {
    let reason = "interrupted: the factory was killed; the workspace is kept".to_owned();
    Outcome::without_work(Exit::Interrupted, reason)
}
