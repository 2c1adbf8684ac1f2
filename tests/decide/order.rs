//! In which order the factory starts what it took up by itself.

use crate::backlog::{LABEL, people, picks, read, scene, why};
use crate::scene::{Scene, good_work};
use adf::model::*;

/// What a plan starts, in its order.
fn started(scene: &mut Scene) -> Vec<u64> {
    let plan = scene.step();
    let runs = plan.changes.iter().filter_map(|change| match change {
        Change::Run(run) => Some(run.work.issue),
        _ => None,
    });
    let started = runs.collect();
    scene.settle_effects();
    started
}

/// Issues that are taken up while the project may start nothing.
fn queued(open: u32, issues: &[(u64, &[u64])]) -> Scene {
    let mut scene = scene(open);
    for (number, dependants) in issues {
        for dependant in *dependants {
            people(&mut scene, *dependant, true, &[], &[*number]);
        }
        people(&mut scene, *number, true, &[LABEL], &[]);
    }
    scene.step();
    scene.settings.limits.concurrency = 0;
    scene.settle_effects();
    scene.settle();
    scene
}

#[test]
fn of_what_was_taken_up_together_the_highest_rank_starts_first_and_equal_ones_by_number() {
    let of = [
        (1, &[][..]),
        (2, &[][..]),
        (3, &[50, 51]),
        (4, &[]),
        (5, &[60]),
        (6, &[70, 71, 72]),
    ];
    let mut scene = queued(8, &of);
    assert_eq!(picks(&scene, &TaskState::Queued).len(), 6);
    scene.settings.limits.concurrency = 8;
    assert_eq!(started(&mut scene), [6, 3, 5, 1, 2, 4]);
}

#[test]
fn the_rank_of_the_day_decides_when_a_place_is_free() {
    let mut scene = queued(8, &[(1, &[50]), (2, &[]), (3, &[])]);
    for dependant in [60, 61, 62] {
        people(&mut scene, dependant, true, &[], &[3]);
    }
    read(&mut scene, 3, &[]);
    scene.settings.limits.concurrency = 8;
    assert_eq!(started(&mut scene), [3, 1, 2]);
}

#[test]
fn no_more_is_taken_up_than_its_agent_can_start() {
    let mut scene = scene(4);
    let developer = AgentName::from("developer");
    let agent = scene.settings.agents.get_mut(&developer).expect("an agent");
    agent.limits.concurrency = 2;
    for number in 1..=4 {
        people(&mut scene, number, true, &[LABEL], &[]);
    }
    scene.step();
    assert_eq!(picks(&scene, &TaskState::Queued).len(), 2);
    assert_eq!(why(&scene, 3), "the agent runs 2 at once, its limit");
    scene.settle_effects();
    scene.settle();
    assert!(picks(&scene, &TaskState::Running).iter().all(|n| *n < 3));
    // Who waits for more meanwhile is taken first when a place is free.
    people(&mut scene, 60, true, &[], &[4]);
    scene.end_run(good_work());
    scene.settle();
    assert!(picks(&scene, &TaskState::Running).contains(&4));
}
