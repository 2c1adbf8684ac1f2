//! A run begins: preflight, workspace, walls, prompt, socket, process.
//!
//! Invariant: a run that could not begin is ended as `NotStarted` with its
//! reason, never left open; the run directory says what was started before it is.

use super::desk::Desk;
use super::launch::Launch;
use super::machine::{Ending, Endings, Machine};
use super::memory::remember;
use super::preflight::{Base, Blocked};
use super::resume::Session;
use super::supervise::{self, Layout, RunSpec, SpecLimits, Supervised};
use super::watchman::Watchman;
use super::workspace::{self, Workspace};
use crate::ipc::agent::AgentSocket;
use crate::ipc::guard::GuardSocket;
use crate::mention;
use crate::model::settings::Agent;
use crate::model::{Change, Exit, Outcome, Run, RunState, Sha, Task};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How much one file that an agent writes may hold, as a multiple of the bundle's cap.
const FILE_FACTOR: u64 = 16;
/// The first wait before a run's end is written again.
const END_WAIT: Duration = Duration::from_secs(1);
/// The longest wait before a run's end is written again.
const END_WAIT_MAX: Duration = Duration::from_secs(60);

/// A run under way.
pub(super) struct Live {
    pub task: Task,
    pub run: Run,
    pub base: Sha,
    pub spec: RunSpec,
    pub process: Supervised,
    /// Closes with the run; its secret dies with it.
    pub socket: AgentSocket,
    /// Hears what the guard judges, of an agent that has one.
    pub watchman: Option<Arc<Watchman>>,
    /// Closes with the run.
    pub guard: Option<GuardSocket>,
}

impl Machine {
    /// Starts a run; one that cannot begin is ended as that.
    pub(super) async fn start(self: &Arc<Self>, task: &Task, run: &Run) {
        let mut ending = self.ending();
        let prepared = tokio::select! {
            prepared = self.prepare(task, run) => prepared,
            () = killed(&mut ending) => Err(self.given_up(run).await),
        };
        match prepared {
            Ok(live) => {
                let machine = self.clone();
                tokio::spawn(async move { machine.follow(live).await });
            }
            Err(blocked) => {
                let reason = self.who.redactor.clean(&blocked.reason).into_owned();
                let exit = match self.ending().borrow().of(&run.id) {
                    Ending::Not => Exit::NotStarted {
                        waits: blocked.waits,
                    },
                    _ => Exit::Interrupted,
                };
                let outcome = self.unstarted(exit, reason);
                self.end_run(task, run, outcome).await;
                (self.tools.run_over)();
            }
        }
    }

    /// A start that is dropped where it stands: its process, if there is one yet,
    /// ends with the pipe to it.
    async fn given_up(&self, run: &Run) -> Blocked {
        let grace = self.who.settings.get().limits.grace;
        if let Err(error) = supervise::prove_empty(&self.run_dir(run), grace).await {
            tracing::error!(target: "adf::run", run = %run.id, %error, "something of the run is left");
        }
        Blocked::waits("the factory is stopping")
    }

    async fn prepare(self: &Arc<Self>, task: &Task, run: &Run) -> Result<Live, Blocked> {
        if self.ending().borrow().of(&run.id) != Ending::Not {
            return Err(Blocked::waits("it was asked to end before it began"));
        }
        let settings = self.who.settings.get();
        let Some(agent) = settings.agents.get(&task.agent) else {
            return Err(Blocked::waits(format!(
                "agent `{}` is no longer in the config",
                task.agent
            )));
        };
        let begun = Instant::now();
        let base = self.preflight(task).await?;
        let preflight = begun.elapsed();
        let (workspace, prompt) = tokio::try_join!(
            async {
                let made = self.workspace(task, run, &base).await?;
                Ok((made, begun.elapsed()))
            },
            async { Ok::<_, Blocked>(self.brief(task, run, agent, &base.branch).await?) },
        )?;
        let (workspace, made) = workspace;
        let run = &Run {
            base: Some(workspace.base.clone()),
            ..run.clone()
        };
        let dir = self.run_dir(run);
        Layout::new(&dir).create().map_err(Blocked::waits)?;
        remember(&dir, task, run).map_err(Blocked::waits)?;
        let session = self.resume(run, &dir).await;
        let spec = self.spec(agent, run, &workspace, &dir, session.as_ref())?;
        self.probe(agent, &spec).await?;
        let path = Layout::new(&dir).prompt();
        tokio::fs::write(&path, prompt)
            .await
            .map_err(|e| Blocked::waits(format!("prompt `{}`: {e}", path.display())))?;
        let socket = self.listen(task, run, &dir).await?;
        let guarded = self
            .guard(agent, task, run, &spec)
            .map_err(Blocked::waits)?;
        let (watchman, guard) = guarded.unzip();
        let process = supervise::start(&self.tools.adf, &spec)
            .await
            .map_err(Blocked::waits)?;
        tracing::debug!(
            target: "adf::run",
            run = %run.id,
            preflight_ms = millis(preflight),
            clone_ms = millis(base.confirmed + made.saturating_sub(preflight)),
            begin_ms = millis(begun.elapsed()),
            "run begun"
        );
        let (task, run, base) = (task.clone(), run.clone(), workspace.base);
        Ok(Live {
            task,
            run,
            base,
            spec,
            process,
            socket,
            watchman,
            guard,
        })
    }

