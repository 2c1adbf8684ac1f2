//! Migrations: over filled tables, one transaction each, with a copy before.

use crate::support::{self, clock, cursor, unversioned};
use adf::{
    model::World,
    store::{self, LEDGER_FILE, MIGRATIONS, Migration, Options, StoreError},
};
use rusqlite::Connection;
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

/// Rows of every table as version 1 writes them. Never edit: a ledger out there holds such rows.
const SAMPLE_1: &str = include_str!("sample-1.sql");

const ADD: Migration = Migration {
    name: "test_add",
    sql: "ALTER TABLE task ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm';",
};
const REBUILD: Migration = Migration {
    name: "test_rebuild",
    sql: "CREATE TABLE cursor2 (name TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT;
          INSERT INTO cursor2 SELECT name, at FROM cursor;
          DROP TABLE cursor; ALTER TABLE cursor2 RENAME TO cursor;",
};
const BROKEN: Migration = Migration {
    name: "test_broken",
    sql: "DELETE FROM cursor; INSERT INTO no_such_table VALUES (1);",
};
const DANGLING: Migration = Migration {
    name: "test_dangling",
    sql: "DELETE FROM task;",
};

fn steps(more: &[Migration]) -> Options {
    Options {
        migrations: Box::leak([MIGRATIONS, more].concat().into_boxed_slice()),
        ..Options::default()
    }
}

/// A ledger as version 1 left it.
fn old_ledger(state: &Path) {
    let conn = Connection::open(state.join(LEDGER_FILE)).unwrap();
    conn.execute_batch(MIGRATIONS[0].sql).unwrap();
    conn.execute_batch(SAMPLE_1).unwrap();
    conn.pragma_update(None, "user_version", 1).unwrap();
}

#[test]
fn a_ledger_that_lacks_a_table_or_a_column_of_its_schema_is_damaged_for_who_reads_and_who_writes() {
    for (sql, what) in [
        ("DROP TABLE run", "it has no table `run`"),
        (
            "ALTER TABLE task RENAME COLUMN note TO notes",
            "its table `task` has no column `note`",
        ),
    ] {
        let dir = tempfile::tempdir().unwrap();
        old_ledger(dir.path());
        let conn = Connection::open(dir.path().join(LEDGER_FILE)).unwrap();
        conn.pragma_update(None, "foreign_keys", false).unwrap();
        conn.execute_batch(sql).unwrap();
        drop(conn);
        let read = store::open_read_only(dir.path()).unwrap_err();
        let opened = store::open(dir.path(), clock()).unwrap_err();
        for error in [read, opened] {
            let text = error.to_string();
            assert!(matches!(error, StoreError::Corrupt { .. }), "{text}");
            assert!(
                text.contains(what) && text.contains("restore a backup"),
                "{text}"
            );
        }
    }
}

fn version(path: &Path) -> i64 {
    Connection::open(path)
        .unwrap()
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap()
}

fn filled(world: &World) {
    assert!(world.repository.is_some() && world.writers_at.is_some());
    assert!(!world.writers.is_empty() && !world.issues.is_empty());
    assert!(!world.passages.is_empty() && !world.mentions.is_empty());
    assert!(!world.marks.is_empty() && !world.fires.is_empty());
    assert!(!world.alerts.is_empty() && !world.cursors.is_empty());
    assert!(!world.tasks.is_empty() && !world.runs.is_empty());
    assert!(!world.effects.is_empty() && !world.said.is_empty());
    assert!(world.held.is_some() && !world.cancelled.is_empty());
}

#[tokio::test]
async fn rows_written_by_version_1_still_load() {
    let state = tempfile::tempdir().unwrap();
    old_ledger(state.path());
    let opened = support::open(state.path());
    assert!(!opened.fresh);
    filled(&opened.world);
    assert_eq!(opened.world.effects.len(), 11, "every kind of effect");
}

#[tokio::test]
async fn every_migration_applies_to_filled_tables_with_a_copy_before() {
    let state = tempfile::tempdir().unwrap();
    old_ledger(state.path());
    let before = support::open(state.path());
    let world = unversioned(before.world);
    before.ledger.close().await.unwrap();

    let opened = store::open_with(state.path(), clock(), &steps(&[ADD, REBUILD])).unwrap();
    assert_eq!(unversioned(opened.world), world);
    opened.ledger.commit(vec![cursor("n", 1)]).await.unwrap();
    opened.ledger.close().await.unwrap();
    assert_eq!(version(&state.path().join(LEDGER_FILE)), 3);

    for (name, version_before) in [("ledger.db.before-2", 1), ("ledger.db.before-3", 2)] {
        let copy = state.path().join(name);
        let mode = fs::metadata(&copy).unwrap().permissions().mode() & 0o777;
        assert_eq!((version(&copy), mode), (version_before, 0o600), "{name}");
    }
    // The first copy is a whole ledger of the old version.
    let restored = tempfile::tempdir().unwrap();
    fs::copy(
        state.path().join("ledger.db.before-2"),
        restored.path().join(LEDGER_FILE),
    )
    .unwrap();
    assert_eq!(unversioned(support::open(restored.path()).world), world);
}

