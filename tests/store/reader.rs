//! Readers: they see what is committed, and touch nothing.

use crate::{
    sample,
    support::{self, cursor},
};
use adf::{
    model::*,
    store::{self, LEDGER_FILE, Opened, StoreError},
};

async fn worked(state: &std::path::Path) -> Opened {
    let opened = support::open(state);
    let text = sample::passage(9, 42, 1, "@adf:developer please fix it");
    let edited = sample::passage(9, 42, 2, "@adf:developer please fix it now");
    let mention = sample::mention(&text, "developer", MentionState::Pending);
    let task = sample::task("00c0ffee0000", 42, TaskState::Queued);
    let run = sample::run(&task, 1);
    let accept = sample::accept(&task);
    let facts = vec![Change::Passage(text), Change::Mention(mention.clone())];
    let plan = vec![
        Change::MentionState {
            id: mention.id,
            state: MentionState::Accepted,
        },
        Change::Task(task.clone()),
        Change::Effect(accept.clone()),
    ];
    let parked = Change::EffectState {
        key: accept.key,
        tries: 3,
        state: EffectState::Parked {
            reason: "the issue is locked".to_owned(),
        },
    };
    let ended = Change::RunState {
        id: run.id.clone(),
        base: None,
        process: None,
        state: RunState::Ended {
            at: Time(9),
            outcome: sample::outcome("two commits"),
        },
    };
    let said = Change::Message {
        run: run.id.clone(),
        sequence: 1,
        at: Time(i64::MAX - 2),
        message: Message::Report(sample::report("which one?")),
    };
    let alert = Change::Alert(Alert {
        cause: "stalled:00c0ffee0000-1".to_owned(),
        text: "no progress".to_owned(),
        run: Some(run.id.clone()),
        raised_at: Time(i64::MAX - 1),
        cleared_at: Some(Time(i64::MAX)),
    });
    let batches = [
        facts,
        plan,
        vec![parked],
        vec![Change::Run(run), said],
        vec![ended, Change::Passage(edited), alert],
    ];
    for batch in batches {
        opened.ledger.commit(batch).await.unwrap();
    }
    opened
}

#[tokio::test]
async fn a_reader_beside_the_factory_sees_every_acknowledged_commit() {
    let state = tempfile::tempdir().unwrap();
    let opened = support::open(state.path());
    let reader = store::open_read_only(state.path()).unwrap();
    for n in 0..20 {
        opened.ledger.commit(vec![cursor("n", n)]).await.unwrap();
        assert_eq!(reader.world().unwrap().cursors["n"], Time(n));
    }
    assert_eq!(reader.factory().unwrap(), opened.factory);
}

#[tokio::test]
async fn texts_are_kept_verbatim_in_every_version() {
    let state = tempfile::tempdir().unwrap();
    let opened = worked(state.path()).await;
    let odd = "a\u{0}b '\"; \u{1f980} <!-- adf: -->\n{{ x }}";
    let body = Change::Passage(Passage {
        key: PassageKey {
            kind: PassageKind::Body,
            id: 42,
        },
        created_at: Time(i64::MAX),
        ..sample::passage(42, 42, 1, odd)
    });
    // A version that is known is never changed.
    let changed = Change::Passage(sample::passage(9, 42, 1, "something else"));
    opened.ledger.commit(vec![body, changed]).await.unwrap();
    let reader = store::open_read_only(state.path()).unwrap();
    let key = sample::passage(9, 42, 1, "").key;
    let first = reader.passage(key, Some(1)).unwrap().unwrap();
    assert_eq!(
        first,
        sample::passage(9, 42, 1, "@adf:developer please fix it")
    );
    assert_eq!(reader.passage(key, None).unwrap().unwrap().version, 2);
    assert_eq!(reader.passage(key, Some(3)).unwrap(), None);
    let all = reader.passages_of(42).unwrap();
    let told: Vec<_> = all.iter().map(|p| (p.key.to_string(), p.version)).collect();
    assert_eq!(
        told,
        [("body-42".to_owned(), 1), ("comment-9".to_owned(), 2)]
    );
    assert_eq!(all[0].body, odd);
    assert_eq!(reader.passages_of(41).unwrap(), []);
}

#[tokio::test]
async fn the_story_of_an_issue_is_told_in_order() {
    let state = tempfile::tempdir().unwrap();
    let opened = worked(state.path()).await;
    let story = opened.ledger.read(|reader| reader.story(42)).await.unwrap();
    let told: Vec<&str> = story.iter().map(|entry| entry.what.as_str()).collect();
    let expected = [
        "comment-9 by user7",
        "comment-9 edited, version 2, by user7",
        "mention pending",
        "mention accepted",
        "task queued",
        "effect intended",
        "effect parked",
        "run starting",
        "run ended",
        "agent says needs_clarification",
        "alert stalled:00c0ffee0000-1",
        "alert stalled:00c0ffee0000-1 is over",
    ];
    assert_eq!(told, expected);
    assert_eq!(story[6].detail, "accept:00c0ffee0000: the issue is locked");
    assert_eq!(story[8].detail, "00c0ffee0000-1: two commits");
    let other = opened.ledger.read(|reader| reader.story(41)).await.unwrap();
    assert_eq!(other, []);
}

