//! Alerts, slots that came due, and cursors: the factory's own signs.
//!
//! Invariant: one row per cause, per slot and per cursor.

use super::{column::Cells, each};
use crate::model::{AgentName, Alert, Change, Fire, RunId, Time};
use rusqlite::{Connection, Result, named_params, params};

pub(super) fn write(conn: &Connection, row: &Alert) -> Result<()> {
    conn.prepare_cached(
        "REPLACE INTO alert (cause, text, run, raised_at, cleared_at)
         VALUES (:cause, :text, :run, :raised_at, :cleared_at)",
    )?
    .execute(named_params! {
        ":cause": row.cause,
        ":text": row.text,
        ":run": row.run.as_ref().map(RunId::as_str),
        ":raised_at": row.raised_at.0,
        ":cleared_at": row.cleared_at.map(|at| at.0),
    })?;
    Ok(())
}

pub(super) fn load(conn: &Connection, apply: &mut dyn FnMut(Change)) -> Result<()> {
    each(conn, "SELECT * FROM alert", [], read, |row| {
        apply(Change::Alert(row));
    })
}

pub(super) fn load_open(conn: &Connection, apply: &mut dyn FnMut(Change)) -> Result<()> {
    let sql = "SELECT * FROM alert WHERE cleared_at IS NULL";
    each(conn, sql, [], read, |row| apply(Change::Alert(row)))
}

fn read(row: &Cells<'_>) -> Result<Alert> {
    Ok(Alert {
        cause: row.get("cause")?,
        text: row.get("text")?,
        run: row.get::<Option<_>>("run")?.map(RunId),
        raised_at: Time(row.get("raised_at")?),
        cleared_at: row.get::<Option<_>>("cleared_at")?.map(Time),
    })
}

pub(super) fn write_fire(conn: &Connection, row: &Fire) -> Result<()> {
    conn.prepare_cached("INSERT INTO fire (agent, slot) VALUES (?, ?) ON CONFLICT DO NOTHING")?
        .execute(params![row.agent.as_str(), row.slot.0])?;
    Ok(())
}

pub(super) fn load_fires(conn: &Connection, apply: &mut dyn FnMut(Change)) -> Result<()> {
    let read = |row: &Cells<'_>| {
        Ok(Fire {
            agent: AgentName(row.get("agent")?),
            slot: Time(row.get("slot")?),
        })
    };
    each(conn, "SELECT * FROM fire", [], read, |row| {
        apply(Change::Fire(row));
    })
}

pub(super) fn write_cursor(conn: &Connection, name: &str, at: Time) -> Result<()> {
    conn.prepare_cached("REPLACE INTO cursor (name, at) VALUES (?, ?)")?
        .execute(params![name, at.0])?;
    Ok(())
}

pub(super) fn load_cursors(conn: &Connection, apply: &mut dyn FnMut(Change)) -> Result<()> {
    let read = |row: &Cells<'_>| Ok((row.get("name")?, Time(row.get("at")?)));
    each(conn, "SELECT * FROM cursor", [], read, |(name, at)| {
        apply(Change::Cursor { name, at });
    })
}
