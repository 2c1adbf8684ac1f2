//! Schemas of the ledger, in order: an old file is brought up to date, step by step.
//!
//! Invariant: each step is one transaction with a copy of the file taken
//! before; a failed step leaves the ledger as it was, and a file from the
//! future is not touched.

use super::{StoreError, file};
use rusqlite::{Connection, TransactionBehavior};
use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs::File,
    path::{Path, PathBuf},
};

/// One step: its file's name and its SQL.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// `NNN_name`; the number is its place, from 1.
    pub name: &'static str,
    /// What it does.
    pub sql: &'static str,
}

/// All steps. The schema's version is how many of them were applied.
pub const MIGRATIONS: &[Migration] = &[Migration {
    name: "001_ledger",
    sql: include_str!("migrations/001_ledger.sql"),
}];

/// The version of a list of steps.
pub(super) fn newest(steps: &[Migration]) -> u32 {
    u32::try_from(steps.len()).unwrap_or(u32::MAX)
}

/// The version of a file; 0 when it has no tables yet.
pub(super) fn version(conn: &Connection, path: &Path) -> Result<u32, StoreError> {
    let version: i64 = conn
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|e| StoreError::sql(path, e))?;
    let tables: i64 = conn
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(|e| StoreError::sql(path, e))?;
    let corrupt = |what: &str| StoreError::Corrupt {
        path: path.to_owned(),
        what: what.to_owned(),
    };
    match (u32::try_from(version), tables) {
        (Err(_), _) => Err(corrupt("its schema version is no number of ours")),
        (Ok(0), 1..) => Err(corrupt("it is a database of some other program")),
        (Ok(1..), 0) => Err(corrupt("it has a schema version and no tables")),
        (Ok(version), _) => Ok(version),
    }
}

/// The version of a file that these steps can bring up to date.
pub(super) fn known_version(
    conn: &Connection,
    path: &Path,
    steps: &[Migration],
) -> Result<u32, StoreError> {
    let (found, known) = (version(conn, path)?, newest(steps));
    if found > known {
        return Err(newer(path, found, known));
    }
    Ok(found)
}

/// Whether a file of the newest schema has each table and column that these steps make.
pub(super) fn whole(conn: &Connection, path: &Path, steps: &[Migration]) -> Result<(), StoreError> {
    let fail = |e| StoreError::sql(path, e);
    let model = Connection::open_in_memory().map_err(fail)?;
    for step in steps {
        model.execute_batch(step.sql).map_err(fail)?;
    }
    let found = columns(conn).map_err(fail)?;
    let missing = columns(&model)
        .map_err(fail)?
        .into_iter()
        .find(|c| !found.contains(c));
    let Some((table, column)) = missing else {
        return Ok(());
    };
    let what = if found.iter().any(|(there, _)| *there == table) {
        format!("its table `{table}` has no column `{column}`")
    } else {
        format!("it has no table `{table}`")
    };
    Err(StoreError::Corrupt {
        path: path.to_owned(),
        what,
    })
}

/// The columns of all tables.
fn columns(conn: &Connection) -> rusqlite::Result<BTreeSet<(String, String)>> {
    let sql = "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'";
    let mut statement = conn.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// Applies the steps that the file lacks; returns the version it had.
pub(super) fn run(
    conn: &mut Connection,
    path: &Path,
    steps: &[Migration],
) -> Result<u32, StoreError> {
    let found = known_version(conn, path, steps)?;
    for (number, step) in (1..).zip(steps).filter(|(number, _)| *number > found) {
        if number > 1 {
            copy(conn, path, &copy_path(path, number))?;
        }
        apply(conn, step, number).map_err(|e| match StoreError::sql(path, e) {
            StoreError::Refused { what, .. } => failed(path, number, &what),
            StoreError::Sql { source, .. } => failed(path, number, &source.to_string()),
            other => other,
        })?;
        tracing::info!(step = step.name, version = number, ledger = %path.display(), "ledger migrated");
    }
    Ok(found)
}

fn failed(path: &Path, version: u32, what: &str) -> StoreError {
    StoreError::Migration {
        path: path.to_owned(),
        version,
        what: what.to_owned(),
    }
}

/// That a file is of a newer schema, with the copy that was made before.
pub(super) fn newer(path: &Path, found: u32, known: u32) -> StoreError {
    StoreError::Newer {
        path: path.to_owned(),
        found,
        known,
        kept: Some(copy_path(path, known + 1)).filter(|copy| copy.exists()),
    }
}

/// `ledger.db.before-<version>`.
fn copy_path(path: &Path, version: u32) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!(".before-{version}"));
    PathBuf::from(name)
}

fn apply(conn: &mut Connection, step: &Migration, number: u32) -> rusqlite::Result<()> {
    // A step may rebuild a table that others refer to; the check below takes over.
    conn.pragma_update(None, "foreign_keys", false)?;
    let result = apply_unlinked(conn, step, number);
    conn.pragma_update(None, "foreign_keys", true)?;
    result
}

fn apply_unlinked(conn: &mut Connection, step: &Migration, number: u32) -> rusqlite::Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(step.sql)?;
    let dangling: i64 =
        tx.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
            row.get(0)
        })?;
    if dangling > 0 {
        let what = format!("{dangling} rows would refer to rows that do not exist");
        return Err(rusqlite::Error::ToSqlConversionFailure(what.into()));
    }
    tx.pragma_update(None, "user_version", number)?;
    tx.commit()
}

/// Writes a whole copy of the database, 0600, in place of what stood there.
pub(super) fn copy(conn: &Connection, path: &Path, to: &Path) -> Result<(), StoreError> {
    let draft = file::draft(to)?;
    let name = draft.path().to_str().ok_or_else(|| {
        let source = std::io::Error::other("the path is not UTF-8");
        StoreError::io("copy the ledger to", to, source)
    })?;
    conn.execute("VACUUM INTO ?1", [name])
        .map_err(|e| match StoreError::sql(path, e) {
            StoreError::Full { .. } => StoreError::Full { path: to.into() },
            other => other,
        })?;
    // SQLite does not sync what VACUUM INTO writes.
    File::open(draft.path())
        .and_then(|file| file.sync_all())
        .map_err(|e| StoreError::io("write", to, e))?;
    file::publish(draft, to)
}
