//! Passages and their edits become mention rows; ids are the same everywhere.

use adf::{
    mention::{branch, changed, digest, mention_id, mentions, slot_origin, task_id},
    model::*,
};
use proptest::prelude::*;

const REPO: RepoId = RepoId(7);

fn passage(version: u32, body: &str) -> Passage {
    Passage {
        key: PassageKey {
            kind: PassageKind::Comment,
            id: 12,
        },
        issue: 42,
        version,
        author: Person {
            id: 3,
            login: "alice".into(),
        },
        body: body.into(),
        created_at: Time(1_000),
        updated_at: Time(1_000 * i64::from(version)),
        seen_at: Time(9_000),
    }
}

fn fresh(body: &str) -> Vec<Mention> {
    mentions(REPO, &passage(1, body), false, false, false)
}

fn edit(known: &[Mention], before: &str, version: u32, after: &str) -> Vec<Mention> {
    let known: Vec<&Mention> = known.iter().collect();
    changed(
        REPO,
        &passage(version - 1, before),
        &passage(version, after),
        &known,
        false,
        false,
    )
}

fn ids(rows: &[Mention]) -> Vec<&str> {
    rows.iter().map(|row| row.id.as_str()).collect()
}

#[test]
fn a_new_passage_gives_one_pending_row_per_mention() {
    let rows =
        fresh("@adf:developer one @adf:developer two @adf:site/developer three @adf:Bad four");
    assert_eq!(
        ids(&rows),
        [
            "comment-12/developer/1",
            "comment-12/developer/2",
            "comment-12/site/developer/1",
            "comment-12/!/1"
        ]
    );
    let row = &rows[0];
    assert_eq!(
        (row.issue, row.version, row.written_at),
        (42, 1, Time(1_000))
    );
    assert_eq!(
        (row.state.clone(), row.edited_in, row.older),
        (MentionState::Pending, false, false)
    );
    assert_eq!(row.task, task_id(REPO, &row.id));
}

#[test]
fn the_factory_never_reads_its_own_marked_text_but_reads_its_account() {
    let own = |body: &str| mentions(REPO, &passage(1, body), true, false, true);
    assert!(own("@adf:developer x\n<!-- adf:1 kind=accept -->").is_empty());
    assert!(own("@adf:developer x\n<!--\n ADF:9").is_empty());
    let rows = own("@adf:developer x <!-- other -->");
    assert!(rows[0].own_account && rows[0].older);
    assert_eq!(
        mentions(
            REPO,
            &passage(1, "@adf:a x <!-- adf:1 -->"),
            false,
            false,
            false
        )
        .len(),
        1
    );
}

#[test]
fn an_edit_that_leaves_the_instruction_alone_gives_nothing() {
    let body = "Hello @adf:developer fix it";
    let rows = fresh(body);
    for after in [
        "Hi! @adf:developer fix it\n",
        "Hello",
        "**@adf:developer**, fix it",
        body,
    ] {
        assert!(edit(&rows, body, 2, after).is_empty(), "{after}");
    }
}

#[test]
fn an_edited_instruction_is_a_new_row_that_names_the_old_one_once() {
    let (one, two, three) = (
        "@adf:developer fix it",
        "@adf:developer fix all",
        "@adf:developer fix none",
    );
    let mut rows = fresh(one);
    let second = edit(&rows, one, 2, two);
    assert_eq!(ids(&second), ["comment-12/developer/1@2"]);
    assert_eq!(
        second[0].replaces.as_ref().map(MentionId::as_str),
        Some("comment-12/developer/1")
    );
    assert!(second[0].edited_in);
    assert_eq!(second[0].written_at, Time(2_000));
    rows.extend(second);
    let third = edit(&rows, two, 3, three);
    assert_eq!(
        third[0].replaces.as_ref().map(MentionId::as_str),
        Some("comment-12/developer/1@2")
    );
    rows.extend(third);
    assert!(
        edit(&rows, three, 4, one).is_empty(),
        "going back is nothing new"
    );
    assert!(
        edit(&rows, "nothing", 5, two).is_empty(),
        "nor is what was said before"
    );
}

