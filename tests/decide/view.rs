//! What a coordinating agent sees: bounded, by rank, one line an issue.

use crate::backlog::{LABEL, people, scene};
use adf::decide::view::view;
use adf::model::*;
use adf_graph::Standing;

#[test]
fn each_issue_has_a_line_with_what_stands_in_its_way_and_its_milestone() {
    let mut scene = scene(1);
    people(&mut scene, 1, true, &[], &[]);
    people(&mut scene, 2, true, &[LABEL], &[1]);
    people(&mut scene, 3, true, &[LABEL], &[]);
    let mut planned = scene.world.issues[&3].clone();
    "Two\nlines\u{b}of it".clone_into(&mut planned.title);
    planned.milestone = Some(Milestone {
        title: "1.0".to_owned(),
        due: Some("2026-12-24".to_owned()),
    });
    scene.apply(vec![Change::Issue(planned)]);
    let text = view(&scene.snapshot());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "3 open issues, the highest ranked first.",
            "#1 (ready; #2 waits for it): issue 1",
            "#2 (waits for #1): issue 2",
            "#3 (ready, wanted; milestone 1.0 due 2026-12-24): Two lines of it",
        ]
    );
}

#[test]
fn what_somebody_has_already_is_not_called_ready_and_neither_ranked_so() {
    let mut scene = scene(0);
    for (number, labels) in [
        (1, &[LABEL][..]),
        (2, &[LABEL, "adf:needs-human"]),
        (3, &[LABEL]),
    ] {
        people(&mut scene, number, true, labels, &[]);
    }
    let origin = adf::mention::pick_origin(3, scene.now, 1);
    let task = adf::mention::task_id(RepoId(7), &origin);
    scene.apply(vec![Change::Mark(Mark {
        comment: 1,
        kind: MarkKind::Accept,
        issue: 3,
        factory: FactoryId::from("bbbbbbbbbbbb"),
        key: EffectKey(format!("accept:{task}")),
        task,
        origin,
        agent: None,
        instruction: None,
        verified: false,
        written_at: scene.now,
    })]);
    let text = view(&scene.snapshot());
    let said = |number: u64| text.lines().find(|l| l.starts_with(&format!("#{number} ")));
    assert_eq!(said(1), Some("#1 (ready, wanted): issue 1"));
    assert_eq!(said(2), Some("#2 (needs a person): issue 2"));
    assert_eq!(
        said(3),
        Some("#3 (another factory takes care of it): issue 3")
    );
    let hindered = adf::decide::graph::hindered(&scene.snapshot());
    let claimed = hindered
        .iter()
        .filter(|(_, (held, _))| *held == Standing::Claimed);
    let claimed: Vec<u64> = claimed.map(|(number, _)| *number).collect();
    assert_eq!(claimed, [2, 3]);
}

#[test]
fn a_large_backlog_is_cut_and_that_is_said() {
    let mut scene = scene(1);
    for number in 1..=200 {
        people(&mut scene, number, true, &[], &[]);
        let mut long = scene.world.issues[&number].clone();
        long.title = "x".repeat(5000);
        scene.apply(vec![Change::Issue(long)]);
    }
    let text = view(&scene.snapshot());
    assert!(text.len() < 20_000, "{}", text.len());
    assert!(text.ends_with("and 140 more\n"), "{text}");
}
