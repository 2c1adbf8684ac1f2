//! The forge is read, incrementally, and what changed becomes facts.
//!
//! Invariant: an idle poll costs a constant number of requests; cursors move in
//! the same batch as what they cover and never pass the server's time − 1 s.
//! A re-read from the cursor − 24 h, once an hour, repairs what was lost.

use super::passages::{Reading, Text, rows};
use crate::clock::Clock;
use crate::forge::{Client, Comment, ForgeError, IssueItem};
use crate::mention::marker::MarkerKey;
use crate::model::{
    Change, Issue, Mention, PassageKey, PassageKind, Person, RepoId, Repository, Time,
};
use crate::store::{Ledger, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How far each poll reads back behind its cursor.
const OVERLAP: Duration = Duration::from_secs(5);
/// How far behind the newest change a cursor rests: the overlap, and a second of the forge's clock.
const BEHIND: Duration = Duration::from_secs(OVERLAP.as_secs() + 1);
/// How far the repairing re-read goes back behind the cursor.
const REREAD: Duration = Duration::from_secs(24 * 3600);
/// How often the repairing re-read happens.
const REREAD_EVERY: Duration = Duration::from_secs(3600);
/// How far a new ledger scans back for its marks when no `--since` is given.
pub const LOOK_BACK: Duration = Duration::from_secs(14 * 24 * 3600);
/// How old the list of writers may be.
const WRITERS_MAX_AGE: Duration = Duration::from_secs(600);
/// Rows written in one batch.
const BATCH_ROWS_MAX: usize = 500;

/// Why a poll came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum SenseError {
    /// The forge.
    #[error(transparent)]
    Forge(#[from] ForgeError),
    /// The ledger.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The configured name now belongs to another repository.
    #[error(
        "`{name}` is now another repository (number {now}, was {was}); correct `[gitea] repo`, or use a new state directory for it"
    )]
    OtherRepository {
        /// The configured name.
        name: String,
        /// The number it has now.
        now: i64,
        /// The number the ledger is about.
        was: i64,
    },
}

/// Reads the forge for one project.
#[derive(Debug)]
pub struct Poller {
    /// The forge.
    pub client: Client,
    /// Where facts go.
    pub ledger: Ledger,
    /// The moment.
    pub clock: Clock,
    /// The key of the factory's marks.
    pub key: Arc<MarkerKey>,
    /// The factory's own account.
    pub me: Person,
    /// Where a new ledger begins to listen; `None`: now.
    pub since: Option<Time>,
    /// `[mentions] allow` is set.
    pub narrowed: bool,
    cursors: BTreeMap<String, Time>,
    repository: Option<Repository>,
    writers_at: Option<Time>,
    reread_at: Option<Time>,
}

