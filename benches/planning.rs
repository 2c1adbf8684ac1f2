//! What a whole plan costs: 10,000 open issues that wait for each other, 200 running tasks.
//!
//! `cargo bench --bench planning` prints each figure beside its target, and fails when one
//! is missed: once with room, when all is ranked and two issues are taken up, and once
//! without, which is how most plans are.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a bench is a stopwatch that prints, and stops where it cannot go on"
)]

#[path = "../tests/decide/scene.rs"]
#[expect(
    dead_code,
    reason = "shared with the tests of the planner, which use all of it"
)]
mod scene;

use adf::decide::{Routes, plan};
use adf::model::*;
use scene::{START, Scene};
use std::hint::black_box;
use std::time::{Duration, Instant};

const ISSUES: u64 = 10_000;
const RUNNING: u64 = 200;
const LABEL: &str = "adf:ready";
/// The longest that a plan may take.
const TARGET: Duration = Duration::from_millis(10);
/// How often each is measured; the best counts, for whatever else the machine does only adds.
const ROUNDS: usize = 31;

fn main() {
    let mut missed = 0;
    for (what, open, picks) in [("with room for two", 202, 2), ("without room", 200, 0)] {
        let scene = backlog(open);
        let routes = Routes::of(&scene.settings);
        let snapshot = Snapshot {
            now: scene.now,
            world: &scene.world,
            settings: &scene.settings,
            factory: &scene.factory,
            synced: true,
            draining: false,
            unfit: None,
            in_flight: &scene.in_flight,
        };
        let made = plan(&snapshot, &routes);
        let taken = made.decisions.iter().filter(|d| d.what == "pick").count();
        assert_eq!(
            taken, picks,
            "the plan that is measured takes up what there is room for"
        );
        let rounds = (0..ROUNDS).map(|_| {
            let began = Instant::now();
            black_box(plan(black_box(&snapshot), &routes));
            began.elapsed()
        });
        let best = rounds.min().expect("a round");
        let verdict = if best < TARGET { "ok" } else { "MISSED" };
        missed += usize::from(best >= TARGET);
        println!(
            "a plan, {ISSUES} issues, {RUNNING} running, {what:<20} {best:>10.1?}  target {TARGET:?} {verdict}"
        );
    }
    std::process::exit(i32::from(missed > 0));
}

/// A world of issues with about three links each, some of which are being worked on.
fn backlog(open: u32) -> Scene {
    let mut scene = Scene::new();
    let mut random = fastrand::Rng::with_seed(42);
    scene.settings.coordinator.builtin = true;
    scene.settings.coordinator.open = open;
    scene.settings.coordinator.agents = vec![AgentName::from("developer")];
    scene.settings.limits.concurrency = 1_000;
    scene.settings.limits.starts_per_hour = 10_000;
    scene.settings.limits.starts_per_day = 10_000;
    for agent in scene.settings.agents.values_mut() {
        agent.limits.concurrency = 1_000;
        agent.limits.starts_per_hour = 10_000;
        agent.limits.starts_per_day = 10_000;
    }
    let mut changes = vec![Change::Cursor {
        name: BACKLOG.to_owned(),
        at: START,
    }];
    for number in 1..=ISSUES {
        changes.push(Change::Issue(Issue {
            number,
            is_pull: false,
            title: format!("Part {number}"),
            open: true,
            author: Person::default(),
            labels: vec!["bug".to_owned(), LABEL.to_owned()],
            milestone: None,
            updated_at: START,
            changed_at: START,
            outsider: false,
            reworded_at: Time::default(),
        }));
        // One in twenty waits for nothing, so that there is something to choose from.
        let count = if number == 1 || random.u8(0..20) == 0 {
            0
        } else {
            random.usize(1..=5)
        };
        let on = (0..count).map(|_| Blocker {
            number: random.u64(1..number),
            repo: None,
            open: true,
        });
        changes.push(Change::Links(Links {
            issue: number,
            on: on.collect(),
            read_at: START.plus(Duration::from_secs(60)),
        }));
    }
    scene.apply(changes);
    // What is running was taken up by the coordinator itself.
    let wanted = scene.settings.coordinator.open;
    scene.settings.coordinator.open = u32::try_from(RUNNING).expect("a small number");
    scene.settle();
    scene.settings.coordinator.open = wanted;
    let running = scene
        .world
        .runs
        .values()
        .filter(|run| run.is_open())
        .count();
    assert_eq!(
        u64::try_from(running).ok(),
        Some(RUNNING),
        "all of them run"
    );
    scene
}
