//! Commits: durable when acknowledged, whole or not at all, whatever fails.

use crate::{
    sample,
    support::{self, clock, cursor},
};
use adf::{
    model::{Change, MentionState, TaskState},
    store::{self, LEDGER_FILE, Options, StoreError},
};
use std::{
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
    time::Duration,
};

fn connection(state: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(state.join(LEDGER_FILE)).expect("a second connection")
}

fn big(name: &str) -> Vec<Change> {
    let body = "x".repeat(20_000);
    (1..20)
        .map(|id| Change::Passage(sample::passage(id, 1, 1, &body)))
        .chain([cursor(name, 1)])
        .collect()
}

#[tokio::test]
async fn a_batch_is_handed_on_in_order_before_it_is_acknowledged() {
    let state = tempfile::tempdir().unwrap();
    let mut opened = support::open(state.path());
    for n in 0..50 {
        opened.ledger.commit(vec![cursor("n", n)]).await.unwrap();
        let batch = opened.committed.try_recv().expect("it is there already");
        assert_eq!(*batch, vec![cursor("n", n)]);
    }
}

#[tokio::test]
async fn an_empty_batch_is_nothing() {
    let state = tempfile::tempdir().unwrap();
    let mut opened = support::open(state.path());
    opened.ledger.commit(vec![]).await.unwrap();
    assert!(opened.committed.try_recv().is_err());
}

#[tokio::test]
async fn commits_succeed_when_nobody_listens() {
    let state = tempfile::tempdir().unwrap();
    let opened = support::open(state.path());
    drop(opened.committed);
    opened.ledger.commit(vec![cursor("n", 1)]).await.unwrap();
    opened.ledger.close().await.unwrap();
    assert_eq!(support::open(state.path()).world.cursors.len(), 1);
}

#[tokio::test]
async fn a_caller_that_went_away_does_not_recall_its_batch() {
    let state = tempfile::tempdir().unwrap();
    let opened = support::open(state.path());
    let mut committed = opened.committed;
    let commit = opened.ledger.commit(vec![cursor("n", 1)]);
    tokio::select! {
        biased;
        _ = commit => panic!("the writer cannot have answered at the first poll"),
        () = std::future::ready(()) => {}
    }
    let batch = committed.recv().await.expect("it is committed");
    assert_eq!(*batch, vec![cursor("n", 1)]);
}

#[tokio::test]
async fn a_batch_that_breaks_a_rule_leaves_nothing() {
    let state = tempfile::tempdir().unwrap();
    let mut opened = support::open(state.path());
    let orphan = sample::mention(
        &sample::passage(9, 1, 1, "not stored"),
        "developer",
        MentionState::Pending,
    );
    let batch = vec![cursor("comments", 1), Change::Mention(orphan)];
    let refused = opened.ledger.commit(batch).await.unwrap_err();
    assert!(matches!(refused, StoreError::Refused { .. }), "{refused}");
    assert!(opened.committed.try_recv().is_err());
    let world = opened.ledger.read(|reader| reader.world()).await.unwrap();
    assert!(world.cursors.is_empty() && world.mentions.is_empty());
    opened.ledger.commit(vec![cursor("n", 1)]).await.unwrap();
}

#[tokio::test]
async fn an_effect_of_an_unknown_task_is_refused() {
    let state = tempfile::tempdir().unwrap();
    let opened = support::open(state.path());
    let task = sample::task("00c0ffee0000", 1, TaskState::Queued);
    let accept = Change::Effect(sample::accept(&task));
    let alone = opened.ledger.commit(vec![accept.clone()]).await;
    assert!(matches!(alone, Err(StoreError::Refused { .. })));
    // Within one batch the order does not matter.
    let both = vec![accept, Change::Task(task)];
    opened.ledger.commit(both).await.unwrap();
}

#[tokio::test]
async fn a_number_beyond_the_columns_is_refused_not_bent() {
    let state = tempfile::tempdir().unwrap();
    let opened = support::open(state.path());
    let mut task = sample::task("00c0ffee0000", 1, TaskState::Queued);
    task.pull = Some(u64::MAX);
    let refused = opened.ledger.commit(vec![Change::Task(task)]).await;
    assert!(matches!(refused, Err(StoreError::Refused { .. })));
}

#[tokio::test]
async fn a_full_disk_fails_the_batch_and_the_ledger_goes_on_once_there_is_space() {
    let state = tempfile::tempdir().unwrap();
    support::open(state.path()).ledger.close().await.unwrap();
    let capped = Options {
        pages_max: Some(60),
        ..Options::default()
    };
    let opened = store::open_with(state.path(), clock(), &capped).unwrap();
    let mut committed = opened.committed;
    let full = opened.ledger.commit(big("full")).await.unwrap_err();
    assert!(matches!(full, StoreError::Full { .. }), "{full}");
    assert!(!full.is_fatal());
    assert!(full.to_string().contains("free some space"));
    assert!(committed.try_recv().is_err());
    // The writer lives: what fits is written, and nothing of the failed batch is there.
    opened
        .ledger
        .commit(vec![cursor("small", 1)])
        .await
        .unwrap();
    let world = opened.ledger.read(|reader| reader.world()).await.unwrap();
    assert!(world.passages.is_empty());
    assert_eq!(world.cursors.keys().collect::<Vec<_>>(), ["small"]);
    opened.ledger.close().await.unwrap();
    let opened = support::open(state.path());
    opened.ledger.commit(big("full")).await.unwrap();
}

