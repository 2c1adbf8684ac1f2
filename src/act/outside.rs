//! What effects need of the world outside the ledger: the forge, its branches,
//! and runs on this machine.
//!
//! Invariant: every method is one attempt; its error says whether it may have
//! happened. What to look for, and when to try again, is the executor's alone,
//! so that it can be proven against a model of all this. [`super::machine`] is
//! the real thing.

use super::display::Worn;
use super::memory::Memory;
use super::recover::RecoverError;
use super::trouble::Trouble;
use crate::forge::{Comment, IssueItem};
use crate::model::{Change, EffectKey, Outcome, Repository, Run, Sha, Task, TaskId, Time};
use crate::store::StoreError;
use std::sync::Arc;
use std::time::Duration;

/// The world that effects change.
pub trait Outside: Send + Sync + 'static {
    /// The moment.
    fn now(&self) -> Time;

    /// How long this process has been at work, by a clock that nobody sets.
    fn uptime(&self) -> Duration;

    /// Lets so much of that pass.
    fn rest(&self, span: Duration) -> impl Future<Output = ()> + Send;

    /// Writes a batch into the ledger, whole or not at all.
    fn commit(&self, changes: Vec<Change>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Whether an issue or pull request exists.
    fn has_issue(&self, number: u64) -> impl Future<Output = Result<bool, Trouble>> + Send;

    /// All comments of an issue.
    fn comments(&self, issue: u64) -> impl Future<Output = Result<Vec<Comment>, Trouble>> + Send;

    /// The logins of who may write, lower case.
    fn writers(&self) -> impl Future<Output = Result<Vec<String>, Trouble>> + Send;

    /// Posts a comment; its id.
    fn post(&self, issue: u64, body: &str) -> impl Future<Output = Result<i64, Trouble>> + Send;

    /// Rewrites a comment.
    fn edit(&self, comment: i64, body: &str) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// Deletes a comment; one that is gone is no error.
    fn delete(&self, comment: i64) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// Opens an issue; its number.
    fn open_issue(
        &self,
        title: &str,
        body: &str,
    ) -> impl Future<Output = Result<u64, Trouble>> + Send;

    /// Issues and pull requests changed since a moment, with their texts.
    fn issues_since(
        &self,
        since: Time,
    ) -> impl Future<Output = Result<Vec<IssueItem>, Trouble>> + Send;

    /// The repository as it stands.
    fn repository(&self) -> impl Future<Output = Result<Repository, Trouble>> + Send;

    /// The commit that a branch of the forge holds.
    fn remote_head(
        &self,
        branch: &str,
    ) -> impl Future<Output = Result<Option<Sha>, Trouble>> + Send;

    /// Sets a branch of the forge to `head` if it holds `expect`; `None`: if there is none.
    fn push(
        &self,
        branch: &str,
        head: &Sha,
        expect: Option<&Sha>,
    ) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// The number of the open pull request of a branch.
    fn find_pull(&self, branch: &str) -> impl Future<Output = Result<Option<u64>, Trouble>> + Send;

    /// Opens a pull request; its number, or `None` when the forge does not know a
    /// branch of it (yet).
    fn open_pull(
        &self,
        branch: &str,
        base: &str,
        title: &str,
        body: &str,
    ) -> impl Future<Output = Result<Option<u64>, Trouble>> + Send;

    /// Rewrites a pull request's title and text.
    fn edit_pull(
        &self,
        pull: u64,
        title: &str,
        body: &str,
    ) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// Adds labels and assignees to an issue or pull request.
    fn dress(
        &self,
        number: u64,
        labels: &[String],
        assignees: &[String],
    ) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// Sends a notice to a sink's address, under an id that is the same in every try.
    fn notify(
        &self,
        sink: &str,
        id: &str,
        body: &str,
    ) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// The labels and assignees of an issue or pull request, if it is there.
    fn worn(&self, number: u64) -> impl Future<Output = Result<Option<Worn>, Trouble>> + Send;

    /// Adds a label; one that the repository lacks is made.
    fn label(&self, number: u64, name: &str) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// Takes a label off; one that is not there is no error.
    fn unlabel(&self, number: u64, name: &str) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// Sets who is assigned, as a whole.
    fn assign(
        &self,
        number: u64,
        logins: &[String],
    ) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// Starts a run. It ends in the ledger, whether or not it could begin, and
    /// [`Outside::run_over`] is called once then.
    fn begin(self: &Arc<Self>, task: &Task, run: &Run) -> impl Future<Output = ()> + Send;

    /// Says that a spawn's run is over, or never was.
    fn run_over(&self, spawn: &EffectKey);

    /// Removes a task's workspace; a missing one is no error.
    fn remove_workspace(&self, task: &TaskId) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// The names of all run directories.
    ///
    /// # Errors
    /// When they cannot be listed.
    fn run_directories(&self) -> Result<Vec<String>, RecoverError>;

    /// Ends what is left of a run of a former start.
    fn prove_over(&self, run: &str) -> impl Future<Output = Result<(), RecoverError>> + Send;

    /// What a run's directory remembers.
    fn recall(&self, run: &str) -> Option<Memory>;

    /// The outcome of a run whose end nobody followed.
    fn conclude(&self, task: Option<&Task>, run: &Run) -> impl Future<Output = Outcome> + Send;
}
