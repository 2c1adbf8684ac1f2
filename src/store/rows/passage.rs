//! Passages: every version of every text, verbatim.
//!
//! Invariant: a version that is stored stays as it is; the world gets the
//! versions without their texts.

use super::{
    column::{Cells, Int, Word, once, passage_key, person},
    each,
};
use crate::model::{Change, Passage, PassageKey, Time};
use rusqlite::{Connection, OptionalExtension, Result, named_params, params};

pub(super) fn write(conn: &Connection, row: &Passage) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO passage (kind, id, version, issue, author_id, author_login, created_at,
           updated_at, seen_at, body)
         VALUES (:kind, :id, :version, :issue, :author_id, :author_login, :created_at,
           :updated_at, :seen_at, :body)
         ON CONFLICT (kind, id, version) DO NOTHING",
    )?
    .execute(named_params! {
        ":kind": Word(row.key.kind),
        ":id": row.key.id,
        ":version": row.version,
        ":issue": Int(row.issue),
        ":author_id": row.author.id,
        ":author_login": row.author.login,
        ":created_at": row.created_at.0,
        ":updated_at": row.updated_at.0,
        ":seen_at": row.seen_at.0,
        ":body": row.body,
    })?;
    Ok(())
}

/// All passages; of their texts only whom a comment addresses, which is all that is remembered.
pub(super) fn load(conn: &Connection, apply: &mut dyn FnMut(Change)) -> Result<()> {
    let sql = "SELECT kind, id, version, issue, author_id, author_login, created_at, updated_at,
                 seen_at, iif(substr(body, 1, 1) = '@', substr(body, 1, 100), '') AS body
               FROM passage";
    each(conn, sql, [], read, |row| apply(Change::Passage(row)))
}

/// One version of a passage; the newest when none is named.
pub(in crate::store) fn one(
    conn: &Connection,
    key: PassageKey,
    version: Option<u32>,
) -> Result<Option<Passage>> {
    conn.prepare_cached(
        "SELECT * FROM passage WHERE kind = ?1 AND id = ?2 AND (?3 IS NULL OR version = ?3)
         ORDER BY version DESC LIMIT 1",
    )?
    .query_row(params![Word(key.kind), key.id, version], |row| {
        once(row, read)
    })
    .optional()
}

/// The newest version of each passage of an issue, the body first, then by time.
pub(in crate::store) fn newest_of_issue(conn: &Connection, issue: u64) -> Result<Vec<Passage>> {
    let sql = "SELECT * FROM passage AS p
               WHERE issue = ?1 AND version = (SELECT max(version) FROM passage AS q
                                               WHERE q.kind = p.kind AND q.id = p.id)
               ORDER BY kind <> 'body', created_at, id";
    let mut found = Vec::new();
    each(conn, sql, [Int(issue)], read, |row| found.push(row))?;
    Ok(found)
}

fn read(row: &Cells<'_>) -> Result<Passage> {
    Ok(Passage {
        key: passage_key(row, "kind", "id")?,
        issue: row.get::<Int>("issue")?.0,
        version: row.get("version")?,
        author: person(row, "author_id", "author_login")?,
        body: row.get("body")?,
        created_at: Time(row.get("created_at")?),
        updated_at: Time(row.get("updated_at")?),
        seen_at: Time(row.get("seen_at")?),
    })
}
