//! Orders of operators: one row for the factory, one for each task cancelled.
//!
//! Invariant: the newest order of the factory replaces the one before; the
//! first order to cancel a task stays.

use super::{
    column::{Cells, damaged},
    each,
};
use crate::model::{Change, Order, Ordered, TaskId, Time};
use rusqlite::{Connection, Result, params};

pub(super) fn write(conn: &Connection, row: &Ordered) -> Result<()> {
    let (task, word) = match &row.order {
        Order::Pause => ("", "pause"),
        Order::Stop => ("", "stop"),
        Order::Resume => ("", "resume"),
        Order::Cancel(task) => (task.as_str(), "cancel"),
    };
    let sql = if task.is_empty() {
        "REPLACE INTO operator (task, word, who, at) VALUES (?, ?, ?, ?)"
    } else {
        "INSERT INTO operator (task, word, who, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
    };
    conn.prepare_cached(sql)?
        .execute(params![task, word, row.by, row.at.0])?;
    Ok(())
}

pub(super) fn load(conn: &Connection, apply: &mut dyn FnMut(Change)) -> Result<()> {
    select(conn, "SELECT * FROM operator", apply)
}

/// The order that holds the factory, if one does.
pub(super) fn load_held(conn: &Connection, apply: &mut dyn FnMut(Change)) -> Result<()> {
    select(conn, "SELECT * FROM operator WHERE task = ''", apply)
}

fn select(conn: &Connection, sql: &str, apply: &mut dyn FnMut(Change)) -> Result<()> {
    let read = |row: &Cells<'_>| {
        let (task, word): (String, String) = (row.get("task")?, row.get("word")?);
        let order = match (task.as_str(), word.as_str()) {
            ("", "pause") => Order::Pause,
            ("", "stop") => Order::Stop,
            ("", "resume") => Order::Resume,
            (task, "cancel") if !task.is_empty() => Order::Cancel(TaskId::from(task)),
            _ => return Err(damaged(format!("no order is called `{word}`"))),
        };
        Ok(Ordered {
            order,
            by: row.get("who")?,
            at: Time(row.get("at")?),
        })
    };
    each(conn, sql, [], read, |row| apply(Change::Operator(row)))
}
