//! The real outside: the forge's client, git, and this machine's runs.
//!
//! Invariant: nothing here looks, retries or chooses; an error becomes a
//! [`Trouble`] and the executor decides what it means. [`super::start`],
//! [`super::follow`] and [`super::establish`] are a run's life on it.

use super::deliver::{Deliver, DeliverError};
use super::display::Worn;
use super::executor::Identity;
use super::git::Git;
use super::memory::{Memory, recall};
use super::orphans::Tally;
use super::outside::Outside;
use super::recover::RecoverError;
use super::supervise;
use super::supervise::Given;
use super::trouble::Trouble;
use super::workspace::{Mirror, Workspaces};
use crate::clock::Clock;
use crate::courier::Courier;
use crate::forge::{Client, Comment, ForgeError, IssueItem};
use crate::model::{
    Change, EffectKey, Outcome, Repository, Run, RunId, Sha, Snapshot, Task, TaskId, Time,
};
use crate::store::{Ledger, StoreError};
use secrecy::SecretString;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OnceCell, watch};
use tokio::time::Instant;

/// The colour of labels that the factory has to create.
const LABEL_COLOR: &str = "#5319e7";

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

/// How hard each run is asked to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endings {
    /// All of them.
    all: Ending,
    /// These at least to stop.
    named: BTreeSet<RunId>,
}

impl Endings {
    /// How hard a run is asked to end.
    #[must_use]
    pub fn of(&self, run: &RunId) -> Ending {
        let named = self.names(run).then_some(Ending::Stop);
        named.map_or(self.all, |stop| stop.max(self.all))
    }

    /// How hard all runs are asked to end.
    #[must_use]
    pub fn all(&self) -> Ending {
        self.all
    }

    /// Whether this very run was asked to end.
    #[must_use]
    pub fn names(&self, run: &RunId) -> bool {
        self.named.contains(run)
    }
}

/// What runs on this machine work with.
pub struct Tools {
    /// The forge.
    pub client: Client,
    /// The ledger.
    pub ledger: Ledger,
    /// The moment.
    pub clock: Clock,
    /// Carries notices to webhooks.
    pub courier: Courier,
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
    /// The walls that can be built here.
    pub given: Given,
    /// Values of the environment variables that agents are given.
    pub environment: BTreeMap<String, String>,
    /// The keys of providers, by the provider's name.
    pub keys: BTreeMap<String, SecretString>,
    /// The open issues as a text, for an agent that coordinates.
    pub view: fn(&Snapshot<'_>) -> String,
    /// Is called once for each spawn whose run is over.
    pub run_over: Arc<dyn Fn() + Send + Sync>,
}

/// The forge, git and this machine.
pub struct Machine {
    /// Who the factory is.
    pub who: Arc<Identity>,
    /// What it works with.
    pub tools: Tools,
    /// What sweeps of orphans came to.
    pub swept: Tally,
    ending: watch::Sender<Endings>,
    delivers: OnceCell<()>,
    /// The base looked at last, and why work cannot start from it.
    pub(super) looked_at: Mutex<Option<(Sha, Option<String>)>>,
    born: Instant,
}

impl Machine {
    /// A machine with its tools.
    #[must_use]
    pub fn new(who: Arc<Identity>, tools: Tools) -> Machine {
        Machine {
            who,
            tools,
            swept: Tally::default(),
            ending: watch::Sender::new(Endings {
                all: Ending::Not,
                named: BTreeSet::new(),
            }),
            delivers: OnceCell::new(),
            looked_at: Mutex::default(),
            born: Instant::now(),
        }
    }

    /// Asks all runs to end: TERM, grace, KILL. Starts under way are given up.
    pub fn stop_runs(&self) {
        self.ending.send_modify(|e| e.all = Ending::Stop);
    }

    /// Asks one run to end: TERM, grace, KILL. Its start is given up.
    pub fn stop_run(&self, run: &RunId) {
        self.ending
            .send_if_modified(|e| e.named.insert(run.clone()));
    }

    /// Lets runs start again after [`Machine::stop_runs`].
    pub fn allow_runs(&self) {
        self.ending.send_modify(|e| e.all = Ending::Not);
    }

    /// Kills all runs.
    pub fn kill_runs(&self) {
        self.ending.send_modify(|e| e.all = Ending::Kill);
    }

    /// Tells how hard runs are asked to end.
    #[must_use]
    pub fn ending(&self) -> watch::Receiver<Endings> {
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

    /// Adds labels to an issue or pull request; those that the repository lacks are made.
    async fn add_labels(&self, number: u64, labels: &[String]) -> Result<(), Trouble> {
        let client = &self.tools.client;
        let known = client.labels().await?;
        let mut ids = Vec::new();
        for name in labels {
            match known.iter().find(|l| l.name == *name) {
                Some(label) => ids.push(label.id),
                None => ids.push(client.create_label(name, LABEL_COLOR).await?.id),
            }
        }
        if !ids.is_empty() {
            client.add_labels(number, &ids).await?;
        }
        Ok(())
    }

    /// Requests sent to the forge so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.tools.client.requests()
    }
}

impl Outside for Machine {
    fn now(&self) -> Time {
        self.tools.clock.now()
    }

    fn uptime(&self) -> Duration {
        self.born.elapsed()
    }

    async fn rest(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }

    async fn commit(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.tools.ledger.commit(changes).await
    }

    async fn has_issue(&self, number: u64) -> Result<bool, Trouble> {
        Ok(self.tools.client.issue(number).await?.is_some())
    }

    async fn comments(&self, issue: u64) -> Result<Vec<Comment>, Trouble> {
        Ok(self.tools.client.comments_of(issue).await?)
    }

