//! Carries one effect out, from its intent to its mark.
//!
//! Invariant: the ledger says `tried` before anything outside is touched, and
//! the effect's end is in the ledger before the loop hears of it. A commit that
//! fails leaves the effect as it stands; after a restart it is looked for.

use super::deliver::{Deliver, DeliverError};
use super::git::Git;
use super::trouble::Trouble;
use super::workspace::{Mirror, Workspaces};
use crate::clock::Clock;
use crate::forge::Client;
use crate::mention::marker::MarkerKey;
use crate::model::settings::Settings;
use crate::model::{
    Alert, Change, Effect, EffectKind, EffectResult, EffectState, FactoryId, Person, Run, Task,
};
use crate::redact::Redactor;
use crate::store::{Ledger, StoreError};
use secrecy::SecretString;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{OnceCell, watch};

/// All that an effect needs, as one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The effect.
    pub effect: Effect,
    /// Its task.
    pub task: Option<Task>,
    /// Its run, of a spawn.
    pub run: Option<Run>,
}

/// How hard runs are asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// They may go on.
    Not,
    /// TERM, grace, KILL.
    Stop,
    /// KILL.
    Kill,
}

/// What the executor works with.
pub struct Tools {
    /// The forge.
    pub client: Client,
    /// The ledger.
    pub ledger: Ledger,
    /// The moment.
    pub clock: Clock,
    /// What the operator wants.
    pub settings: Arc<Settings>,
    /// The key of the marks.
    pub key: Arc<MarkerKey>,
    /// This factory's id, in every mark.
    pub factory: FactoryId,
    /// The factory's own account.
    pub me: Person,
    /// The repository.
    pub repo: crate::model::RepoId,
    /// Takes secrets out of every text on its way out.
    pub redactor: Redactor,
    /// git with the factory's own settings.
    pub git: Git,
    /// The mirror of the repository.
    pub mirror: Arc<Mirror>,
    /// The private clones.
    pub workspaces: Workspaces,
    /// Where bundles are taken in and pushed from.
    pub deliver: Deliver,
    /// Run directories.
    pub runs_dir: PathBuf,
    /// The factory's own executable.
    pub adf: PathBuf,
    /// Values of the environment variables that agents are given.
    pub environment: std::collections::BTreeMap<String, String>,
    /// The keys of providers, by the provider's name.
    pub keys: std::collections::BTreeMap<String, SecretString>,
    /// Is called once for each spawn whose run is over.
    pub run_over: Arc<dyn Fn() + Send + Sync>,
}

/// Carries effects out.
pub struct Executor {
    /// What it works with.
    pub tools: Tools,
    ending: watch::Sender<Ending>,
    delivers: OnceCell<()>,
}

impl Executor {
    /// An executor with its tools.
    #[must_use]
    pub fn new(tools: Tools) -> Executor {
        Executor {
            tools,
            ending: watch::Sender::new(Ending::Not),
            delivers: OnceCell::new(),
        }
    }

    /// Asks all runs to end: TERM, grace, KILL. Starts under way are given up.
    pub fn stop_runs(&self) {
        self.ending.send_replace(Ending::Stop);
    }

    /// Kills all runs.
    pub fn kill_runs(&self) {
        self.ending.send_replace(Ending::Kill);
    }

    /// Tells how hard runs are asked to end.
    #[must_use]
    pub fn ending(&self) -> watch::Receiver<Ending> {
        self.ending.subscribe()
    }

    /// Makes `deliver.git` ready, once in a start: a second time would take away
    /// what is being taken in.
    pub(super) async fn deliver_ready(&self) -> Result<(), DeliverError> {
        self.delivers
            .get_or_try_init(|| self.tools.deliver.ensure())
            .await
            .copied()
    }