#[tokio::test]
async fn a_long_story_keeps_its_end_and_says_that_it_was_cut() {
    let state = tempfile::tempdir().unwrap();
    let opened = support::open(state.path());
    drop(opened.committed);
    let task = |n: u32| Task {
        note: format!("note {n}"),
        ..sample::task("00c0ffee0000", 42, TaskState::Blocked)
    };
    let batch = (0..1500).map(|n| Change::Task(task(n))).collect();
    opened.ledger.commit(batch).await.unwrap();
    let story = opened.ledger.read(|reader| reader.story(42)).await.unwrap();
    assert_eq!(story.len(), 1001);
    assert_eq!(story[0].what, "earlier entries are not shown");
    assert!(story[1000].detail.ends_with("note 1499"));
}

#[tokio::test]
async fn a_state_that_did_not_change_leaves_no_line() {
    let state = tempfile::tempdir().unwrap();
    let opened = worked(state.path()).await;
    let before = opened.ledger.read(|reader| reader.story(42)).await.unwrap();
    let again = vec![
        Change::Task(sample::task("00c0ffee0000", 42, TaskState::Queued)),
        Change::MentionState {
            id: MentionId("comment-9/developer/1".to_owned()),
            state: MentionState::Accepted,
        },
    ];
    opened.ledger.commit(again).await.unwrap();
    let after = opened.ledger.read(|reader| reader.story(42)).await.unwrap();
    assert_eq!(before, after);
}

#[tokio::test]
async fn messages_and_effects_are_found_by_run_and_issue() {
    let state = tempfile::tempdir().unwrap();
    let opened = worked(state.path()).await;
    let run = RunId("00c0ffee0000-1".to_owned());
    let said = opened
        .ledger
        .read(move |reader| reader.messages_of(&run))
        .await;
    let said = said.unwrap();
    assert_eq!((said.len(), said[0].sequence), (1, 1));
    assert_eq!(
        said[0].message,
        Message::Report(sample::report("which one?"))
    );
    let effects = opened
        .ledger
        .read(|reader| reader.effects_of_issue(42))
        .await;
    let effects = effects.unwrap();
    assert_eq!((effects.len(), effects[0].tries), (1, 3));
}

#[tokio::test]
async fn the_world_of_an_issue_is_its_part_of_the_whole() {
    let state = tempfile::tempdir().unwrap();
    let opened = worked(state.path()).await;
    let task = sample::task("0000facade00", 7, TaskState::Queued);
    let other = sample::run(&task, 1);
    let said = Change::Message {
        run: other.id.clone(),
        sequence: 1,
        at: Time(1),
        message: Message::Report(sample::report("elsewhere")),
    };
    let logins = vec!["alice".to_owned()];
    let writers = Change::Writers {
        logins,
        seen_at: Time(3),
    };
    let facts = vec![Change::Task(task), Change::Run(other), said, writers];
    opened.ledger.commit(facts).await.unwrap();
    let both = opened
        .ledger
        .read(|reader| Ok((reader.world()?, reader.world_of(42)?)))
        .await;
    let (whole, part) = both.unwrap();
    assert_eq!((whole.runs.len(), whole.said.len()), (2, 2));
    let mut expected = World::default();
    expected.apply(&Change::Writers {
        logins: vec!["alice".to_owned()],
        seen_at: Time(3),
    });
    let of_issue = |run: &RunId| whole.runs[run].work.issue == 42;
    for mention in whole.mentions.values() {
        expected.apply(&Change::Mention(mention.clone()));
    }
    for run in whole.runs.values().filter(|run| of_issue(&run.id)) {
        expected.apply(&Change::Run(run.clone()));
    }
    for ((run, sequence), said) in whole.said.iter().filter(|((run, _), _)| of_issue(run)) {
        expected.apply(&Change::Message {
            run: run.clone(),
            sequence: *sequence,
            at: said.at,
            message: said.message.clone(),
        });
    }
    assert_eq!(support::unversioned(part), support::unversioned(expected));
}

#[test]
fn looking_where_there_is_no_ledger_says_so_and_makes_none() {
    let state = tempfile::tempdir().unwrap();
    let missing = store::open_read_only(state.path()).unwrap_err();
    assert!(matches!(missing, StoreError::NoLedger { .. }));
    assert!(missing.to_string().contains("adf run"));
    assert_eq!(std::fs::read_dir(state.path()).unwrap().count(), 0);
    let nowhere = state.path().join("nowhere");
    assert!(store::open_read_only(&nowhere).is_err());
    assert!(!nowhere.exists());
}

#[tokio::test]
async fn a_backup_is_a_whole_ledger() {
    let state = tempfile::tempdir().unwrap();
    let opened = worked(state.path()).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let to = elsewhere.path().join(LEDGER_FILE);
    opened.ledger.backup(&to).await.unwrap();
    // Again: a backup replaces the one before.
    opened.ledger.commit(vec![cursor("n", 1)]).await.unwrap();
    opened.ledger.backup(&to).await.unwrap();
    let world = opened.ledger.read(|reader| reader.world()).await.unwrap();
    let restored = support::open(elsewhere.path());
    assert_eq!(restored.world, world);
    assert_eq!(restored.factory, opened.factory);
    let failed = opened
        .ledger
        .backup(&elsewhere.path().join("no/where"))
        .await;
    assert!(failed.is_err());
}

#[tokio::test]
async fn more_readers_than_slots_all_get_their_answer() {
    let state = tempfile::tempdir().unwrap();
    let opened = worked(state.path()).await;
    let read = || opened.ledger.read(|reader| reader.world());
    let worlds = futures_util::future::join_all((0..20).map(|_| read())).await;
    assert!(worlds.into_iter().all(|world| world.is_ok()));
}
