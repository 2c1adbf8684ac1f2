//! What the poller reads from and writes to: the forge and the ledger.
//!
//! Invariant: every method is one attempt and keeps nothing; what a cursor may
//! cover is the poller's alone, so that it can be proven against a model.

use super::passages::{Stored, Text};
use crate::clock::Clock;
use crate::forge::{Client, Comment, Dependency, ForgeError, IssueItem, Listing, Page, Reviews};
use crate::model::{Change, Issue, Person, Repository, Time};
use crate::store::{Ledger, StoreError};

/// Where texts come from and facts go.
pub trait Source: Send {
    /// The moment.
    fn now(&self) -> Time;

    /// The repository as the forge tells it.
    fn repository(&self) -> impl Future<Output = Result<Repository, ForgeError>> + Send;

    /// Issues and pull requests changed since a moment.
    fn issues_since(
        &self,
        since: Option<Time>,
    ) -> impl Future<Output = Result<Listing<IssueItem>, ForgeError>> + Send;

    /// Comments changed since a moment.
    fn comments_since(
        &self,
        since: Time,
    ) -> impl Future<Output = Result<Listing<Comment>, ForgeError>> + Send;

    /// A page of the open issues and pull requests, from 1 on.
    fn open_issues(
        &self,
        page: u32,
    ) -> impl Future<Output = Result<Page<IssueItem>, ForgeError>> + Send;

    /// What an issue depends on; `None` where the forge knows no dependencies.
    fn dependencies(
        &self,
        issue: u64,
    ) -> impl Future<Output = Result<Option<Vec<Dependency>>, ForgeError>> + Send;

    /// What was said in reviews of a pull request.
    fn reviews(&self, pull: u64) -> impl Future<Output = Result<Reviews, ForgeError>> + Send;

    /// Who may write.
    fn assignees(&self) -> impl Future<Output = Result<Vec<Person>, ForgeError>> + Send;

    /// Those of `issues` that add to what the ledger holds, as [`Issue::after`] has it.
    fn unknown(
        &self,
        issues: Vec<Issue>,
    ) -> impl Future<Output = Result<Vec<Issue>, StoreError>> + Send;

    /// Those of `texts` that say something else than the ledger holds, each with that.
    fn changed(
        &self,
        texts: Vec<Text>,
    ) -> impl Future<Output = Result<Vec<(Text, Stored)>, StoreError>> + Send;

    /// Writes a batch, whole or not at all.
    fn commit(&self, facts: Vec<Change>) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The real ones.
#[derive(Debug)]
pub struct Sources {
    /// The forge.
    pub client: Client,
    /// The ledger.
    pub ledger: Ledger,
    /// The moment.
    pub clock: Clock,
}

impl Source for Sources {
    fn now(&self) -> Time {
        self.clock.now()
    }

    async fn repository(&self) -> Result<Repository, ForgeError> {
        self.client.repository().await
    }

    async fn issues_since(&self, since: Option<Time>) -> Result<Listing<IssueItem>, ForgeError> {
        self.client.issues_since(since).await
    }

    async fn comments_since(&self, since: Time) -> Result<Listing<Comment>, ForgeError> {
        self.client.comments_since(since).await
    }

    async fn open_issues(&self, page: u32) -> Result<Page<IssueItem>, ForgeError> {
        self.client.open_issues(page).await
    }

    async fn dependencies(&self, issue: u64) -> Result<Option<Vec<Dependency>>, ForgeError> {
        self.client.dependencies(issue).await
    }

    async fn reviews(&self, pull: u64) -> Result<Reviews, ForgeError> {
        self.client.reviews(pull).await
    }

    async fn assignees(&self) -> Result<Vec<Person>, ForgeError> {
        self.client.assignees().await
    }

    async fn unknown(&self, issues: Vec<Issue>) -> Result<Vec<Issue>, StoreError> {
        let unknown = self.ledger.read_at_once(move |reader| {
            let mut unknown = Vec::new();
            for issue in issues {
                let before = reader.issue(issue.number)?;
                unknown.extend(issue.after(before.as_ref()));
            }
            Ok(unknown)
        });
        unknown.await
    }

    async fn changed(&self, texts: Vec<Text>) -> Result<Vec<(Text, Stored)>, StoreError> {
        let changed = self.ledger.read_at_once(move |reader| {
            let mut changed = Vec::new();
            for text in texts {
                let before = reader.passage(text.key, None)?;
                if text.differs(before.as_ref()) {
                    let mentions = reader.mentions_in(text.key)?;
                    changed.push((text, Stored { before, mentions }));
                }
            }
            Ok(changed)
        });
        changed.await
    }

    async fn commit(&self, facts: Vec<Change>) -> Result<(), StoreError> {
        self.ledger.commit(facts).await
    }
}
