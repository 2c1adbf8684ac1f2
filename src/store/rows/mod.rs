//! Rows and changes: one file per table, each with how a row is written and read.
//!
//! Invariant: what is written here and read back gives the same change, and a
//! conflict is settled as [`crate::model::World::apply`] settles it: facts that
//! are known stay, wholes are replaced, updates of what is absent do nothing.

mod alert;
mod column;
mod effect;
mod guard;
mod issue;
mod link;
mod mark;
mod mention;
mod message;
mod note;
mod order;
mod passage;
mod repository;
mod run;
mod task;

use column::Cells;
pub(super) use column::Int;
pub(super) use effect::{by_issue as effects_of_issue, load_newest as load_newest_effect};
pub(super) use guard::all as guard_denials;
pub(super) use issue::one as one_issue;
pub(super) use mention::of_passage as mentions_of_passage;
pub(super) use message::{of_run as messages_of_run, of_task as messages_of_task};
pub(super) use note::of_agent as notes_of_agent;
pub(super) use passage::{newest_of_issue, one as one_passage};
pub(super) use task::count as count_tasks;

use super::StoreError;
use crate::model::{Change, Time};
use rusqlite::{Connection, Params, Result};
use std::path::Path;

type Load = fn(&Connection, &mut dyn FnMut(Change)) -> Result<()>;

/// Every table of the world, and how its rows become changes again.
const TABLES: &[(&str, Load)] = &[
    ("repository", repository::load),
    ("writer", repository::load_writers),
    ("issue", issue::load),
    ("link", link::load),
    ("passage", passage::load),
    ("mention", mention::load),
    ("mark", mark::load),
    ("fire", alert::load_fires),
    ("alert", alert::load),
    ("cursor", alert::load_cursors),
    ("operator", order::load),
    ("task", task::load),
    ("run", run::load),
    ("effect", effect::load),
    ("message", message::load),
];

/// Writes one change.
pub(super) fn write(conn: &Connection, change: &Change, now: Time) -> Result<()> {
    match change {
        Change::Repository(row) => repository::write(conn, row),
        Change::Writers { logins, seen_at } => repository::write_writers(conn, logins, *seen_at),
        Change::Issue(row) => issue::write(conn, row),
        Change::Links(row) => link::write(conn, row),
        Change::Passage(row) => passage::write(conn, row),
        Change::Mention(row) => mention::write(conn, row, now),
        Change::MentionState { id, state } => mention::write_state(conn, id, state, now),
        Change::Mark(row) => mark::write(conn, row),
        Change::Fire(row) => alert::write_fire(conn, row),
        Change::Alert(row) => alert::write(conn, row),
        Change::Cursor { name, at } => alert::write_cursor(conn, name, *at),
        Change::Operator(row) => order::write(conn, row),
        Change::Task(row) => task::write(conn, row, now),
        Change::Run(row) => run::write(conn, row, now),
        Change::RunState {
            id,
            base,
            process,
            state,
        } => run::write_state(conn, id, base.as_ref(), process.as_ref(), state, now),
        Change::Effect(row) => effect::write(conn, row, now),
        Change::EffectState { key, tries, state } => {
            effect::write_state(conn, key, *tries, state, now)
        }
        Change::TaskForgotten(id) => task::forget(conn, id),
        Change::EffectForgotten(key) => effect::forget(conn, key),
        Change::Message {
            run,
            sequence,
            at,
            message,
        } => message::write(conn, run, *sequence, *at, message),
        Change::Note(row) => note::write(conn, row),
        Change::GuardDenial(row) => guard::write(conn, row),
    }
}

/// Turns all rows into changes, in an order whose fold is the world.
pub(super) fn load(
    conn: &Connection,
    path: &Path,
    apply: &mut dyn FnMut(Change),
) -> std::result::Result<(), StoreError> {
    for (table, load) in TABLES {
        load(conn, apply).map_err(|e| match StoreError::sql(path, e) {
            StoreError::Corrupt { path, what } => StoreError::Corrupt {
                path,
                what: format!("table {table}: {what}"),
            },
            other => other,
        })?;
    }
    Ok(())
}

/// Turns the rows into changes that tell who may write and what agents were asked
/// and did and said on one issue.
pub(super) fn load_of(conn: &Connection, issue: u64, apply: &mut dyn FnMut(Change)) -> Result<()> {
    repository::load_writers(conn, apply)?;
    mention::load_of(conn, issue, apply)?;
    run::load_of(conn, issue, apply)?;
    message::load_of(conn, issue, apply)
}

/// Turns a few rows into changes: all that is open, and the newest tasks that are over.
pub(super) fn load_brief(
    conn: &Connection,
    newest: u32,
    apply: &mut dyn FnMut(Change),
) -> Result<()> {
    order::load_held(conn, apply)?;
    alert::load_open(conn, apply)?;
    for id in task::load_brief(conn, newest, apply)? {
        run::load_of_task(conn, &id, apply)?;
    }
    Ok(())
}

/// Hands each row of a query on.
fn each<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    read: impl Fn(&Cells<'_>) -> Result<T>,
    mut apply: impl FnMut(T),
) -> Result<()> {
    let mut statement = conn.prepare_cached(sql)?;
    let names = column::names(&statement);
    let mut rows = statement.query(params)?;
    while let Some(row) = rows.next()? {
        apply(read(&Cells::new(row, &names))?);
    }
    Ok(())
}
