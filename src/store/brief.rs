//! What `adf status` shows, asked of the ledger by its indexes: never all rows.
//!
//! Invariant: tasks that are not over are all there, however many are; of those
//! that are over only the newest, and all are counted.

use super::{Reader, StoreError, rows};
use crate::model::{NoticeKind, World};
use rusqlite::Connection;
use std::collections::BTreeMap;

/// A part of what is known, with the numbers of the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brief {
    /// Open tasks and the newest others with their runs, open alerts, the order that
    /// holds the factory, and the newest notices of each sink.
    pub world: World,
    /// How many tasks there are, by the word of their state.
    pub tasks: BTreeMap<String, u64>,
    /// Mentions that are not decided.
    pub pending: u64,
}

impl Brief {
    /// How many tasks there are in all.
    #[must_use]
    pub fn tasks_total(&self) -> u64 {
        self.tasks.values().sum()
    }
}

impl Reader {
    /// A part of what is known: with the newest `newest` of the tasks that are over,
    /// and the newest notices of these sinks.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn brief(&self, newest: u32, sinks: &[&str]) -> Result<Brief, StoreError> {
        let moment = self.moment()?;
        self.answer(brief(&moment, newest, sinks))
    }
}

fn brief(conn: &Connection, newest: u32, sinks: &[&str]) -> rusqlite::Result<Brief> {
    let mut world = World::default();
    let mut apply = |change| world.apply(&change);
    rows::load_brief(conn, newest, &mut apply)?;
    for sink in sinks {
        for kind in [NoticeKind::Blockers, NoticeKind::Digest] {
            let (from, to) = kind.keys(sink);
            rows::load_newest_effect(conn, &from, &to, &mut apply)?;
        }
    }
    let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, rows::Int>(0));
    let pending = count("SELECT count(*) FROM mention WHERE state = 'pending'")?.0;
    Ok(Brief {
        world,
        tasks: rows::count_tasks(conn)?,
        pending,
    })
}
