//! The repository and the logins that may write to it: one row, and a set.
//!
//! Invariant: each reading of the forge replaces the one before as a whole.

use super::{
    column::{Cells, Json},
    each,
};
use crate::model::{Change, RepoId, Repository, Time};
use rusqlite::{Connection, OptionalExtension, Result, named_params};

pub(super) fn write(conn: &Connection, row: &Repository) -> Result<()> {
    conn.prepare_cached(
        "REPLACE INTO repository (one, id, full_name, default_branch, archived, empty, mirror,
           may_push, has_issues, has_pulls)
         VALUES (1, :id, :full_name, :default_branch, :archived, :empty, :mirror,
           :may_push, :has_issues, :has_pulls)",
    )?
    .execute(named_params! {
        ":id": row.id.0,
        ":full_name": row.full_name,
        ":default_branch": row.default_branch,
        ":archived": row.archived,
        ":empty": row.empty,
        ":mirror": row.mirror,
        ":may_push": row.may_push,
        ":has_issues": row.has_issues,
        ":has_pulls": row.has_pulls,
    })?;
    Ok(())
}

pub(super) fn load(conn: &Connection, apply: &mut dyn FnMut(Change)) -> Result<()> {
    let sql = "SELECT * FROM repository";
    let read = |row: &Cells<'_>| {
        Ok(Repository {
            id: RepoId(row.get("id")?),
            full_name: row.get("full_name")?,
            default_branch: row.get("default_branch")?,
            archived: row.get("archived")?,
            empty: row.get("empty")?,
            mirror: row.get("mirror")?,
            may_push: row.get("may_push")?,
            has_issues: row.get("has_issues")?,
            has_pulls: row.get("has_pulls")?,
        })
    };
    each(conn, sql, [], read, |row| apply(Change::Repository(row)))
}

pub(super) fn write_writers(conn: &Connection, logins: &[String], seen_at: Time) -> Result<()> {
    conn.execute("DELETE FROM writer", [])?;
    conn.prepare_cached("INSERT OR IGNORE INTO writer (login) SELECT value FROM json_each(?)")?
        .execute([Json(logins)])?;
    conn.prepare_cached("REPLACE INTO writers_read (one, at) VALUES (1, ?)")?
        .execute([seen_at.0])?;
    Ok(())
}

pub(super) fn load_writers(conn: &Connection, apply: &mut dyn FnMut(Change)) -> Result<()> {
    let seen_at: Option<i64> = conn
        .query_row("SELECT at FROM writers_read", [], |row| row.get(0))
        .optional()?;
    let Some(seen_at) = seen_at.map(Time) else {
        return Ok(());
    };
    let mut logins = Vec::new();
    let read = |row: &Cells<'_>| row.get("login");
    each(conn, "SELECT login FROM writer", [], read, |login| {
        logins.push(login);
    })?;
    apply(Change::Writers { logins, seen_at });
    Ok(())
}