#[test]
fn a_new_ledger_needs_no_copy() {
    let state = tempfile::tempdir().unwrap();
    assert!(support::open(state.path()).fresh);
    let copies = fs::read_dir(state.path()).unwrap();
    let names = copies.map(|e| e.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.contains("before")).count(), 0);
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_ledger_as_it_was() {
    for step in [BROKEN, DANGLING] {
        let state = tempfile::tempdir().unwrap();
        old_ledger(state.path());
        let failed = store::open_with(state.path(), clock(), &steps(&[step])).unwrap_err();
        assert!(
            matches!(failed, StoreError::Migration { version: 2, .. }),
            "{failed}"
        );
        let opened = support::open(state.path());
        filled(&opened.world);
        opened.ledger.close().await.unwrap();
        // A second try replaces the copy of the first.
        store::open_with(state.path(), clock(), &steps(&[step])).unwrap_err();
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_not_touched() {
    let state = tempfile::tempdir().unwrap();
    let newer = store::open_with(state.path(), clock(), &steps(&[ADD])).unwrap();
    newer.ledger.close().await.unwrap();
    let path = state.path().join(LEDGER_FILE);
    let before = fs::read(&path).unwrap();
    let refused = store::open(state.path(), clock()).unwrap_err();
    assert!(
        matches!(
            refused,
            StoreError::Newer {
                found: 2,
                known: 1,
                ..
            }
        ),
        "{refused}"
    );
    let text = refused.to_string();
    assert!(text.contains("install the newer adf"), "{text}");
    // A copy is named only where it is there.
    let copy = state.path().join("ledger.db.before-2");
    let copied = copy.exists();
    assert_eq!(text.contains("before-2"), copied, "{text}");
    let _ = fs::remove_file(&copy);
    let text = store::open(state.path(), clock()).unwrap_err().to_string();
    assert!(text.contains("restore a backup"), "{text}");
    fs::write(&copy, "").unwrap();
    let text = store::open(state.path(), clock()).unwrap_err().to_string();
    assert!(text.contains("before-2 in its place"), "{text}");
    let reader = store::open_read_only(state.path()).unwrap_err();
    assert!(matches!(reader, StoreError::Newer { .. }));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn another_programs_database_is_refused_and_not_touched() {
    let state = tempfile::tempdir().unwrap();
    let path = state.path().join(LEDGER_FILE);
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE recipe (name TEXT)")
        .unwrap();
    let before = fs::read(&path).unwrap();
    let refused = store::open(state.path(), clock()).unwrap_err();
    assert!(matches!(refused, StoreError::Corrupt { .. }), "{refused}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_damaged_ledger_is_reported_with_its_remedy() {
    let state = tempfile::tempdir().unwrap();
    let path = state.path().join(LEDGER_FILE);
    fs::write(
        &path,
        "this is no database at all, and long enough to be looked at".repeat(99),
    )
    .unwrap();
    let refused = store::open(state.path(), clock()).unwrap_err();
    assert!(matches!(refused, StoreError::Corrupt { .. }) && refused.is_fatal());
    assert!(refused.to_string().contains("restore a backup"));
}

#[test]
fn a_page_overwritten_by_others_is_found_at_the_start() {
    let state = tempfile::tempdir().unwrap();
    old_ledger(state.path());
    let path = state.path().join(LEDGER_FILE);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    let refused = store::open(state.path(), clock()).unwrap_err();
    assert!(matches!(refused, StoreError::Corrupt { .. }), "{refused}");
}

#[test]
fn a_word_that_the_model_does_not_know_is_an_error_that_names_the_table() {
    let state = tempfile::tempdir().unwrap();
    old_ledger(state.path());
    Connection::open(state.path().join(LEDGER_FILE))
        .unwrap()
        .execute_batch("UPDATE task SET state = 'dreaming'")
        .unwrap();
    let refused = store::open(state.path(), clock()).unwrap_err();
    let text = refused.to_string();
    assert!(
        text.contains("table task") && text.contains("dreaming"),
        "{text}"
    );
}
