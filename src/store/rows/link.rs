//! What issues wait for, as last read.
//!
//! Invariant: the newest reading of an issue replaces the one before, as a whole.

use super::{
    column::{Cells, Int, Json},
    each,
};
use crate::model::{Change, Links, Time};
use rusqlite::{Connection, Result, params};

pub(super) fn write(conn: &Connection, row: &Links) -> Result<()> {
    conn.prepare_cached("REPLACE INTO link (issue, blocker, read_at) VALUES (?, ?, ?)")?
        .execute(params![Int(row.issue), Json(&row.on), row.read_at.0])?;
    Ok(())
}

pub(super) fn load(conn: &Connection, apply: &mut dyn FnMut(Change)) -> Result<()> {
    let read = |row: &Cells<'_>| {
        Ok(Links {
            issue: row.get::<Int>("issue")?.0,
            on: row.get::<Json<_>>("blocker")?.0,
            read_at: Time(row.get("read_at")?),
        })
    };
    each(conn, "SELECT * FROM link", [], read, |row| {
        apply(Change::Links(row));
    })
}
