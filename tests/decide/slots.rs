//! When the factory takes up issues by itself, where the config names minutes.

use crate::backlog::{LABEL, people, picks, scene};
use adf::model::*;
use std::time::Duration;

#[test]
fn with_a_cron_line_something_is_taken_up_in_the_minutes_that_it_names_only() {
    let mut scene = scene(4);
    scene.settings.coordinator.cron = Some("0 1-9 * * *".to_owned());
    people(&mut scene, 1, true, &[LABEL], &[]);
    // 22:13:33 in UTC, as the settings have it.
    let plan = scene.step();
    let one = Time::from_seconds(1_700_010_000);
    assert_eq!(plan.wake_at, Some(one), "at the next slot it looks again");
    assert!(picks(&scene, &TaskState::Queued).is_empty());
    let why: Vec<String> = scene.reasons().iter().map(|r| r.to_string()).collect();
    assert_eq!(
        why,
        ["waits for its time: `[coordinator] cron` is `0 1-9 * * *`"]
    );
    scene.now = one;
    scene.settle();
    assert_eq!(picks(&scene, &TaskState::Running), [1]);
    people(&mut scene, 2, true, &[LABEL], &[]);
    scene.settle();
    assert_eq!(picks(&scene, &TaskState::Running), [1, 2], "for a minute");
    scene.now = one.plus(Duration::from_secs(60));
    people(&mut scene, 3, true, &[LABEL], &[]);
    scene.settle();
    assert_eq!(picks(&scene, &TaskState::Running), [1, 2]);
    // What was taken up goes on, and so does what people ask for.
    scene.mention(7, "alice", "developer", "do it");
    scene.settle();
    let runs = scene.world.runs.values().filter(|run| run.is_open());
    assert_eq!(runs.count(), 3);
}
