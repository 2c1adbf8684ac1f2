//! What is said of issues that wait for each other: once, where people see it, and put right.

use crate::backlog::{LABEL, people, scene};
use crate::scene::Scene;
use adf::decide::rejoin::rejoin;
use adf::model::cycle::{cycle_key, cycle_origin};
use adf::model::*;

/// Sense finds this cycle, or finds that it is gone.
fn found(scene: &mut Scene, issues: &[u64], holds: bool) {
    let cause = Cycle::of(issues).cause();
    let alert = Alert::raised(cause, "a cycle", scene.now);
    let alert = if holds {
        alert
    } else {
        alert.cleared(scene.now)
    };
    scene.apply(vec![Change::Alert(alert)]);
}

/// Plans once, and all goes well; what is said of cycles, and on which issue.
fn said(scene: &mut Scene) -> Vec<(u64, String)> {
    let plan = scene.step();
    let said = plan.changes.iter().filter_map(|change| match change {
        Change::Effect(effect) => match &effect.kind {
            EffectKind::Cycle { body, .. } => Some((effect.issue, body.clone())),
            _ => None,
        },
        _ => None,
    });
    let said = said.collect();
    for key in plan.start {
        scene.succeed(&key);
    }
    said
}

fn ring(wanted: &[&str]) -> Scene {
    let mut scene = scene(1);
    people(&mut scene, 3, true, &[], &[5]);
    people(&mut scene, 5, true, wanted, &[9]);
    people(&mut scene, 9, true, &[], &[3]);
    scene.settle();
    scene
}

#[test]
fn a_cycle_is_said_once_on_its_first_issue_until_it_changes() {
    let mut scene = ring(&[LABEL]);
    found(&mut scene, &[3, 5, 9], true);
    let first = said(&mut scene);
    let [(3, body)] = first.as_slice() else {
        panic!("one comment: {first:?}")
    };
    assert!(
        body.starts_with("#3, #5 and #9 wait for each other"),
        "{body}"
    );
    assert_eq!(said(&mut scene), [], "it stands");

    found(&mut scene, &[3, 5, 9], false);
    found(&mut scene, &[3, 5], true);
    let changed = said(&mut scene);
    assert!(changed[0].1.starts_with("#3 and #5 wait"), "{changed:?}");
    found(&mut scene, &[3, 5], false);
    let over = said(&mut scene);
    assert!(
        over[0].1.contains("no longer form a cycle (#3, #5)"),
        "{over:?}"
    );
    assert_eq!(said(&mut scene), []);

    found(&mut scene, &[3, 5], true);
    assert_eq!(said(&mut scene).len(), 1, "it is there again");
}

#[test]
fn nobody_is_told_of_what_nobody_wants() {
    let mut scene = ring(&[]);
    found(&mut scene, &[3, 5, 9], true);
    assert_eq!(said(&mut scene), []);
    people(&mut scene, 9, true, &[LABEL], &[3]);
    assert_eq!(said(&mut scene).len(), 1);
    people(&mut scene, 9, true, &[], &[3]);
    found(&mut scene, &[3, 5, 9], false);
    assert_eq!(said(&mut scene).len(), 1, "what was said is put right");
}

#[test]
fn a_new_ledger_that_knows_only_the_mark_puts_the_comment_right() {
    let mut scene = ring(&[LABEL]);
    scene.apply(vec![Change::Mark(Mark {
        comment: 70,
        issue: 3,
        kind: MarkKind::Reply,
        factory: scene.factory.clone(),
        key: cycle_key(3),
        task: TaskId::from("cccccccccccc"),
        origin: cycle_origin(3),
        agent: None,
        instruction: None,
        verified: true,
        written_at: scene.now,
    })]);
    // What some open issue waits for was not read yet: there may be a cycle.
    scene.world.links.remove(&9);
    assert_eq!(said(&mut scene), []);
    people(&mut scene, 9, true, &[], &[]);
    let over = said(&mut scene);
    assert!(over[0].1.contains("no longer"), "{over:?}");
    assert_eq!(said(&mut scene), []);
}

#[test]
fn a_restored_ledger_does_not_trust_what_it_said() {
    let mut scene = ring(&[LABEL]);
    found(&mut scene, &[3, 5, 9], true);
    assert_eq!(said(&mut scene).len(), 1);
    let changes = rejoin(&scene.world, scene.now);
    scene.apply(changes);
    assert_eq!(said(&mut scene).len(), 1, "it is said anew");
}
