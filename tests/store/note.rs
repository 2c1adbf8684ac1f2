//! Notes: replaced by key, bounded by keys and days, one agent's own.

use crate::support;
use adf::model::message::{NOTE_DAYS_MAX, NOTES_A_DAY_MAX};
use adf::model::*;
use adf::store::Ledger;

fn note(agent: &str, day: i64, key: &str, at: i64) -> Change {
    Change::Note(Note {
        agent: AgentName::from(agent),
        day,
        key: key.to_owned(),
        text: format!("{key} at {at}"),
        at: Time(at),
    })
}

async fn notes(ledger: &Ledger, agent: &'static str) -> Vec<String> {
    let read = ledger.read(move |r| r.notes_of(&AgentName::from(agent), 0));
    let notes = read.await.unwrap().into_iter();
    notes.map(|n| format!("{} {}", n.day, n.text)).collect()
}

#[tokio::test]
async fn a_key_is_replaced_in_its_day_and_the_newest_come_first() {
    let state = tempfile::tempdir().unwrap();
    let ledger = support::open(state.path()).ledger;
    let said = [
        note("developer", 10, "build", 1),
        note("developer", 10, "plan", 2),
        note("developer", 10, "build", 3),
        note("developer", 11, "build", 4),
        note("reviewer", 11, "build", 5),
    ];
    ledger.commit(said.into()).await.unwrap();
    assert_eq!(
        notes(&ledger, "developer").await,
        ["11 build at 4", "10 build at 3", "10 plan at 2"]
    );
    assert_eq!(notes(&ledger, "reviewer").await, ["11 build at 5"]);
}

#[tokio::test]
async fn old_days_and_all_but_the_newest_keys_of_a_day_go() {
    let state = tempfile::tempdir().unwrap();
    let ledger = support::open(state.path()).ledger;
    let most = i64::try_from(NOTES_A_DAY_MAX).unwrap();
    let many = (0..=most).map(|n| note("developer", 20, &format!("k{n}"), n));
    ledger.commit(many.collect()).await.unwrap();
    let kept = notes(&ledger, "developer").await;
    assert_eq!(kept.len(), NOTES_A_DAY_MAX);
    assert!(!kept.contains(&"20 k0 at 0".to_owned()), "the oldest went");
    for day in 21..20 + NOTE_DAYS_MAX {
        ledger
            .commit(vec![note("developer", day, "k", day)])
            .await
            .unwrap();
    }
    assert!(notes(&ledger, "developer").await.len() > NOTES_A_DAY_MAX);
    let next = note("developer", 20 + NOTE_DAYS_MAX, "k", 99);
    ledger.commit(vec![next]).await.unwrap();
    let days = usize::try_from(NOTE_DAYS_MAX).unwrap();
    assert_eq!(notes(&ledger, "developer").await.len(), days);
}
