//! Carries one effect out, from its intent to its mark.
//!
//! Invariant: the ledger says `tried` before anything outside is touched, and
//! the effect's end is in the ledger before the loop hears of it. A commit that
//! fails leaves the effect as it stands; after a restart it is looked for. A run
//! begins at most once in a process's life, whatever the ledger could not take.

use super::machine::Machine;
use super::outside::Outside;
use super::trouble::Trouble;
use crate::mention::marker::MarkerKey;
use crate::model::settings::Current;
use crate::model::{
    Alert, Change, Effect, EffectKey, EffectKind, EffectResult, EffectState, FactoryId, Person,
    RepoId, Run, RunId, RunState, Task,
};
use crate::redact::Redactor;
use crate::store::StoreError;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

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

impl Job {
    /// Whether it may have happened before: it was tried, or the forge may know
    /// more of its task than the ledger does.
    pub(super) fn looks_first(&self) -> bool {
        self.effect.tries > 0 || self.task.as_ref().is_some_and(|task| task.adopted)
    }
}

/// Who the factory is, and how it speaks.
#[derive(Debug)]
pub struct Identity {
    /// What the operator wants.
    pub settings: Current,
    /// The key of the marks.
    pub key: Arc<MarkerKey>,
    /// This factory's id, in every mark.
    pub factory: FactoryId,
    /// The factory's own account.
    pub me: Person,
    /// The repository.
    pub repo: RepoId,
    /// Takes secrets out of every text on its way out.
    pub redactor: Redactor,
}

/// Carries effects out.
#[derive(Debug)]
pub struct Executor<O = Machine> {
    /// Who it is.
    pub who: Arc<Identity>,
    /// What it changes.
    pub outside: Arc<O>,
    /// Runs that this process has begun.
    begun: Mutex<BTreeSet<RunId>>,
    /// Effects whose last try may still be on its way, and since when in this process.
    unsure: Mutex<BTreeMap<EffectKey, Duration>>,
}

impl<O: Outside> Executor<O> {
    /// An executor of the factory `who` in the world `outside`.
    #[must_use]
    pub fn new(who: Arc<Identity>, outside: Arc<O>) -> Executor<O> {
        Executor {
            who,
            outside,
            begun: Mutex::default(),
            unsure: Mutex::default(),
        }
    }

    /// Tries one effect and records how it went.
    pub async fn execute(&self, job: Job) {
        let tries = job.effect.tries + 1;
        if tries > 1 {
            self.settle(&job.effect.key).await;
        }
        let now = self.outside.now();
        let tried = self.mark(&job, tries, EffectState::Tried { at: now });
        if let Err(error) = tried.await {
            tracing::error!(target: "adf::effect", key = %job.effect.key, %error, "not tried: its mark could not be written");
            if job.run.is_some() {
                self.outside.run_over(&job.effect.key);
            }
            return;
        }
        let performed = self.perform(&job).await;
        self.note_unsure(&job.effect.key, &performed);
        let state = match performed {
            Ok(result) => EffectState::Done { result },
            Err(trouble) => {
                let settle = self.who.settings.get().forge.settle;
                self.clean(trouble).state(tries, settle, self.outside.now())
            }
        };
        self.log(&job, &state);
        if let Err(error) = self.mark(&job, tries, state).await {
            tracing::error!(target: "adf::effect", key = %job.effect.key, %error, "its result could not be written; it will be looked for");
        }
    }

    /// Waits until the last try of an effect, or of a former process, has arrived or never
    /// will. The planner waits as well, by a clock that may be set meanwhile.
    async fn settle(&self, key: &EffectKey) {
        let since = {
            let unsure = self.unsure.lock().unwrap_or_else(PoisonError::into_inner);
            unsure.get(key).copied().unwrap_or_default()
        };
        let until = since + self.who.settings.get().forge.settle;
        let left = until.saturating_sub(self.outside.uptime());
        if !left.is_zero() {
            self.outside.rest(left).await;
        }
    }

    fn note_unsure(&self, key: &EffectKey, performed: &Result<EffectResult, Trouble>) {
        let mut unsure = self.unsure.lock().unwrap_or_else(PoisonError::into_inner);
        match performed {
            Err(Trouble::Ambiguous(_)) => unsure.insert(key.clone(), self.outside.uptime()),
            _ => unsure.remove(key),
        };
    }

