//! Issues and pull requests as last seen.
//!
//! Invariant: the newest reading replaces the one before.

use super::{
    column::{Cells, Int, Json, once, person},
    each,
};
use crate::model::{Change, Issue, Time};
use rusqlite::{Connection, OptionalExtension, Result, named_params};

pub(super) fn write(conn: &Connection, row: &Issue) -> Result<()> {
    conn.prepare_cached(
        "REPLACE INTO issue (number, is_pull, title, open, author_id, author_login, labels,
           milestone, updated_at, changed_at, outsider, reworded_at)
         VALUES (:number, :is_pull, :title, :open, :author_id, :author_login, :labels,
           :milestone, :updated_at, :changed_at, :outsider, :reworded_at)",
    )?
    .execute(named_params! {
        ":number": Int(row.number),
        ":is_pull": row.is_pull,
        ":title": row.title,
        ":open": row.open,
        ":author_id": row.author.id,
        ":author_login": row.author.login,
        ":labels": Json(&row.labels),
        ":milestone": row.milestone.as_ref().map(Json),
        ":updated_at": row.updated_at.0,
        ":changed_at": row.changed_at.0,
        ":outsider": row.outsider,
        ":reworded_at": row.reworded_at.0,
    })?;
    Ok(())
}

pub(super) fn load(conn: &Connection, apply: &mut dyn FnMut(Change)) -> Result<()> {
    each(conn, "SELECT * FROM issue", [], read, |row| {
        apply(Change::Issue(row));
    })
}

pub(in crate::store) fn one(conn: &Connection, number: u64) -> Result<Option<Issue>> {
    conn.prepare_cached("SELECT * FROM issue WHERE number = ?")?
        .query_row([Int(number)], |row| once(row, read))
        .optional()
}

fn read(row: &Cells<'_>) -> Result<Issue> {
    Ok(Issue {
        number: row.get::<Int>("number")?.0,
        is_pull: row.get("is_pull")?,
        title: row.get("title")?,
        open: row.get("open")?,
        author: person(row, "author_id", "author_login")?,
        labels: row.get::<Json<_>>("labels")?.0,
        milestone: row.get::<Option<Json<_>>>("milestone")?.map(|m| m.0),
        updated_at: Time(row.get("updated_at")?),
        changed_at: Time(row.get("changed_at")?),
        outsider: row.get("outsider")?,
        reworded_at: Time(row.get("reworded_at")?),
    })
}