impl Poller {
    /// A poller that goes on from `cursors` and `repository`, as the ledger has them.
    #[must_use]
    #[expect(
        clippy::too_many_arguments,
        reason = "the composition root is the only caller"
    )]
    pub fn new(
        client: Client,
        ledger: Ledger,
        clock: Clock,
        key: Arc<MarkerKey>,
        me: Person,
        since: Option<Time>,
        narrowed: bool,
        world: &crate::model::World,
    ) -> Poller {
        Poller {
            client,
            ledger,
            clock,
            key,
            me,
            since,
            narrowed,
            cursors: world.cursors.clone(),
            repository: world.repository.clone(),
            writers_at: None,
            reread_at: None,
        }
    }

    /// Reads what changed since the last poll and commits it.
    ///
    /// # Errors
    /// Nothing is lost: the cursor stays, and the next poll reads it again.
    pub async fn poll(&mut self) -> Result<(), SenseError> {
        let repo = self.read_repository().await?;
        let now = self.clock.now();
        let first = !self.cursors.contains_key("scanned");
        let reread = self
            .reread_at
            .is_none_or(|at| now.since(at) >= REREAD_EVERY);
        let start = |cursor: Option<&Time>| match cursor {
            None => self.since.unwrap_or(now).min(now.minus(LOOK_BACK)),
            Some(at) if reread => at.minus(REREAD),
            Some(at) => at.minus(OVERLAP),
        };
        // Comments first: an issue is then never older than what was said under it.
        let comments = self
            .client
            .comments_since(start(self.cursors.get("comments")))
            .await?;
        let issues = self
            .client
            .issues_since(Some(start(self.cursors.get("issues"))))
            .await?;
        let listen_from = self.listen_from(comments.server_time.unwrap_or(now));
        let mut ends = BTreeMap::new();
        let latest = issues.items.iter().map(|i| i.issue.updated_at).max();
        ends.insert(
            "issues".to_owned(),
            limit(latest, issues.server_time, self.cursors.get("issues")),
        );
        let latest = comments.items.iter().map(|c| c.updated_at).max();
        ends.insert(
            "comments".to_owned(),
            limit(latest, comments.server_time, self.cursors.get("comments")),
        );

        let reading = Reading {
            repo,
            me: &self.me,
            key: &self.key,
            listen_from,
            narrowed: self.narrowed,
            now,
        };
        let mut changes: Vec<Change> = issues
            .items
            .iter()
            .map(|i| Change::Issue(i.issue.clone()))
            .collect();
        changes = self.news(changes).await?;
        let texts = issues
            .items
            .iter()
            .map(body_text)
            .chain(comments.items.iter().map(comment_text));
        for text in texts {
            let (before, known) = self.stored(text.key).await?;
            changes.extend(rows(&reading, &text, before.as_ref(), &known));
        }
        let called = changes.iter().any(|c| matches!(c, Change::Mention(_)));
        let stale = self
            .writers_at
            .is_none_or(|at| now.since(at) >= WRITERS_MAX_AGE);
        if called || stale {
            let people = self.client.assignees().await?;
            let mut logins: Vec<String> = people.into_iter().map(|p| p.login).collect();
            logins.sort();
            changes.insert(
                0,
                Change::Writers {
                    logins,
                    seen_at: now,
                },
            );
            self.writers_at = Some(now);
        }
        if first {
            ends.insert("listen_from".to_owned(), listen_from);
            ends.insert("scanned".to_owned(), now);
        }
        self.commit(changes, ends).await?;
        if reread {
            self.reread_at = Some(now);
        }
        Ok(())
    }

    fn listen_from(&self, server: Time) -> Time {
        match self.cursors.get("listen_from") {
            Some(at) => *at,
            // The forge's times are whole seconds, so the second under way counts.
            None => self.since.unwrap_or(server.minus(Duration::from_secs(1))),
        }
    }

    async fn read_repository(&mut self) -> Result<RepoId, SenseError> {
        let repository = self.client.repository().await?;
        if let Some(known) = &self.repository
            && known.id != repository.id
        {
            return Err(SenseError::OtherRepository {
                name: repository.full_name,
                now: repository.id.0,
                was: known.id.0,
            });
        }
        if self.repository.as_ref() != Some(&repository) {
            self.ledger
                .commit(vec![Change::Repository(repository.clone())])
                .await?;
            self.repository = Some(repository.clone());
        }
        Ok(repository.id)
    }

    /// Leaves out issues that the ledger has just so.
    async fn news(&self, changes: Vec<Change>) -> Result<Vec<Change>, SenseError> {
        let news = self
            .ledger
            .read(move |reader| {
                let mut news = Vec::new();
                for change in changes {
                    let known = match &change {
                        Change::Issue(issue) => {
                            reader.issue(issue.number)? == Some(Issue::clone(issue))
                        }
                        _ => false,
                    };
                    if !known {
                        news.push(change);
                    }
                }
                Ok(news)
            })
            .await?;
        Ok(news)
    }

    async fn stored(
        &self,
        key: PassageKey,
    ) -> Result<(Option<crate::model::Passage>, Vec<Mention>), SenseError> {
        let stored = self
            .ledger
            .read(move |reader| Ok((reader.passage(key, None)?, reader.mentions_in(key)?)))
            .await?;
        Ok(stored)
    }

    async fn commit(
        &mut self,
        mut changes: Vec<Change>,
        ends: BTreeMap<String, Time>,
    ) -> Result<(), SenseError> {
        while changes.len() > BATCH_ROWS_MAX {
            let rest = changes.split_off(BATCH_ROWS_MAX);
            self.ledger.commit(changes).await?;
            changes = rest;
        }
        let moved: Vec<(String, Time)> = ends
            .into_iter()
            .filter(|(name, at)| self.cursors.get(name) != Some(at))
            .collect();
        changes.extend(moved.iter().map(|(name, at)| Change::Cursor {
            name: name.clone(),
            at: *at,
        }));
        if !changes.is_empty() {
            self.ledger.commit(changes).await?;
        }
        self.cursors.extend(moved);
        Ok(())
    }
}

/// Where a cursor stands after a listing: just behind the newest change seen,
/// never past the server's time − 1 s, never backwards.
fn limit(latest: Option<Time>, server: Option<Time>, before: Option<&Time>) -> Time {
    let floor = before.copied().unwrap_or_default();
    let bound = server.map(|t| t.minus(Duration::from_secs(1)));
    let end = match (latest, bound) {
        // All up to the bound was listed. Behind the overlap of the newest change
        // the cursor comes to rest, else that change is read at every poll for ever.
        (Some(latest), Some(bound)) => latest.plus(BEHIND).min(bound),
        (Some(latest), None) => latest,
        // Nothing there yet: a first cursor is the server's own time.
        (None, Some(bound)) if before.is_none() => bound,
        (None, _) => floor,
    };
    end.max(floor)
}

fn body_text(item: &IssueItem) -> Text {
    Text {
        key: PassageKey {
            kind: PassageKind::Body,
            id: i64::try_from(item.issue.number).unwrap_or(i64::MAX),
        },
        issue: item.issue.number,
        author: item.issue.author.clone(),
        body: item.body.clone(),
        created_at: item.created_at,
        updated_at: item.issue.updated_at,
    }
}

fn comment_text(comment: &Comment) -> Text {
    Text {
        key: PassageKey {
            kind: PassageKind::Comment,
            id: comment.id,
        },
        issue: comment.issue,
        author: comment.author.clone(),
        body: comment.body.clone(),
        created_at: comment.created_at,
        updated_at: comment.updated_at,
    }
}