    /// Requests sent to the forge so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.tools.client.requests()
    }

    /// Tries one effect and records how it went.
    pub async fn execute(self: &Arc<Self>, job: Job) {
        let tries = job.effect.tries + 1;
        let now = self.tools.clock.now();
        let tried = self.mark(&job, tries, EffectState::Tried { at: now });
        if let Err(error) = tried.await {
            tracing::error!(target: "adf::effect", key = %job.effect.key, %error, "not tried: its mark could not be written");
            if job.run.is_some() {
                (self.tools.run_over)();
            }
            return;
        }
        let state = match self.perform(&job).await {
            Ok(result) => EffectState::Done { result },
            Err(trouble) => {
                let settle = self.tools.settings.forge.settle;
                self.clean(trouble)
                    .state(tries, settle, self.tools.clock.now())
            }
        };
        self.log(&job, &state);
        if let Err(error) = self.mark(&job, tries, state).await {
            tracing::error!(target: "adf::effect", key = %job.effect.key, %error, "its result could not be written; it will be looked for");
        }
    }

    async fn perform(self: &Arc<Self>, job: &Job) -> Result<EffectResult, Trouble> {
        match &job.effect.kind {
            EffectKind::Reply { body, .. } => self.reply(job, body).await,
            EffectKind::Accept { body } => self.accept(job, body).await,
            EffectKind::Progress { comment, body } => self.progress(job, *comment, body).await,
            EffectKind::Result { body } => self.result(job, body).await,
            EffectKind::Spawn { .. } => self.start(job).await,
            EffectKind::Push {
                branch,
                head,
                expect,
                adopted,
            } => {
                self.push(job, branch, head, expect.as_ref(), *adopted)
                    .await
            }
            EffectKind::Pull {
                branch,
                base,
                title,
                body,
            } => self.propose(job, branch, base, title, body).await,
            EffectKind::Dress {
                pull,
                labels,
                assignees,
            } => self.dress(*pull, labels, assignees).await,
            EffectKind::Sweep { workspace } => self.sweep(job, *workspace).await,
        }
    }

    async fn mark(&self, job: &Job, tries: u32, state: EffectState) -> Result<(), StoreError> {
        let mut changes = Vec::new();
        if let EffectState::Parked { reason } = &state {
            changes.push(Change::Alert(Alert {
                cause: format!("parked:{}", job.effect.key),
                text: format!("`{}` cannot be done: {reason}", job.effect.key),
                run: None,
                raised_at: self.tools.clock.now(),
                cleared_at: None,
            }));
        }
        changes.push(Change::EffectState {
            key: job.effect.key.clone(),
            tries,
            state,
        });
        self.tools.ledger.commit(changes).await
    }

    fn log(&self, job: &Job, state: &EffectState) {
        let task = job.effect.task.as_ref().map_or("", |t| t.as_str());
        let agent = job.task.as_ref().map_or("", |t| t.agent.as_str());
        let run = job.run.as_ref().map_or("", |r| r.id.as_str());
        let (level_ok, reason) = match state {
            EffectState::Done { result } => (true, format!("{result:?}")),
            EffectState::Retry { reason, .. }
            | EffectState::Ambiguous { reason, .. }
            | EffectState::Parked { reason }
            | EffectState::Void { reason } => (false, reason.clone()),
            _ => (true, String::new()),
        };
        let project = &self.tools.settings.project;
        let (key, what, issue) = (&job.effect.key, job.effect.kind.word(), job.effect.issue);
        if level_ok {
            tracing::info!(target: "adf::effect", project, issue, task, run, agent, reason, source = "effect", overrode = "", %key, "{what}");
        } else {
            tracing::warn!(target: "adf::effect", project, issue, task, run, agent, reason, source = "effect", overrode = "", %key, "{what} did not happen");
        }
    }

    /// Takes secrets out of a reason before it reaches ledger, log or forge.
    fn clean(&self, trouble: Trouble) -> Trouble {
        let clean = |text: String| self.tools.redactor.clean(&text).into_owned();
        match trouble {
            Trouble::Passing { after, reason } => Trouble::Passing {
                after,
                reason: clean(reason),
            },
            Trouble::Ambiguous(reason) => Trouble::Ambiguous(clean(reason)),
            Trouble::Final(reason) => Trouble::Final(clean(reason)),
            Trouble::Lost(reason) => Trouble::Lost(clean(reason)),
        }
    }
}
