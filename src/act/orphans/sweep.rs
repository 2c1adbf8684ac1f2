//! One sweep: processes, workspaces, run directories, repositories, and how much is left.
//!
//! Invariant: what is on the disk is listed before the ledger is read, so that a
//! run that begins meanwhile is never taken for a foreign one. A stop ends the
//! sweep between two things, and a harvest at once.

use super::due::{self, Fate};
use super::size;
use crate::act::machine::{Ending, Machine};
use crate::act::supervise;
use crate::act::workspace::Workspace;
use crate::model::{Run, RunId, Task, TaskId, Time, World};
use std::path::PathBuf;
use std::time::Duration;

/// The least time between two repackings of a repository.
const TEND_EVERY: Duration = Duration::from_secs(3600);

/// What there is to look at.
struct Yard {
    world: World,
    now: Time,
    runs: Vec<String>,
    workspaces: Vec<String>,
}

impl Machine {
    /// Sweeps once.
    pub async fn sweep_orphans(&self) {
        self.swept.note(|s| s.left = 0);
        let yard = match self.yard().await {
            Ok(yard) => yard,
            Err(why) => return self.leave("sweep", "state", &why),
        };
        let limits = self.who.settings.get().limits.clone();
        self.end_processes(&yard).await;
        self.clear(&yard, limits.keep_runs, u64::MAX).await;
        self.tend().await;
        let mut bytes = self
            .measure(self.who.settings.get().state_dir.clone())
            .await;
        if let Some(over) = bytes
            .checked_sub(limits.state_bytes)
            .filter(|over| *over > 0)
        {
            self.clear(&yard, Duration::ZERO, over).await;
            bytes = self
                .measure(self.who.settings.get().state_dir.clone())
                .await;
        }
        self.swept.note(|s| {
            s.state_bytes = bytes;
            s.sweeps += 1;
        });
    }

    async fn yard(&self) -> Result<Yard, String> {
        use crate::act::Outside;
        let runs = self.run_directories().map_err(|e| e.to_string())?;
        let workspaces = self.tools.workspaces.names().map_err(|e| e.to_string())?;
        let read = self.tools.ledger.read(|reader| reader.world()).await;
        Ok(Yard {
            world: read.map_err(|e| e.to_string())?,
            now: self.tools.clock.now(),
            runs,
            workspaces,
        })
    }

    /// Ends what lives of runs that are over.
    async fn end_processes(&self, yard: &Yard) {
        let is_over = |name: &String| {
            let run = yard.world.runs.get(&RunId(name.clone()));
            run.is_some_and(|run| !run.is_open())
        };
        let over = yard.runs.iter().filter(|name| is_over(name));
        let dirs: Vec<PathBuf> = over.map(|name| self.tools.runs_dir.join(name)).collect();
        let looked = tokio::task::spawn_blocking(move || supervise::haunted(&dirs)).await;
        let grace = self.who.settings.get().limits.grace;
        for (dir, processes) in looked.unwrap_or_default() {
            let name = dir.file_name().unwrap_or_default().to_string_lossy();
            match supervise::prove_empty(&dir, grace).await {
                Ok(()) => {
                    let count = u64::try_from(processes).unwrap_or(u64::MAX);
                    self.swept.note(|s| s.processes += count);
                    tracing::warn!(target: "adf::orphan", what = "processes", %name, processes, reason = "their run is over", "ended");
                }
                Err(error) => self.leave("processes", &name, &error.to_string()),
            }
        }
    }

    /// Removes what may go after `keep`, the oldest first, until `wanted` bytes are free.
    async fn clear(&self, yard: &Yard, keep: Duration, wanted: u64) {
        let (world, now) = (&yard.world, yard.now);
        let mut freed = 0_u64;
        for name in &yard.workspaces {
            let task = TaskId(name.clone());
            if self.is_ending() || freed >= wanted {
                return;
            }
            match due::workspace(world, &task, now, keep) {
                Fate::Stays => {}
                Fate::Foreign => self.leave("workspace", name, "the ledger knows no such task"),
                Fate::Goes => match self.clear_workspace(world, &task).await {
                    Ok(bytes) => freed = freed.saturating_add(bytes),
                    Err(why) => self.leave("workspace", name, &why),
                },
            }
        }
        let mut runs: Vec<&String> = yard.runs.iter().collect();
        runs.sort_by_key(|name| {
            world
                .runs
                .get(&RunId((*name).clone()))
                .map(|r| r.created_at)
        });
        for name in runs {
            let run = RunId(name.clone());
            if self.is_ending() || freed >= wanted {
                return;
            }
            match due::run(world, &run, now, keep) {
                Fate::Stays => {}
                Fate::Foreign => self.leave("run directory", name, "the ledger knows no such run"),
                Fate::Goes => match self.clear_run(world, &run).await {
                    Ok(bytes) => freed = freed.saturating_add(bytes),
                    Err(why) => self.leave("run directory", name, &why),
                },
            }
        }
    }