    /// The task's workspace: kept from an earlier attempt, or made anew from
    /// what was kept of its work.
    async fn workspace(&self, task: &Task, run: &Run, base: &Base) -> Result<Workspace, Blocked> {
        let tools = &self.tools;
        self.deliver_ready().await.map_err(Blocked::waits)?;
        let start = tools.deliver.kept(&task.id).await.map_err(Blocked::waits)?;
        let caller = match mention::caller(&task.origin).and_then(|run| run.task()) {
            Some(caller) => tools.deliver.kept(&caller).await.map_err(Blocked::waits)?,
            None => None,
        };
        let wanted = workspace::Spec {
            task: task.id.clone(),
            lease: run.lease,
            base: base.sha.clone(),
            base_branch: base.branch.clone(),
            branch: task.branch.clone(),
            start,
            caller,
            identity: workspace::Identity {
                name: task.agent.to_string(),
                email: format!("{}@agents.adf.invalid", task.agent),
            },
            now: tools.clock.now(),
        };
        tools
            .workspaces
            .ensure(&wanted)
            .await
            .map_err(Blocked::waits)
    }

    /// Where a run's record, output and private folders are.
    #[must_use]
    pub fn run_dir(&self, run: &Run) -> PathBuf {
        self.tools.runs_dir.join(run.id.as_str())
    }

    async fn listen(&self, task: &Task, run: &Run, dir: &Path) -> Result<AgentSocket, Blocked> {
        let desk = Desk {
            settings: self.who.settings.get(),
            redactor: self.who.redactor.clone(),
            ledger: self.tools.ledger.clone(),
            clock: self.tools.clock.clone(),
            task: task.clone(),
            run: run.clone(),
        };
        desk.open(&dir.join("agent"))
            .await
            .map_err(|e| Blocked::waits(format!("the run's socket: {e}")))
    }

    /// The one value that a supervisor needs.
    pub(super) fn spec(
        &self,
        agent: &Agent,
        run: &Run,
        workspace: &Workspace,
        dir: &Path,
        session: Option<&Session>,
    ) -> Result<RunSpec, Blocked> {
        let settings = self.who.settings.get();
        let launch = Launch {
            settings: &settings,
            agent,
            provider: &run.provider,
            model: run.model.as_deref(),
            key: self.tools.keys.get(&run.provider),
            tools: &agent.tools,
            resume: session.map(Session::lend),
            adf: &self.tools.adf,
            given: &self.tools.given,
            environment: &self.tools.environment,
            reads: self.tools.workspaces.reads(),
            run: &run.id,
            run_dir: dir,
            workspace: &workspace.dir,
            limits: SpecLimits {
                wall_ms: millis(agent.limits.wall_time),
                grace_ms: millis(settings.limits.grace),
                steps: agent.limits.steps,
                output_bytes: settings.limits.output_bytes,
                file_bytes: settings.limits.bundle_bytes.saturating_mul(FILE_FACTOR),
            },
        };
        launch.spec()
    }

    /// Writes the end of a run down, on disk and in the ledger.
    pub(super) async fn end_run(&self, task: &Task, run: &Run, outcome: Outcome) {
        let at = self.tools.clock.now();
        let state = RunState::Ended { at, outcome };
        let over = Run {
            state: state.clone(),
            ..run.clone()
        };
        if let Err(error) = remember(&self.run_dir(run), task, &over) {
            tracing::warn!(target: "adf::run", run = %run.id, %error, "only the ledger knows its end");
        }
        let change = Change::RunState {
            id: run.id.clone(),
            base: None,
            process: None,
            state,
        };
        let mut wait = END_WAIT;
        while let Err(error) = self.tools.ledger.commit(vec![change.clone()]).await {
            tracing::error!(target: "adf::ledger", run = %run.id, %error, "the end of a run could not be written; it is tried again");
            if error.is_fatal() || self.ending().borrow().all() != Ending::Not {
                // A restart establishes it again, from the run's directory.
                break;
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(END_WAIT_MAX);
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Waits until runs are to be killed.
async fn killed(ending: &mut watch::Receiver<Endings>) {
    // Its sender outlives every start.
    let _ = ending.wait_for(|e| e.all() == Ending::Kill).await;
}
