//! The history: every change of state with its moment, kept for people.
//!
//! Invariant: the history is written in the transaction of the change it tells
//! of, and no decision reads it.

use super::rows::Int;
use crate::model::Time;
use rusqlite::{Connection, Result, params};

/// A line to keep.
pub(super) struct Line<'a> {
    /// Our time.
    pub at: Time,
    /// The issue.
    pub issue: u64,
    /// `mention`, `task`, `run` or `effect`.
    pub subject: &'a str,
    /// The id of the subject.
    pub id: &'a str,
    /// Its new state.
    pub state: &'a str,
    /// What goes with it; may be empty.
    pub note: &'a str,
}

/// Keeps a line.
pub(super) fn keep(conn: &Connection, line: &Line<'_>) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO history (at, issue, subject, id, state, note) VALUES (?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        line.at.0,
        Int(line.issue),
        line.subject,
        line.id,
        line.state,
        line.note
    ])?;
    Ok(())
}