    /// Keeps what was not pushed, then removes the workspace.
    async fn clear_workspace(&self, world: &World, id: &TaskId) -> Result<u64, String> {
        let tools = &self.tools;
        let manifest = tools.workspaces.manifest(id).map_err(|e| e.to_string())?;
        let Some(manifest) = manifest else {
            return Err("no manifest says that it is ours".to_owned());
        };
        let dir = tools.workspaces.path(id).map_err(|e| e.to_string())?;
        let task = world.tasks.get(id).ok_or("its task is gone")?;
        if dir.join(".git").is_dir() {
            let run = due::last_run(world, id).ok_or("no run of its task is known")?;
            let kept = true;
            let base = manifest.base.clone();
            let workspace = Workspace {
                dir: dir.clone(),
                base,
                kept,
            };
            self.save(task, run, &workspace).await?;
        }
        let bytes = self.measure(dir).await;
        tools
            .workspaces
            .remove(id)
            .await
            .map_err(|e| e.to_string())?;
        self.gone("workspace", id.as_str(), bytes, |s| s.workspaces += 1);
        Ok(bytes)
    }

    /// What an agent left becomes commits under the task's kept ref.
    async fn save(&self, task: &Task, run: &Run, workspace: &Workspace) -> Result<(), String> {
        let settings = self.who.settings.get();
        let agent = settings.agents.get(&run.agent);
        let agent = agent.ok_or_else(|| {
            format!(
                "its work cannot be looked at: agent `{}` is no longer in the config",
                run.agent
            )
        })?;
        let spec = self.spec(agent, run, workspace, &self.run_dir(run), None);
        let spec = spec.map_err(|blocked| blocked.reason)?;
        let mut ending = self.ending();
        let saved = tokio::select! {
            saved = self.take(task, run, &workspace.base, &spec) => saved,
            // Its sender outlives every sweep.
            _ = ending.wait_for(|e| e.all() != Ending::Not) => return Err("the factory is stopping".to_owned()),
        };
        let work = saved.map_err(|untaken| format!("its work could not be kept: {untaken}"))?;
        if let Some(work) = work {
            tracing::info!(target: "adf::orphan", what = "work", name = %task.id, head = %work.head, commits = work.commits, uncommitted = work.uncommitted, "kept");
        }
        Ok(())
    }

    async fn clear_run(&self, world: &World, run: &RunId) -> Result<u64, String> {
        let tools = &self.tools;
        let dir = tools.runs_dir.join(run.as_str());
        let task = world
            .runs
            .get(run)
            .map(|run| &run.task)
            .ok_or("it is gone")?;
        let workspace = tools.workspaces.path(task).map_err(|e| e.to_string())?;
        if workspace.symlink_metadata().is_ok() {
            return Err("its task's workspace is still there".to_owned());
        }
        let looked = dir.clone();
        let haunted = tokio::task::spawn_blocking(move || supervise::haunted(&[looked]));
        if haunted.await.map_or(true, |found| !found.is_empty()) {
            return Err("a process of it lives".to_owned());
        }
        let bytes = self.measure(dir.clone()).await;
        tools
            .workspaces
            .bury(&dir)
            .await
            .map_err(|e| e.to_string())?;
        self.gone("run directory", run.as_str(), bytes, |s| s.runs += 1);
        match tools.deliver.let_go(run).await {
            Ok(true) => self.swept.note(|s| s.refs += 1),
            Ok(false) => {}
            Err(error) => self.leave("ref", run.as_str(), &error.to_string()),
        }
        Ok(bytes)
    }

    /// Repacks what fell into many pieces.
    async fn tend(&self) {
        let now = self.tools.clock.now();
        if self.is_ending() || now.since(self.swept.get().tended_at) < TEND_EVERY {
            return;
        }
        let mirror = self.tools.mirror.tend().await;
        let deliver = self.tools.deliver.tend().await.map_err(|e| e.to_string());
        for (name, tended) in [
            ("mirror.git", mirror.map_err(|e| e.to_string())),
            ("deliver.git", deliver),
        ] {
            match tended {
                Ok(false) => {}
                Ok(true) => {
                    self.swept.note(|s| s.tended_at = now);
                    tracing::info!(target: "adf::orphan", what = "repository", name, "repacked");
                }
                Err(why) => {
                    self.swept.note(|s| s.tended_at = now);
                    self.leave("repository", name, &why);
                }
            }
        }
    }

    async fn measure(&self, dir: PathBuf) -> u64 {
        let counted = tokio::task::spawn_blocking(move || size::bytes(&dir));
        counted.await.unwrap_or_default()
    }

    fn is_ending(&self) -> bool {
        self.ending().borrow().all() != Ending::Not
    }

    fn gone(&self, what: &str, name: &str, bytes: u64, count: impl FnOnce(&mut super::Swept)) {
        self.swept.note(|s| {
            count(s);
            s.bytes = s.bytes.saturating_add(bytes);
        });
        tracing::info!(target: "adf::orphan", what, name, bytes, "removed");
    }

    fn leave(&self, what: &str, name: &str, why: &str) {
        let reason = self.who.redactor.clean(why).into_owned();
        let news = self.swept.note(|s| {
            s.left += 1;
            s.is_news(&format!("{what} {name}: {reason}"))
        });
        if news {
            tracing::warn!(target: "adf::orphan", what, name, reason, "left alone");
        }
    }
}