#[tokio::test]
async fn another_programs_transaction_is_busy_and_passes() {
    let state = tempfile::tempdir().unwrap();
    let impatient = Options {
        busy_timeout: Duration::from_millis(1),
        ..Options::default()
    };
    let opened = store::open_with(state.path(), clock(), &impatient).unwrap();
    let shell = connection(state.path());
    shell.execute_batch("BEGIN IMMEDIATE").unwrap();
    let busy = opened
        .ledger
        .commit(vec![cursor("n", 1)])
        .await
        .unwrap_err();
    assert!(matches!(busy, StoreError::Busy { .. }) && !busy.is_fatal());
    shell.execute_batch("ROLLBACK").unwrap();
    opened.ledger.commit(vec![cursor("n", 1)]).await.unwrap();
}

#[tokio::test]
async fn a_removed_ledger_stops_commits_instead_of_swallowing_them() {
    let state = tempfile::tempdir().unwrap();
    let opened = support::open(state.path());
    opened.ledger.commit(vec![cursor("n", 1)]).await.unwrap();
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        std::fs::remove_file(state.path().join(name)).unwrap();
    }
    let gone = opened
        .ledger
        .commit(vec![cursor("n", 2)])
        .await
        .unwrap_err();
    assert!(matches!(gone, StoreError::Gone { .. }) && gone.is_fatal());
    opened.ledger.close().await.unwrap();
    let again = support::open(state.path());
    assert!(again.fresh && again.world.cursors.is_empty());
    assert_eq!(again.factory, opened.factory);
}

#[tokio::test]
async fn after_close_commits_and_reads_say_that_the_ledger_is_closed() {
    let state = tempfile::tempdir().unwrap();
    let opened = support::open(state.path());
    let other = opened.ledger.clone();
    opened.ledger.close().await.unwrap();
    let commit = other.commit(vec![cursor("n", 1)]).await;
    assert!(matches!(commit, Err(StoreError::Stopped)));
    let read = other.read(|reader| reader.world()).await;
    assert!(matches!(read, Err(StoreError::Stopped)));
}

#[tokio::test]
async fn dropping_every_handle_ends_the_writer_after_what_is_queued() {
    let state = tempfile::tempdir().unwrap();
    let mut opened = support::open(state.path());
    opened.ledger.commit(vec![cursor("n", 1)]).await.unwrap();
    drop(opened.ledger);
    // The sender of `committed` goes with the writer.
    assert!(opened.committed.recv().await.is_some());
    assert!(opened.committed.recv().await.is_none());
}

#[tokio::test]
async fn what_is_made_is_for_the_owner_alone() {
    let above = tempfile::tempdir().unwrap();
    let state = above.path().join("deep/state");
    let opened = support::open(&state);
    opened.ledger.commit(vec![cursor("n", 1)]).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state), 0o700);
    for entry in std::fs::read_dir(&state).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn the_ledger_is_durable_by_its_settings() {
    let state = tempfile::tempdir().unwrap();
    let opened = support::open(state.path());
    opened.ledger.commit(vec![cursor("n", 1)]).await.unwrap();
    let conn = connection(state.path());
    let mode: String = conn
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
    let loose: i64 = conn
        .query_row(
            "SELECT count(*) FROM pragma_table_list
             WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' AND strict = 0",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(loose, 0, "every table is STRICT");
}

#[test]
fn a_state_directory_that_cannot_be_written_is_said_with_its_path() {
    let state = tempfile::tempdir().unwrap();
    std::fs::set_permissions(state.path(), std::fs::Permissions::from_mode(0o555)).unwrap();
    let mut other = support::second_process("commit::second_process_is_refused", state.path());
    if rustix::process::geteuid().is_root() {
        // Modes do not bind root, so the second process is nobody.
        other.uid(65534);
    }
    let output = other.output().expect("nobody may execute this test");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let expected = format!(
        "refused: cannot lock {}/lock: Permission denied",
        state.path().display()
    );
    assert!(text.contains(&expected), "{text}");
}

#[test]
#[ignore = "the second process of another test"]
fn second_process_is_refused() {
    let Some(state) = support::second_state() else {
        return;
    };
    match store::open(&state, clock()) {
        Ok(_) => println!("opened"),
        Err(refused) => println!("refused: {refused}"),
    }
}
