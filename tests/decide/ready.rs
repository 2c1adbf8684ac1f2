//! What the planner would not take up is ranked as nothing ready, in the same words.

use crate::backlog::{LABEL, people, scene, why};
use crate::scene::{Scene, good_work};
use adf::decide::graph::{graph, hindered};
use adf::model::*;
use adf_graph::Standing;

/// The standing of an issue in the ranking, which says why whenever the planner does.
fn standing(scene: &mut Scene, issue: u64) -> Standing {
    scene.settle();
    let snapshot = scene.snapshot();
    let hindered = hindered(&snapshot);
    let ranking = graph(&scene.world, &hindered, Some(LABEL))
        .expect("a graph")
        .ranking();
    let row = ranking
        .ranks
        .iter()
        .find(|row| row.issue == issue)
        .expect("ranked");
    let said = why(scene, issue);
    if let Some((_, words)) = hindered.get(&issue) {
        assert!(
            said.is_empty() || said == format!("not taken up: {words}"),
            "{said}"
        );
    }
    assert_eq!(row.ready, said.is_empty(), "{said}");
    row.standing
}

fn change(scene: &mut Scene, issue: u64, change: impl FnOnce(&mut Issue)) {
    let mut issue = scene.world.issues[&issue].clone();
    change(&mut issue);
    scene.apply(vec![Change::Issue(issue)]);
}

#[test]
fn what_was_merged_and_stays_open_was_taken_before() {
    let mut scene = scene(1);
    people(&mut scene, 1, true, &[LABEL], &[]);
    scene.settle();
    scene.end_run(good_work());
    assert_eq!(
        standing(&mut scene, 1),
        Standing::Claimed,
        "it waits in review"
    );
    let mut pull = scene.world.issues[&1].clone();
    (pull.number, pull.is_pull, pull.open) = (77, true, false);
    scene.apply(vec![Change::Issue(pull)]);
    assert_eq!(standing(&mut scene, 1), Standing::TakenBefore);
}

#[test]
fn an_issue_of_somebody_who_may_not_write_needs_a_word() {
    let mut scene = scene(1);
    people(&mut scene, 1, true, &[LABEL], &[]);
    change(&mut scene, 1, |issue| issue.outsider = true);
    assert_eq!(standing(&mut scene, 1), Standing::NeedsAWord);
    change(&mut scene, 1, |issue| {
        issue.reworded_at = issue.changed_at.plus(std::time::Duration::from_secs(1))
    });
    assert_eq!(standing(&mut scene, 1), Standing::NeedsAWord);
}

#[test]
fn what_waits_and_needs_a_word_is_told_of_both() {
    let mut scene = scene(2);
    people(&mut scene, 1, true, &[], &[]);
    people(&mut scene, 2, true, &[LABEL], &[1]);
    change(&mut scene, 2, |issue| issue.outsider = true);
    assert_eq!(standing(&mut scene, 2), Standing::Blocked);
    let said = why(&scene, 2);
    let wanted = "not taken up: it waits for #1; besides, its text is by";
    assert!(said.starts_with(wanted), "{said}");
}

#[test]
fn a_label_for_an_agent_that_is_not_there_is_not_passed_over() {
    let mut scene = scene(1);
    people(&mut scene, 1, true, &[LABEL, "adf:nobody"], &[]);
    assert_eq!(standing(&mut scene, 1), Standing::NoAgent);
    let said = why(&scene, 1);
    assert_eq!(
        said,
        "not taken up: no agent `nobody`, whom its label `adf:nobody` names; agents: developer"
    );
    people(&mut scene, 1, true, &[LABEL, "adf:reviewer"], &[]);
    assert_eq!(standing(&mut scene, 1), Standing::NoAgent);
    let said = why(&scene, 1);
    assert!(
        said.contains("the coordinator may not choose; agents: developer"),
        "{said}"
    );
    people(&mut scene, 1, true, &[LABEL, "adf:developer"], &[]);
    scene.settle();
    assert_eq!(scene.world.tasks.len(), 1);
}

#[test]
fn a_hidden_blocker_is_said_with_what_alone_ends_it() {
    let mut scene = scene(1);
    people(&mut scene, 1, true, &[LABEL], &[0]);
    assert_eq!(standing(&mut scene, 1), Standing::Blocked);
    let said = why(&scene, 1);
    assert!(
        said.contains("an issue that may not be seen; the forge does not say whether that is closed, so take the dependency off"),
        "{said}"
    );
    people(&mut scene, 2, true, &[LABEL], &[9]);
    assert_eq!(standing(&mut scene, 2), Standing::Blocked);
    assert_eq!(why(&scene, 2), "not taken up: it waits for #9");
}
