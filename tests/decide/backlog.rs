//! A scene with a backlog: issues, labels and what waits for what, as people change them.

use crate::scene::Scene;
use adf::model::settings::Coordinator;
use adf::model::*;
use std::time::Duration;

pub const LABEL: &str = "adf:ready";

/// A scene whose coordinator may have so many tasks open, and no other limit.
pub fn scene(open: u32) -> Scene {
    let mut scene = Scene::new();
    scene.settings.coordinator = Coordinator {
        builtin: true,
        label: LABEL.to_owned(),
        open,
        agents: vec![AgentName::from("developer")],
        cron: None,
        agent: None,
        vision: None,
    };
    for agent in scene.settings.agents.values_mut() {
        agent.limits.starts_per_hour = 10_000;
        agent.limits.starts_per_day = 10_000;
        agent.limits.concurrency = 64;
    }
    scene.settings.limits.concurrency = 64;
    scene.settings.limits.starts_per_hour = 10_000;
    scene.settings.limits.starts_per_day = 10_000;
    let name = BACKLOG.to_owned();
    scene.apply(vec![Change::Cursor {
        name,
        at: scene.now,
    }]);
    scene
}

/// Somebody changes an issue, and the factory reads it with what it waits for.
pub fn people(scene: &mut Scene, number: u64, open: bool, labels: &[&str], on: &[u64]) {
    scene.pass(Duration::from_secs(10));
    let now = scene.now;
    let issue = Issue {
        number,
        is_pull: false,
        title: format!("issue {number}"),
        open,
        author: Person::default(),
        labels: labels.iter().map(ToString::to_string).collect(),
        milestone: None,
        updated_at: now,
        changed_at: now,
        outsider: false,
        reworded_at: Time(0),
    };
    scene.apply(vec![Change::Issue(issue)]);
    read(scene, number, on);
}

/// The factory reads what an issue waits for.
pub fn read(scene: &mut Scene, number: u64, on: &[u64]) {
    let blockers = on.iter().map(|n| Blocker {
        number: *n,
        repo: None,
        open: true,
    });
    scene.pass(Duration::from_secs(3));
    let links = Links {
        issue: number,
        on: blockers.collect(),
        read_at: scene.now,
    };
    scene.apply(vec![Change::Links(links)]);
}

/// The issues of the coordinator's tasks in a state, in the order they were taken.
pub fn picks(scene: &Scene, state: &TaskState) -> Vec<u64> {
    let mut tasks: Vec<&Task> = scene.world.tasks.values().collect();
    tasks.sort_by_key(|task| task.created_at);
    let picks = tasks
        .iter()
        .filter(|t| adf::mention::pick(&t.origin).is_some());
    picks
        .filter(|t| t.state == *state)
        .map(|t| t.work.issue)
        .collect()
}

/// Why an issue was left alone in the last plan.
pub fn why(scene: &Scene, issue: u64) -> String {
    let skips = scene.plan.skips.iter();
    let of = skips.filter(|s| s.issue == Some(issue) && s.what == "coordinator");
    let of: Vec<String> = of.map(|s| s.reason.to_string()).collect();
    of.join("; ")
}
