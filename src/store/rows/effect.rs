//! Effects: intended once, then moved on until they are closed.
//!
//! Invariant: a known key is ignored, so that nothing is intended twice; the
//! order of intention is kept.

use super::{
    super::history::{self, Line},
    column::{Cells, Int, Json, split, variant},
    each,
};
use crate::model::{Change, Effect, EffectKey, EffectState, TaskId, Time};
use rusqlite::{Connection, OptionalExtension, Result, named_params};

/// The columns of an effect. Those that SQLite makes of them for people are left out: each
/// would be parsed out of its JSON for every row.
const COLUMNS: &str = "key, task, issue, kind, payload, lease, tries, state, detail, created_at";

pub(super) fn write(conn: &Connection, row: &Effect, now: Time) -> Result<()> {
    let (kind, payload) = split(&row.kind)?;
    let (state, detail) = split(&row.state)?;
    let added = conn
        .prepare_cached(
            "INSERT INTO effect (key, task, issue, kind, payload, lease, tries, state, detail,
               created_at, changed_at)
             VALUES (:key, :task, :issue, :kind, :payload, :lease, :tries, :state, :detail,
               :created_at, :now)
             ON CONFLICT (key) DO NOTHING",
        )?
        .execute(named_params! {
            ":key": row.key.as_str(),
            ":task": row.task.as_ref().map(TaskId::as_str),
            ":issue": Int(row.issue),
            ":kind": kind,
            ":payload": Json(payload),
            ":lease": Int(row.lease),
            ":tries": row.tries,
            ":state": state,
            ":detail": detail.map(Json),
            ":created_at": row.created_at.0,
            ":now": now.0,
        })?;
    if added == 0 {
        return Ok(());
    }
    keep(conn, row.issue, &row.key, &row.state, &state, now)
}

pub(super) fn write_state(
    conn: &Connection,
    key: &EffectKey,
    tries: u32,
    state: &EffectState,
    now: Time,
) -> Result<()> {
    let old: Option<(Int, String)> = conn
        .prepare_cached("SELECT issue, state FROM effect WHERE key = ?")?
        .query_row([key.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((Int(issue), old)) = old else {
        return Ok(());
    };
    let (word, detail) = split(state)?;
    conn.prepare_cached(
        "UPDATE effect SET tries = :tries, state = :state, detail = :detail, changed_at = :now
         WHERE key = :key",
    )?
    .execute(named_params! {
        ":key": key.as_str(),
        ":tries": tries,
        ":state": word,
        ":detail": detail.map(Json),
        ":now": now.0,
    })?;
    if old == word {
        return Ok(());
    }
    keep(conn, issue, key, state, &word, now)
}

pub(super) fn load(conn: &Connection, apply: &mut dyn FnMut(Change)) -> Result<()> {
    let sql = format!("SELECT {COLUMNS} FROM effect ORDER BY seq");
    each(conn, &sql, [], read, |row| apply(Change::Effect(row)))
}

/// The effect with the greatest key between two, the second one left out.
pub(in crate::store) fn load_newest(
    conn: &Connection,
    from: &EffectKey,
    to: &EffectKey,
    apply: &mut dyn FnMut(Change),
) -> Result<()> {
    let sql = format!(
        "SELECT {COLUMNS} FROM effect WHERE key >= ? AND key < ? ORDER BY key DESC LIMIT 1"
    );
    each(conn, &sql, [from.as_str(), to.as_str()], read, |row| {
        apply(Change::Effect(row));
    })
}

pub(super) fn forget(conn: &Connection, key: &EffectKey) -> Result<()> {
    conn.prepare_cached("DELETE FROM effect WHERE key = ?")?
        .execute([key.as_str()])
        .map(drop)
}

/// The effects on an issue, in the order they were intended.
pub(in crate::store) fn by_issue(conn: &Connection, issue: u64) -> Result<Vec<Effect>> {
    let sql = format!("SELECT {COLUMNS} FROM effect WHERE issue = ? ORDER BY seq");
    let mut found = Vec::new();
    each(conn, &sql, [Int(issue)], read, |row| found.push(row))?;
    Ok(found)
}

fn keep(
    conn: &Connection,
    issue: u64,
    key: &EffectKey,
    state: &EffectState,
    word: &str,
    at: Time,
) -> Result<()> {
    let note = match state {
        EffectState::Retry { reason, .. }
        | EffectState::Ambiguous { reason, .. }
        | EffectState::Parked { reason }
        | EffectState::Void { reason } => reason.as_str(),
        EffectState::Intended | EffectState::Tried { .. } | EffectState::Done { .. } => "",
    };
    let line = Line {
        at,
        issue,
        subject: "effect",
        id: key.as_str(),
        state: word,
        note,
    };
    history::keep(conn, &line)
}

fn read(row: &Cells<'_>) -> Result<Effect> {
    Ok(Effect {
        key: EffectKey(row.get("key")?),
        task: row.get::<Option<_>>("task")?.map(TaskId),
        issue: row.get::<Int>("issue")?.0,
        kind: variant(row, "kind", "payload")?,
        lease: row.get::<Int>("lease")?.0,
        tries: row.get("tries")?,
        state: variant(row, "state", "detail")?,
        created_at: Time(row.get("created_at")?),
    })
}
