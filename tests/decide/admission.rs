//! Who may start now.

use crate::scene::{Scene, good_work};
use adf::model::*;
use proptest::prelude::*;
use std::time::Duration;

#[test]
fn one_writer_per_issue() {
    let mut scene = Scene::new();
    scene.mention(1, "alice", "developer", "one");
    scene.pass(Duration::from_secs(1));
    let second = scene.mention(1, "alice", "reviewer", "two");
    scene.settle();
    assert_eq!(scene.world.runs.len(), 1);
    assert_eq!(scene.task(&second).state, TaskState::Queued);
    assert!(matches!(
        scene.reasons()[..],
        [SkipReason::Working { .. }, SkipReason::IssueHeld { .. }]
    ));
    scene.end_run(good_work());
    scene.settle();
    assert_eq!(
        scene.task(&second).state,
        TaskState::Running,
        "its turn comes"
    );
}

#[test]
fn the_project_and_the_agent_have_their_slots() {
    let mut scene = Scene::new();
    for issue in 1..=3 {
        scene.mention(issue, "alice", "developer", "x");
    }
    scene.settle();
    assert_eq!(scene.world.runs.len(), 1, "the agent runs one at once");
    for issue in 4..=6 {
        scene.mention(issue, "alice", "reviewer", "x");
    }
    scene.settle();
    assert_eq!(scene.world.runs.len(), 2, "the project runs two at once");
    assert!(
        scene
            .reasons()
            .contains(&&SkipReason::ProjectFull { limit: 2 })
    );
}

#[test]
fn many_tasks_of_one_agent_hold_up_another_by_one() {
    let mut scene = Scene::new();
    scene.settings.limits.concurrency = 1;
    for agent in scene.settings.agents.values_mut() {
        agent.limits.starts_per_hour = 100;
    }
    scene.settings.limits.starts_per_hour = 100;
    for issue in 1..=6 {
        scene.mention(issue, "alice", "developer", "x");
        scene.step();
        scene.pass(Duration::from_secs(1));
    }
    for issue in 7..=8 {
        scene.mention(issue, "alice", "reviewer", "x");
        scene.step();
        scene.pass(Duration::from_secs(1));
    }
    let mut order = Vec::new();
    for _ in 0..8 {
        scene.settle();
        order.push(scene.open_run().work.issue);
        scene.pass(Duration::from_secs(60));
        scene.end_run(good_work());
    }
    assert_eq!(
        order,
        [1, 7, 2, 8, 3, 4, 5, 6],
        "by turns, the oldest first"
    );
}

#[test]
fn starts_of_an_hour_are_counted_and_come_back() {
    let mut scene = Scene::new();
    for issue in 1..=8 {
        scene.mention(issue, "alice", "developer", "x");
    }
    for _ in 0..6 {
        scene.settle();
        scene.end_run(good_work());
    }
    scene.settle();
    assert_eq!(scene.world.runs.len(), 6, "six starts an hour");
    let full = scene.now.plus(Duration::from_secs(3600));
    while scene.now < full {
        assert_eq!(scene.world.runs.len(), 6, "not before the hour is over");
        scene.now = scene.step().wake_at.expect("it says when to look again");
        scene.settle();
    }
    assert_eq!(scene.now, full);
    assert_eq!(scene.world.runs.len(), 7);
}

#[test]
fn a_stopping_factory_starts_nothing() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "x");
    scene.step();
    scene.succeed(&EffectKey(format!("accept:{}", mention.task)));
    scene.draining = true;
    scene.settle();
    assert!(scene.world.runs.is_empty());
    assert!(scene.reasons().contains(&&SkipReason::Draining));
}

#[test]
fn a_full_disk_starts_nothing_and_loses_nothing() {
    let mut scene = Scene::new();
    scene.unfit = Some("the disk is full; free some".to_owned());
    let mention = scene.mention(1, "alice", "developer", "x");
    scene.settle();
    assert!(
        scene.world.tasks.is_empty(),
        "the mention waits in the ledger"
    );
    scene.unfit = None;
    scene.settle();
    assert_eq!(scene.task(&mention).state, TaskState::Running);
}

/// The developer is of a tier that thinks for ten minutes.
fn thinking() -> Scene {
    let mut scene = Scene::new();
    let planning = "planning".to_owned();
    let developer = scene.settings.agents.get_mut(&AgentName::from("developer"));
    let developer = developer.expect("it is in the config");
    (developer.tier, developer.limits.concurrency) = (Some(planning.clone()), 2);
    let least = Duration::from_secs(600);
    scene.settings.limits.think.insert(planning, least);
    scene
}

#[test]
fn an_agent_of_a_tier_that_thinks_is_started_no_sooner_and_then_by_itself() {
    let mut scene = thinking();
    for issue in 1..=2 {
        scene.mention(issue, "alice", "developer", "x");
    }
    scene.mention(3, "alice", "reviewer", "x");
    scene.settings.limits.concurrency = 10;
    scene.settle();
    let started = |scene: &Scene, name: &str| {
        let runs = scene.world.runs.values();
        runs.filter(|run| run.agent == AgentName::from(name))
            .count()
    };
    assert_eq!(started(&scene, "developer"), 1, "in one plan, too");
    assert_eq!(started(&scene, "reviewer"), 1, "others are not held");
    let due = scene.now.plus(Duration::from_secs(600));
    let reason = scene.reasons().into_iter().find_map(SkipReason::until);
    assert_eq!((reason, scene.plan.wake_at), (Some(due), Some(due)));
    scene.pass(Duration::from_millis(599_999));
    scene.settle();
    assert_eq!(started(&scene, "developer"), 1);
    scene.pass(Duration::from_millis(1));
    scene.settle();
    assert_eq!(started(&scene, "developer"), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn limits_hold_whatever_comes(
        story in proptest::collection::vec((0u8..4, 1u64..4, any::<bool>()), 1..60)
    ) {
        let mut scene = Scene::new();
        for (what, issue, first) in story {
            let agent = if first { "developer" } else { "reviewer" };
            match what {
                0 | 1 => { scene.mention(issue, "alice", agent, "x"); }
                2 if scene.world.runs.values().any(Run::is_open) => { scene.end_run(good_work()); }
                _ => scene.pass(Duration::from_secs(120)),
            }
            scene.settle();
            let open: Vec<&Run> = scene.world.runs.values().filter(|r| r.is_open()).collect();
            prop_assert!(open.len() <= 2);
            for run in &open {
                prop_assert_eq!(open.iter().filter(|r| r.work == run.work).count(), 1);
                prop_assert_eq!(open.iter().filter(|r| r.agent == run.agent).count(), 1);
            }
            let hour = scene.now.minus(Duration::from_secs(3600));
            for name in ["developer", "reviewer"] {
                let starts = scene.world.runs.values()
                    .filter(|r| r.agent.as_str() == name && r.created_at > hour);
                prop_assert!(starts.count() <= 6);
            }
            for task in scene.world.tasks.values() {
                let results = scene.world.effects.keys()
                    .filter(|k| k.as_str() == format!("result:{}", task.id));
                prop_assert!(results.count() <= 1);
            }
        }
    }

    #[test]
    fn the_same_world_gives_the_same_plan(issues in proptest::collection::vec(1u64..5, 1..10)) {
        let mut scene = Scene::new();
        for issue in issues {
            scene.mention(issue, "alice", "developer", "x");
        }
        let world = scene.world.clone();
        let first = scene.step();
        scene.world = world;
        prop_assert_eq!(first, scene.step());
    }
}
