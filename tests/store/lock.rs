//! One factory per state directory, across handles and processes.

use crate::support::{self, clock, second_process};
use adf::{
    model::Time,
    store::{self, StoreError},
};
use std::io::{BufRead, BufReader, Read, Write};

fn holder(state: &std::path::Path) -> store::Holder {
    match store::open(state, clock()) {
        Err(StoreError::Locked { holder, .. }) => holder,
        Err(other) => panic!("not locked: {other}"),
        Ok(_) => panic!("the lock let a second one in"),
    }
}

#[tokio::test]
async fn a_second_open_is_refused_until_the_first_has_closed() {
    let state = tempfile::tempdir().unwrap();
    let opened = support::open(state.path());
    assert_eq!(holder(state.path()).pid, std::process::id());
    opened.ledger.close().await.unwrap();
    support::open(state.path());
}

#[tokio::test]
async fn the_refusal_says_who_holds_it_and_since_when() {
    let state = tempfile::tempdir().unwrap();
    let _held = support::open(state.path());
    let Err(refusal) = store::open(state.path(), clock()) else {
        panic!("the lock let a second one in");
    };
    let text = refusal.to_string();
    assert!(
        text.contains(&format!("process {}", std::process::id())),
        "{text}"
    );
    assert!(text.contains("since 2025-11-21 04:40:00 UTC"), "{text}");
    assert!(refusal.is_fatal());
}

#[test]
fn another_process_holds_the_lock_for_as_long_as_it_lives() {
    let state = tempfile::tempdir().unwrap();
    let mut other = second_process("lock::second_process_holds", state.path())
        .spawn()
        .unwrap();
    let stdout = BufReader::new(other.stdout.take().unwrap());
    let held = stdout
        .lines()
        .map_while(Result::ok)
        .any(|l| l.contains("holding"));
    assert!(held, "the second process opened the ledger");
    let found = holder(state.path());
    assert_eq!(found.pid, other.id());
    assert!(found.start_time > 0 && found.since != Time(0));
    assert!(!found.host.is_empty());
    other.kill().unwrap();
    other.wait().unwrap();
    support::open(state.path());
}

#[test]
#[ignore = "the second process of another test"]
fn second_process_holds() {
    let Some(state) = support::second_state() else {
        return;
    };
    let _held = support::open(&state);
    println!("holding");
    std::io::stdout().flush().unwrap();
    let mut rest = Vec::new();
    std::io::stdin().read_to_end(&mut rest).unwrap();
}

#[test]
fn an_unreadable_signature_still_refuses() {
    let state = tempfile::tempdir().unwrap();
    let path = state.path().join("lock");
    std::fs::write(&path, "\u{0}garbage").unwrap();
    let file = std::fs::File::open(&path).unwrap();
    file.try_lock().unwrap();
    assert_eq!(holder(state.path()), store::Holder::default());
}
