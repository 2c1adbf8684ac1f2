//! Looking into the ledger without disturbing its writer.
//!
//! Invariant: a reader's connection cannot write; each answer is of one moment.

use super::{Entry, StoreError, migrate, open, rows, story};
use crate::model::{
    self, AgentName, Effect, FactoryId, GuardDenial, Issue, Mention, Note, Passage, PassageKey,
    RunId, TaskId, Time, World,
};
use rusqlite::Connection;
use std::path::{Path, PathBuf};

/// One connection that only reads.
#[derive(Debug)]
pub struct Reader {
    conn: Connection,
    path: PathBuf,
}

/// What an agent said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The run that said it.
    pub run: RunId,
    /// Counts a run's messages, from 1.
    pub sequence: u32,
    /// When.
    pub at: Time,
    /// What.
    pub message: model::Message,
}

impl Reader {
    pub(super) fn new(conn: Connection, path: PathBuf) -> Reader {
        Reader { conn, path }
    }

    pub(super) fn conn(&self) -> &Connection {
        &self.conn
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file is sound, by SQLite's own check.
    ///
    /// # Errors
    /// When it is not, with the first fault found.
    pub fn check(&self) -> Result<(), StoreError> {
        open::check(&self.conn, &self.path)
    }

    /// Everything known, folded from the rows of one moment. Its version is 0.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn world(&self) -> Result<World, StoreError> {
        let moment = self.moment()?;
        World::load(|apply| rows::load(&moment, &self.path, apply))
    }

    /// Of everything known only the writers, and the mentions, runs and messages of
    /// one issue: what a run of it needs.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn world_of(&self, issue: u64) -> Result<World, StoreError> {
        let moment = self.moment()?;
        let mut world = World::default();
        self.answer(rows::load_of(&moment, issue, &mut |change| {
            world.apply(&change)
        }))?;
        Ok(world)
    }

    /// The factory that the ledger belongs to.
    ///
    /// # Errors
    /// When the ledger cannot be read or does not say.
    pub fn factory(&self) -> Result<FactoryId, StoreError> {
        let found = self.answer(open::stored_factory(&self.conn))?;
        found.map(FactoryId).ok_or_else(|| StoreError::Corrupt {
            path: self.path.clone(),
            what: "it does not name its factory".to_owned(),
        })
    }

    /// One version of a passage; the newest when none is named.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn passage(
        &self,
        key: PassageKey,
        version: Option<u32>,
    ) -> Result<Option<Passage>, StoreError> {
        self.answer(rows::one_passage(&self.conn, key, version))
    }

    /// An issue or pull request as last seen.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn issue(&self, number: u64) -> Result<Option<Issue>, StoreError> {
        self.answer(rows::one_issue(&self.conn, number))
    }

    /// The mentions found in a passage, in all its versions.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn mentions_in(&self, key: PassageKey) -> Result<Vec<Mention>, StoreError> {
        self.answer(rows::mentions_of_passage(&self.conn, key))
    }

    /// Writes a whole, consistent copy of the ledger into another state directory.
    ///
    /// # Errors
    /// When the copy cannot be made.
    pub fn copy_to(&self, state_dir: &Path) -> Result<(), StoreError> {
        migrate::copy(&self.conn, &self.path, &state_dir.join(super::LEDGER_FILE))
    }

    /// The newest version of each passage of an issue: the body, then by time.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn passages_of(&self, issue: u64) -> Result<Vec<Passage>, StoreError> {
        self.answer(rows::newest_of_issue(&self.conn, issue))
    }

    /// What the agent of a run said, in order.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn messages_of(&self, run: &RunId) -> Result<Vec<Message>, StoreError> {
        self.answer(rows::messages_of_run(&self.conn, run))
    }

    /// What the agents of a task said, attempt by attempt.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn messages_of_task(&self, task: &TaskId) -> Result<Vec<Message>, StoreError> {
        self.answer(rows::messages_of_task(&self.conn, task))
    }

    /// The notes of an agent from a day on, the newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn notes_of(&self, agent: &AgentName, from: i64) -> Result<Vec<Note>, StoreError> {
        self.answer(rows::notes_of_agent(&self.conn, agent, from))
    }

    /// What the guard denied, oldest first; the newest 10,000 are kept.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn guard_denials(&self) -> Result<Vec<GuardDenial>, StoreError> {
        self.answer(rows::guard_denials(&self.conn))
    }

    /// The effects on an issue, in the order they were intended.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn effects_of_issue(&self, issue: u64) -> Result<Vec<Effect>, StoreError> {
        self.answer(rows::effects_of_issue(&self.conn, issue))
    }

    /// All that happened on an issue, in time order.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn story(&self, issue: u64) -> Result<Vec<Entry>, StoreError> {
        let moment = self.moment()?;
        self.answer(story::tell(&moment, issue))
    }

    pub(super) fn moment(&self) -> Result<rusqlite::Transaction<'_>, StoreError> {
        self.answer(self.conn.unchecked_transaction())
    }

    pub(super) fn answer<T>(&self, result: rusqlite::Result<T>) -> Result<T, StoreError> {
        result.map_err(|e| StoreError::sql(&self.path, e))
    }
}
