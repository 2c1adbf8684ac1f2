//! What a coordinating agent sees: bounded, by rank, one line an issue.

use crate::backlog::{LABEL, people, scene};
use adf::decide::view::view;
use adf::model::*;

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
    let text = view(&scene.world, &scene.settings);
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
fn a_large_backlog_is_cut_and_that_is_said() {
    let mut scene = scene(1);
    for number in 1..=200 {
        people(&mut scene, number, true, &[], &[]);
        let mut long = scene.world.issues[&number].clone();
        long.title = "x".repeat(5000);
        scene.apply(vec![Change::Issue(long)]);
    }
    let text = view(&scene.world, &scene.settings);
    assert!(text.len() < 20_000, "{}", text.len());
    assert!(text.ends_with("and 140 more\n"), "{text}");
}
