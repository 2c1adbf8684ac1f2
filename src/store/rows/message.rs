//! Messages: what agents said, as checked.
//!
//! Invariant: a number that comes again replaces what was said under it, as in
//! the world.

use super::{
    super::reader::Message,
    column::{Cells, Int, Json, split, variant},
    each,
};
use crate::model::{self, Change, RunId, TaskId, Time};
use rusqlite::{Connection, Result, named_params};

pub(super) fn write(
    conn: &Connection,
    run: &RunId,
    sequence: u32,
    at: Time,
    message: &model::Message,
) -> Result<()> {
    let (kind, payload) = split(message)?;
    conn.prepare_cached(
        "REPLACE INTO message (run, sequence, at, kind, payload)
         VALUES (:run, :sequence, :at, :kind, :payload)",
    )?
    .execute(named_params! {
        ":run": run.as_str(),
        ":sequence": sequence,
        ":at": at.0,
        ":kind": kind,
        ":payload": Json(payload),
    })?;
    Ok(())
}

pub(super) fn load(conn: &Connection, apply: &mut dyn FnMut(Change)) -> Result<()> {
    let sql = "SELECT * FROM message ORDER BY seq";
    each(conn, sql, [], read, |said| apply(change(said)))
}

pub(super) fn load_of(conn: &Connection, issue: u64, apply: &mut dyn FnMut(Change)) -> Result<()> {
    let sql = "SELECT message.* FROM message JOIN run ON run.id = message.run
               WHERE run.issue = ? ORDER BY message.seq";
    each(conn, sql, [Int(issue)], read, |said| apply(change(said)))
}

fn change(said: Message) -> Change {
    Change::Message {
        run: said.run,
        sequence: said.sequence,
        at: said.at,
        message: said.message,
    }
}

/// What a run's agent said, in the order of its numbers.
pub(in crate::store) fn of_run(conn: &Connection, run: &RunId) -> Result<Vec<Message>> {
    let sql = "SELECT * FROM message WHERE run = ? ORDER BY sequence";
    let mut found = Vec::new();
    each(conn, sql, [run.as_str()], read, |row| found.push(row))?;
    Ok(found)
}

/// What a task's agents said, attempt by attempt.
pub(in crate::store) fn of_task(conn: &Connection, task: &TaskId) -> Result<Vec<Message>> {
    let sql = "SELECT message.* FROM message JOIN run ON run.id = message.run
               WHERE run.task = ? ORDER BY run.attempt, message.sequence";
    let mut found = Vec::new();
    each(conn, sql, [task.as_str()], read, |row| found.push(row))?;
    Ok(found)
}

fn read(row: &Cells<'_>) -> Result<Message> {
    Ok(Message {
        run: RunId(row.get("run")?),
        sequence: row.get("sequence")?,
        at: Time(row.get("at")?),
        message: variant(row, "kind", "payload")?,
    })
}