#[test]
fn a_mention_added_by_an_edit_is_marked_as_such() {
    let rows = fresh("text");
    let added = edit(&rows, "text", 2, "text @adf:developer fix it");
    assert_eq!(ids(&added), ["comment-12/developer/1"]);
    assert!(added[0].edited_in && added[0].replaces.is_none());
}

#[test]
fn removing_or_moving_a_mention_renames_none_of_the_others() {
    let body = "@adf:developer one\n\n@adf:developer two\n\n@adf:tester three";
    let rows = fresh(body);
    assert!(edit(&rows, body, 2, "@adf:developer two\n\n@adf:tester three").is_empty());
    assert!(
        edit(
            &rows,
            body,
            2,
            "@adf:tester three\n\n@adf:developer two\n\n@adf:developer one"
        )
        .is_empty()
    );
    let added = edit(&rows, body, 2, &format!("@adf:developer zero\n\n{body}"));
    assert_eq!(added.len(), 1);
    assert_eq!(added[0].instruction, "zero");
    assert_ne!(added[0].id, rows[0].id);
}

#[test]
fn asking_the_same_again_by_an_edit_is_a_second_mention() {
    let rows = fresh("@adf:developer one");
    let added = edit(
        &rows,
        "@adf:developer one",
        2,
        "@adf:developer one @adf:developer one",
    );
    assert_eq!(ids(&added), ["comment-12/developer/2"]);
}

#[test]
fn another_malformed_name_is_another_mention() {
    let rows = fresh("@adf:Bad x");
    let added = edit(&rows, "@adf:Bad x", 2, "@adf:Worse x");
    assert_eq!(ids(&added), ["comment-12/!/1@2"]);
}

#[test]
fn ids_are_the_same_on_every_machine() {
    let key = PassageKey {
        kind: PassageKind::Body,
        id: 42,
    };
    let target = Target::Agent {
        project: None,
        agent: "developer".into(),
    };
    let id = mention_id(key, &target, 1, None);
    assert_eq!(id.as_str(), "body-42/developer/1");
    assert_eq!(
        mention_id(key, &target, 1, Some(3)).as_str(),
        "body-42/developer/1@3"
    );
    assert_eq!(
        mention_id(key, &Target::Malformed("@adf:".into()), 2, None).as_str(),
        "body-42/!/2"
    );
    let task = task_id(REPO, &id);
    assert_eq!(task.as_str(), "777a10875f62");
    assert_ne!(task, task_id(RepoId(8), &id));
    assert_eq!(digest("abc"), "ba7816bf8f01");
    assert_eq!(
        slot_origin(&"developer".into(), Time(1_700_000_000_999)).as_str(),
        "slot-developer-1700000000"
    );
    assert_eq!(
        branch(42, &"developer".into(), &task),
        format!("adf/42-developer-{task}")
    );
}

proptest! {
    #[test]
    fn an_edit_repeated_adds_nothing_and_ids_stay_unique(
        before in "(@adf:(a|b|B) (x|y|z)[ \n]){0,5}",
        after in "(@adf:(a|b|B) (x|y|z)[ \n]){0,5}",
        last in "(@adf:(a|b|B) (x|y|z)[ \n]){0,5}",
    ) {
        let mut rows = fresh(&before);
        rows.extend(edit(&rows, &before, 2, &after));
        prop_assert!(edit(&rows, &before, 2, &after).is_empty());
        rows.extend(edit(&rows, &after, 3, &last));
        prop_assert!(edit(&rows, &after, 3, &last).is_empty());
        let mut ids: Vec<_> = rows.iter().map(|row| row.id.clone()).collect();
        ids.sort();
        ids.dedup();
        prop_assert_eq!(ids.len(), rows.len());
    }
}