    async fn perform(&self, job: &Job) -> Result<EffectResult, Trouble> {
        match &job.effect.kind {
            EffectKind::Reply { body, .. } => self.reply(job, body).await,
            EffectKind::Accept { body } => self.accept(job, body).await,
            EffectKind::Progress { comment, body } => self.progress(job, *comment, body).await,
            EffectKind::Ask { body } => self.ask(job, body).await,
            EffectKind::OpenIssue { title, body, .. } => self.open_issue(job, title, body).await,
            EffectKind::Cycle { holds, body, .. } => self.cycle(job, *holds, body).await,
            EffectKind::Notify { sink, body, .. } => self.notify(job, sink, body).await,
            EffectKind::Result { body } => self.result(job, body).await,
            EffectKind::Spawn { .. } => self.spawn(job).await,
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
                number,
                labels,
                assignees,
            } => {
                self.outside.dress(*number, labels, assignees).await?;
                Ok(EffectResult::Nothing)
            }
            EffectKind::Show { own, all, want } => self.show(job, (own, all), want.as_ref()).await,
            EffectKind::Assign { hold, own } => self.assign(job, *hold, *own).await,
            EffectKind::Sweep { workspace } => self.sweep(job, *workspace).await,
        }
    }

    /// Starts a run; the effect is done once its process stands, or could not.
    async fn spawn(&self, job: &Job) -> Result<EffectResult, Trouble> {
        let (Some(task), Some(run)) = (&job.task, &job.run) else {
            return Err(Trouble::Final("its run is not in the ledger".to_owned()));
        };
        let is_new = run.state == RunState::Starting && run.process.is_none();
        if is_new && self.begins(&run.id) {
            self.outside.begin(task, run).await;
        } else {
            self.outside.run_over(&job.effect.key);
        }
        Ok(EffectResult::Nothing)
    }

    /// Whether a run has not begun in this process, though the ledger may not know it.
    fn begins(&self, run: &RunId) -> bool {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.insert(run.clone())
    }

    async fn mark(&self, job: &Job, tries: u32, state: EffectState) -> Result<(), StoreError> {
        let mut changes = Vec::new();
        let notice = matches!(job.effect.kind, EffectKind::Notify { .. });
        // Of a sink that cannot be told the nightwatch tells, until it can.
        if let EffectState::Parked { reason } = &state
            && !notice
        {
            let key = &job.effect.key;
            let (cause, what) = match job.effect.kind.refusal() {
                // It would be the same for every issue, and work goes on without it.
                Some(cause) => (
                    cause.to_owned(),
                    format!("`[status]`, {}", job.effect.kind.word()),
                ),
                None => (format!("parked:{key}"), format!("`{key}`")),
            };
            let text = format!("{what} cannot be done: {reason}");
            changes.push(Change::Alert(Alert::raised(
                cause,
                text,
                self.outside.now(),
            )));
        }
        changes.push(Change::EffectState {
            key: job.effect.key.clone(),
            tries,
            state,
        });
        self.outside.commit(changes).await
    }

    fn log(&self, job: &Job, state: &EffectState) {
        let task = job.effect.task.as_ref().map_or("", |t| t.as_str());
        let agent = job.task.as_ref().map_or("", |t| t.agent.as_str());
        let run = job.run.as_ref().map_or("", |r| r.id.as_str());
        let (level_ok, reason) = match state {
            EffectState::Done { result } => (true, result.to_string()),
            EffectState::Retry { reason, .. }
            | EffectState::Ambiguous { reason, .. }
            | EffectState::Parked { reason }
            | EffectState::Void { reason } => (false, reason.clone()),
            _ => (true, String::new()),
        };
        let project = &self.who.settings.get().project;
        let (key, what, issue) = (&job.effect.key, job.effect.kind.word(), job.effect.issue);
        if level_ok {
            tracing::info!(target: "adf::effect", project, issue, task, run, agent, reason, source = "effect", overrode = "", %key, "{what}");
        } else {
            tracing::warn!(target: "adf::effect", project, issue, task, run, agent, reason, source = "effect", overrode = "", %key, "{what} did not happen");
        }
    }

    /// Takes secrets out of a reason before it reaches ledger, log or forge.
    fn clean(&self, trouble: Trouble) -> Trouble {
        let clean = |text: String| self.who.redactor.clean(&text).into_owned();
        match trouble {
            Trouble::Passing { after, reason } => Trouble::Passing {
                after,
                reason: clean(reason),
            },
            Trouble::Blocked(reason) => Trouble::Blocked(clean(reason)),
            Trouble::Ambiguous(reason) => Trouble::Ambiguous(clean(reason)),
            Trouble::Final(reason) => Trouble::Final(clean(reason)),
            Trouble::Lost(reason) => Trouble::Lost(clean(reason)),
        }
    }
}
