//! What a run may say is bounded in number, and what it said is taken once.

use crate::room::{MORNING, Room, issue};
use adf::act::desk::REPORTS_MAX;
use adf::ipc::tell::tell;
use adf::model::message::{NOTE_BYTES_MAX, NOTES_A_DAY_MAX};
use adf::model::*;
use serde_json::{Value, json};
use std::time::Duration;

fn say(room: &Room, kind: Kind, fields: &Value) -> Result<Value, String> {
    let told = tell(&room.agent_dir(), kind, fields, Duration::from_secs(60));
    told.map_err(|error| error.to_string())
}

fn call(n: u32) -> Value {
    json!({"agent": "reviewer", "instruction": format!("look at part {n}")})
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_and_issues_are_counted_in_each_run() {
    let mut room = Room::new().await;
    for n in 0..3 {
        say(&room, Kind::Mention, &call(n)).unwrap();
    }
    let why = say(&room, Kind::Mention, &call(3)).unwrap_err();
    assert!(why.contains("the 3 calls of a run are used up"), "{why}");
    for n in 0..2 {
        say(&room, Kind::OpenIssue, &json!({"title": format!("t{n}")})).unwrap();
    }
    let why = say(&room, Kind::OpenIssue, &json!({"title": "t2"})).unwrap_err();
    assert!(
        why.contains("the 2 new issues") && why.contains("report"),
        "{why}"
    );
    room.again(2).await;
    say(&room, Kind::Mention, &call(3)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_attempt_said_already_is_taken_once() {
    let mut room = Room::new().await;
    say(&room, Kind::Mention, &call(1)).unwrap();
    room.again(2).await;
    let said = say(&room, Kind::Mention, &call(1)).unwrap();
    assert!(said.to_string().contains("taken once"), "{said}");
    assert_eq!(room.said().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_asks_once_whatever_its_attempts() {
    let mut room = Room::new().await;
    say(
        &room,
        Kind::Ask,
        &json!({"question": "A?", "default": "no"}),
    )
    .unwrap();
    room.again(2).await;
    let why = say(
        &room,
        Kind::Ask,
        &json!({"question": "B?", "default": "no"}),
    )
    .unwrap_err();
    assert!(why.contains("decide by yourself"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_of_a_chain_calls_nobody() {
    let room = Room::called_through(&["reviewer", "developer", "reviewer"]).await;
    let why = say(&room, Kind::Mention, &call(1)).unwrap_err();
    assert!(
        why.contains("reviewer → developer → reviewer → developer"),
        "{why}"
    );
    let two = Room::called_through(&["reviewer", "developer"]).await;
    say(&two, Kind::Mention, &call(1)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_coordinates_is_told_at_once_that_an_issue_waits() {
    let waits = Links {
        issue: 5,
        on: vec![Blocker {
            number: 2,
            repo: None,
            open: true,
        }],
        read_at: MORNING,
    };
    let facts = vec![issue(5, true), issue(2, true), Change::Links(waits)];
    let wanted = json!({"agent": "reviewer", "instruction": "look", "issue": 5});
    let room = Room::coordinating().await;
    room.opened.ledger.commit(facts.clone()).await.unwrap();
    let why = say(&room, Kind::Mention, &wanted).unwrap_err();
    assert!(why.contains("#5 waits for #2"), "{why}");
    let done = vec![issue(2, false)];
    room.opened.ledger.commit(done).await.unwrap();
    say(&room, Kind::Mention, &wanted).unwrap();
    // Whoever works on something else may ask for a look at any time.
    let other = Room::new().await;
    other.opened.ledger.commit(facts).await.unwrap();
    say(&other, Kind::Mention, &wanted).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_bounded_and_the_last_one_counts() {
    let room = Room::new().await;
    for n in 0..REPORTS_MAX {
        let report = json!({"status": "done", "summary": format!("n {n}")});
        say(&room, Kind::Report, &report).unwrap();
    }
    let why = say(
        &room,
        Kind::Report,
        &json!({"status": "done", "summary": "x"}),
    )
    .unwrap_err();
    assert!(why.contains("the 50 reports of a run"), "{why}");
    assert!(matches!(room.said().await.last(), Some(Message::Report(r)) if r.summary == "n 49"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_memory_holds_so_many_keys_a_day_and_so_many_bytes_a_text() {
    let room = Room::new().await;
    let note =
        |key: &str, text: &str| say(&room, Kind::Remember, &json!({"key": key, "text": text}));
    for n in 0..NOTES_A_DAY_MAX {
        note(&format!("k{n}"), "x").unwrap();
    }
    let why = note("one-more", "x").unwrap_err();
    assert!(why.contains("k0") && why.contains("to replace it"), "{why}");
    assert!(note("k0", "y").unwrap().to_string().contains("replaced"));
    let wide = "語".repeat(NOTE_BYTES_MAX / 3 + 1);
    let why = note("k0", &wide).unwrap_err();
    assert!(why.contains("at most 4000 are kept"), "{why}");
}