    async fn writers(&self) -> Result<Vec<String>, Trouble> {
        let people = self.tools.client.assignees().await?;
        Ok(people.into_iter().map(|person| person.login).collect())
    }

    async fn post(&self, issue: u64, body: &str) -> Result<i64, Trouble> {
        Ok(self.tools.client.post_comment(issue, body).await?.id)
    }

    async fn edit(&self, comment: i64, body: &str) -> Result<(), Trouble> {
        self.tools.client.edit_comment(comment, body).await?;
        Ok(())
    }

    async fn delete(&self, comment: i64) -> Result<(), Trouble> {
        Ok(self.tools.client.delete_comment(comment).await?)
    }

    async fn open_issue(&self, title: &str, body: &str) -> Result<u64, Trouble> {
        Ok(self.tools.client.create_issue(title, body).await?.number)
    }

    async fn issues_since(&self, since: Time) -> Result<Vec<IssueItem>, Trouble> {
        Ok(self.tools.client.issues_since(Some(since)).await?.items)
    }

    async fn repository(&self) -> Result<Repository, Trouble> {
        Ok(self.tools.client.repository().await?)
    }

    async fn remote_head(&self, branch: &str) -> Result<Option<Sha>, Trouble> {
        let remote = self.tools.mirror.remote();
        Ok(self.tools.deliver.remote_head(remote, branch).await?)
    }

    async fn push(&self, branch: &str, head: &Sha, expect: Option<&Sha>) -> Result<(), Trouble> {
        let remote = self.tools.mirror.remote();
        let pushed = self.tools.deliver.push(remote, branch, head, expect);
        Ok(pushed.await?)
    }

    async fn find_pull(&self, branch: &str) -> Result<Option<u64>, Trouble> {
        let open = self.tools.client.find_open_pull(branch).await?;
        Ok(open.map(|pull| pull.number))
    }

    async fn open_pull(
        &self,
        branch: &str,
        base: &str,
        title: &str,
        body: &str,
    ) -> Result<Option<u64>, Trouble> {
        let opened = self.tools.client.create_pull(branch, base, title, body);
        match opened.await {
            Ok(pull) => Ok(Some(pull.number)),
            Err(ForgeError::NotFound { .. }) => Ok(None),
            Err(ForgeError::Conflict { .. }) => Err(Trouble::Passing {
                after: None,
                reason: "an open pull request for the branch exists; it is looked for".to_owned(),
            }),
            Err(error) => Err(error.into()),
        }
    }

    async fn edit_pull(&self, pull: u64, title: &str, body: &str) -> Result<(), Trouble> {
        self.tools.client.edit_pull(pull, title, body).await?;
        Ok(())
    }

    async fn dress(
        &self,
        number: u64,
        labels: &[String],
        assignees: &[String],
    ) -> Result<(), Trouble> {
        let client = &self.tools.client;
        self.add_labels(number, labels).await?;
        let Some((_, there)) = client.worn(number).await? else {
            return Err(Trouble::Final(format!("{number} does not exist any more")));
        };
        let new: Vec<&String> = assignees.iter().filter(|a| !there.contains(*a)).collect();
        if !new.is_empty() {
            let all: Vec<&str> = there.iter().chain(new).map(String::as_str).collect();
            client.set_assignees(number, &all).await?;
        }
        Ok(())
    }

    async fn notify(&self, sink: &str, id: &str, body: &str) -> Result<(), Trouble> {
        self.carry(sink, id, body).await
    }

    async fn worn(&self, number: u64) -> Result<Option<Worn>, Trouble> {
        let worn = self.tools.client.worn(number).await?;
        Ok(worn.map(|(labels, assignees)| Worn {
            labels: labels.into_iter().map(|label| label.name).collect(),
            assignees,
        }))
    }

    async fn label(&self, number: u64, name: &str) -> Result<(), Trouble> {
        self.add_labels(number, &[name.to_owned()]).await
    }

    async fn unlabel(&self, number: u64, name: &str) -> Result<(), Trouble> {
        let client = &self.tools.client;
        let there = client.worn(number).await?;
        // By its number as the issue has it: an organisation's label is in no other list.
        let labels = there.into_iter().flat_map(|(labels, _)| labels);
        for label in labels.filter(|label| label.name == name) {
            client.remove_label(number, label.id).await?;
        }
        Ok(())
    }

    async fn assign(&self, number: u64, logins: &[String]) -> Result<(), Trouble> {
        let logins: Vec<&str> = logins.iter().map(String::as_str).collect();
        Ok(self.tools.client.set_assignees(number, &logins).await?)
    }

    async fn begin(self: &Arc<Self>, task: &Task, run: &Run) {
        self.start(task, run).await;
    }

    fn run_over(&self, _spawn: &EffectKey) {
        (self.tools.run_over)();
    }

    async fn remove_workspace(&self, task: &TaskId) -> Result<(), Trouble> {
        let removed = self.tools.workspaces.remove(task).await;
        removed.map(drop).map_err(|e| Trouble::Passing {
            after: None,
            reason: e.to_string(),
        })
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

    async fn prove_over(&self, run: &str) -> Result<(), RecoverError> {
        let grace = self.who.settings.get().limits.grace;
        let proven = supervise::prove_empty(&self.tools.runs_dir.join(run), grace).await;
        proven.map_err(|e| RecoverError::NotEmpty {
            run: run.to_owned(),
            why: e.to_string(),
        })
    }

    fn recall(&self, run: &str) -> Option<Memory> {
        recall(&self.tools.runs_dir.join(run))
    }

    async fn conclude(&self, task: Option<&Task>, run: &Run) -> Outcome {
        self.after_crash(task, run).await
    }
}
