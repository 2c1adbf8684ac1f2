//! The forge is read, incrementally, and what changed becomes facts.
//!
//! Invariant: an idle poll costs a constant number of requests ([`super::reviews`]); cursors move in
//! the same batch as what they cover and never pass the server's time − 1 s.
//! A re-read from the cursor − 24 h, once an hour, repairs what was lost.

use super::backlog::Backlog;
use super::cursor;
use super::cycles::Cycles;
use super::passages::{Reading, Text, body_text, comment_text, moved, rows};
use super::reason::SenseError;
use super::reviews::Owed;
use super::source::{Source, Sources};
use super::writers::Writers;
use crate::forge::IssueItem;
use crate::mention::marker::MarkerKey;
use crate::model::settings::Settings;
use crate::model::{
    Alert, BACKLOG, BEGUN, Change, LISTEN_FROM, Person, RepoId, Repository, Time, World,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// How far the repairing re-read goes back behind the cursor.
const REREAD: Duration = Duration::from_secs(24 * 3600);
/// How often the repairing re-read happens.
const REREAD_EVERY: Duration = Duration::from_secs(3600);
/// How far a new ledger scans back for its marks when no `--since` is given.
pub const LOOK_BACK: Duration = Duration::from_secs(14 * 24 * 3600);
/// How many texts are looked up in the ledger at once.
const TEXTS_AT_ONCE: usize = 64;
/// Rows written in one batch.
const BATCH_ROWS_MAX: usize = 500;
/// The cursor of issues and pull requests.
const ISSUES: &str = "issues";
/// The cursor of comments.
const COMMENTS: &str = "comments";
/// When a new ledger first had read everything.
pub const SCANNED: &str = "scanned";
/// The cause of the alert on items that cannot be read.
const UNREADABLE: &str = "unreadable";

/// What a poller reads with.
#[derive(Debug)]
pub struct Wiring<S = Sources> {
    /// Where texts come from and facts go.
    pub sources: S,
    /// The key of the factory's marks.
    pub key: Arc<MarkerKey>,
    /// The factory's own account.
    pub me: Person,
    /// Where a new ledger begins to listen; `None`: now.
    pub since: Option<Time>,
    /// `[mentions] allow` is set.
    pub narrowed: bool,
    /// Somebody wants to know what open issues wait for.
    pub ranked: bool,
    /// Labels that only show what the factory does: no fact about an issue.
    pub display: Vec<String>,
}

/// Reads the forge for one project.
#[derive(Debug)]
pub struct Poller<S = Sources> {
    with: Wiring<S>,
    cursors: BTreeMap<String, Time>,
    repository: Option<Repository>,
    unreadable: Option<Alert>,
    writers: Writers,
    reread_at: Option<Time>,
    owed: Owed,
    backlog: Backlog,
    cycles: Cycles,
}

impl<S: Source> Poller<S> {
    /// A poller that goes on from where the ledger's `world` stands.
    #[must_use]
    pub fn new(with: Wiring<S>, world: &World) -> Poller<S> {
        let unreadable = world.alerts.get(UNREADABLE);
        Poller {
            with,
            cursors: world.cursors.clone(),
            repository: world.repository.clone(),
            unreadable: unreadable.filter(|a| a.cleared_at.is_none()).cloned(),
            writers: Writers::of(world),
            reread_at: None,
            owed: Owed::default(),
            backlog: Backlog::of(world),
            cycles: Cycles::of(world),
        }
    }

    /// Obeys what the config says now.
    pub fn obey(&mut self, settings: &Settings) {
        self.with.narrowed = !settings.mentions.allow.is_empty();
        self.with.ranked = settings.coordinator.is_on();
        self.with.display = settings.status.names();
    }

    /// Whether every open issue was read, and what each of them waits for.
    #[must_use]
    pub fn knows_all(&self) -> bool {
        self.backlog.is_whole() && self.backlog.unread() == 0
    }

    /// Open issues whose dependencies were never read, as far as issues are known.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.backlog.unread()
    }

    /// The page of open issues that comes next, if any, and [`Poller::unread`].
    #[must_use]
    pub fn left(&self) -> (Option<u32>, usize) {
        (self.backlog.next_page(), self.backlog.unread())
    }

    /// Writes down where a new ledger begins to listen, so that what is said from
    /// now on is heard, whenever the first poll comes to its end.
    ///
    /// # Errors
    /// Nothing is written then; the first poll does it.
    pub async fn begin(&mut self) -> Result<(), SenseError> {
        if self.cursors.contains_key(LISTEN_FROM) {
            return Ok(());
        }
        let now = self.with.sources.now();
        let server = self.with.sources.comments_since(now).await?.server_time;
        let server = server.unwrap_or(now);
        let from = self.listen_from(server);
        let begun = [(LISTEN_FROM.to_owned(), from), (BEGUN.to_owned(), server)];
        let begun = BTreeMap::from(begun);
        self.commit(Vec::new(), begun).await
    }

    /// Reads what changed since the last poll and commits it.
    ///
    /// # Errors
    /// Nothing is lost: the cursor stays, and the next poll reads it again.
    pub async fn poll(&mut self) -> Result<(), SenseError> {
        let now = self.with.sources.now();
        let page = self.backlog.page();
        let before = (self.writers.clone(), self.unreadable.clone());
        let server = match self.facts(now).await {
            Ok(server) => server,
            Err(error) => {
                // What was read and not written is read again.
                self.backlog.back_to(page);
                (self.writers, self.unreadable) = before;
                return Err(error);
            }
        };
        if self.with.ranked {
            return self.links(server, now).await;
        }
        // Whoever does not want to know is not told.
        let unsaid = self.cycles.turn(&[], now);
        self.commit(unsaid.clone(), BTreeMap::new()).await?;
        self.cycles.written(unsaid);
        Ok(())
    }

    /// Texts and issues that changed; the forge's time before.
    async fn facts(&mut self, now: Time) -> Result<Time, SenseError> {
        let reread = self
            .reread_at
            .is_none_or(|at| now.since(at) >= REREAD_EVERY || at > now);
        let from = self.start(COMMENTS, now, reread);
        let sources = &self.with.sources;
        let (repository, comments) =
            tokio::join!(sources.repository(), sources.comments_since(from));
        // First: what refuses the repository refuses its comments too, and names it.
        let repo = self.note_repository(repository?).await?;
        let comments = comments?;
        // After the comments: an issue is then never older than what was said under it.
        let from = self.start(ISSUES, now, reread);
        let issues = self.with.sources.issues_since(Some(from)).await?;

        let older = self.older(&issues.items).await?;
        self.owed.note(&issues.items, from, reread);
        let said = self.owed.read(&self.with.sources).await?;

        let server = issues.server_time.unwrap_or(now);
        let listen_from = self.listen_from(comments.server_time.unwrap_or(now));
        let latest_issue = issues.items.iter().map(|i| i.issue.updated_at).max();
        let latest_issue = match self.owed.floor(&said, server) {
            Some(owed) => latest_issue.map(|at| at.min(owed)),
            None => latest_issue,
        };
        let latest_comment = comments.items.iter().map(|c| c.updated_at).max();
        let mut ends = BTreeMap::from([
            self.end(ISSUES, latest_issue, issues.server_time),
            self.end(COMMENTS, latest_comment, comments.server_time),
        ]);
        if !self.cursors.contains_key(SCANNED) {
            ends.insert(LISTEN_FROM.to_owned(), listen_from);
            ends.insert(SCANNED.to_owned(), now);
            let begun = self.cursors.get(BEGUN).copied();
            ends.insert(BEGUN.to_owned(), begun.unwrap_or(server));
        }

        if self.with.ranked && self.backlog.is_whole() && !self.cursors.contains_key(BACKLOG) {
            ends.insert(BACKLOG.to_owned(), now);
        }

        let listed = issues.items.iter().chain(&older);
        let bodies = listed.clone().map(body_text);
        let texts = bodies.chain(comments.items.iter().map(comment_text));
        let texts = texts.chain(said.texts.iter().cloned());
        let passages = self.passages(repo, listen_from, now, texts).await?;
        let writers = self.writers(&passages, now).await?;
        let (me, items) = (&self.with.me, listed.map(|item| &item.issue));
        let mut known = moved(items, &passages, me, &self.writers);
        for issue in &mut known {
            issue.labels.retain(|l| !self.with.display.contains(l));
        }
        self.backlog.note(known.iter());
        let unknown = self.with.sources.unknown(known).await?;
        let mut changes: Vec<Change> = unknown.into_iter().map(Change::Issue).collect();
        changes.extend(passages);
        if let Some(writers) = writers {
            changes.insert(0, writers);
        }
        let skipped = issues.skipped.saturating_add(comments.skipped);
        changes.extend(self.unreadable(skipped.saturating_add(said.skipped), now));
        self.commit(changes, ends).await?;
        self.owed.settle(&said, server);
        if reread {
            self.reread_at = Some(now);
        }
        Ok(server)
    }

    /// The next part of the open issues that no listing of changes has told of yet.
    async fn older(&mut self, listed: &[IssueItem]) -> Result<Vec<IssueItem>, SenseError> {
        if !self.with.ranked || self.backlog.is_whole() {
            return Ok(Vec::new());
        }
        let mut told: BTreeSet<u64> = listed.iter().map(|item| item.issue.number).collect();
        let mut items = self.backlog.pages(&self.with.sources).await?;
        // A page may be read again, and an item move to the next one meanwhile.
        items.retain(|item| told.insert(item.issue.number));
        Ok(items)
    }

    /// What issues wait for; read last, so that it holds up nothing.
    async fn links(&mut self, server: Time, now: Time) -> Result<(), SenseError> {
        let name = self.repository.as_ref().map(|r| r.full_name.clone());
        let name = name.unwrap_or_default();
        let (rows, end) = self.backlog.read(&self.with.sources, &name, server).await;
        let found = self.backlog.cycles();
        let turned = found.map(|found| self.cycles.turn(&found, now));
        let turned = turned.unwrap_or_default();
        let read: Vec<u64> = rows.iter().map(|row| row.issue).collect();
        let mut changes: Vec<Change> = rows.into_iter().map(Change::Links).collect();
        changes.extend(turned.iter().cloned());
        if let Err(error) = self.commit(changes, BTreeMap::new()).await {
            self.backlog.forget(&read);
            return Err(error);
        }
        self.cycles.written(turned);
        Ok(end?)
    }

    /// Where a listing begins.
    fn start(&self, name: &str, now: Time, reread: bool) -> Time {
        match self.cursors.get(name) {
            None => self.with.since.unwrap_or(now).min(now.minus(LOOK_BACK)),
            Some(at) if reread => at.minus(REREAD),
            Some(at) => at.minus(cursor::OVERLAP),
        }
    }

    fn end(&self, name: &str, latest: Option<Time>, server: Option<Time>) -> (String, Time) {
        (
            name.to_owned(),
            cursor::limit(latest, server, self.cursors.get(name)),
        )
    }

    /// The rows of the texts that changed.
    async fn passages(
        &self,
        repo: RepoId,
        listen_from: Time,
        now: Time,
        mut texts: impl Iterator<Item = Text>,
    ) -> Result<Vec<Change>, SenseError> {
        let reading = Reading {
            repo,
            me: &self.with.me,
            key: &self.with.key,
            listen_from,
            narrowed: self.with.narrowed,
            now,
        };
        let mut changes = Vec::new();
        loop {
            let some: Vec<Text> = texts.by_ref().take(TEXTS_AT_ONCE).collect();
            if some.is_empty() {
                return Ok(changes);
            }
            for (text, stored) in self.with.sources.changed(some).await? {
                changes.extend(rows(&reading, &text, &stored));
            }
        }
    }

    /// Who may write, if that is to be read again for what these rows say.
    async fn writers(&mut self, rows: &[Change], now: Time) -> Result<Option<Change>, SenseError> {
        if !self.writers.is_asked_for(rows, &self.with.me, now) {
            return Ok(None);
        }
        let people = self.with.sources.assignees().await?;
        Ok(Some(self.writers.note(people, now)))
    }

    /// The alert on items that could not be read, raised or cleared.
    fn unreadable(&mut self, skipped: u32, now: Time) -> Option<Change> {
        let alert = match (&self.unreadable, skipped) {
            (None, 1..) => Alert::raised(
                UNREADABLE,
                format!(
                    "{skipped} issues, comments or reviews cannot be read (too large, or not of the API's form) and are passed over; shorten or delete them"
                ),
                now,
            ),
            (Some(open), 0) => open.cleared(now),
            _ => return None,
        };
        self.unreadable = Some(alert.clone()).filter(|a| a.cleared_at.is_none());
        Some(Change::Alert(alert))
    }

    fn listen_from(&self, server: Time) -> Time {
        match self.cursors.get(LISTEN_FROM) {
            Some(at) => *at,
            // The forge's times are whole seconds, so the second under way counts.
            None => self
                .with
                .since
                .unwrap_or(server.minus(Duration::from_secs(1))),
        }
    }

    /// Refuses another repository under the same name, and writes down what changed of ours.
    async fn note_repository(&mut self, repository: Repository) -> Result<RepoId, SenseError> {
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
            self.with
                .sources
                .commit(vec![Change::Repository(repository.clone())])
                .await?;
            self.repository = Some(repository.clone());
        }
        Ok(repository.id)
    }

    async fn commit(
        &mut self,
        mut changes: Vec<Change>,
        ends: BTreeMap<String, Time>,
    ) -> Result<(), SenseError> {
        while changes.len() > BATCH_ROWS_MAX {
            let rest = changes.split_off(BATCH_ROWS_MAX);
            self.with.sources.commit(changes).await?;
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
            self.with.sources.commit(changes).await?;
        }
        self.cursors.extend(moved);
        Ok(())
    }
}
