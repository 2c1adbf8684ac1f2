//! `adf pause`, `adf resume`, `adf stop --all`: through restarts, with proof.

use crate::support::{ENDLESS, Plant};

const QUICK: &str = "echo more >> README.md";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_outlives_a_restart_and_nothing_starts_until_the_resume() {
    let plant = Plant::new(QUICK, "1s", "").await;
    let mut daemon = plant.run(&[]).await;
    let said = plant.adf(&["pause"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(daemon.stop().await, Some(0));
    let mut daemon = plant.run(&[]).await;
    let (repo, bug) = (&plant.world.repo, plant.world.bug);
    let text = "@adf:developer please mend it";
    plant.forge.comment(repo, bug, "alice", text).unwrap();
    plant
        .until_told(bug, "an operator paused the factory")
        .await;
    let status = plant.adf(&["status"]).await;
    assert!(status.out.contains("paused by olga"), "{}", status.out);
    let plan = plant.adf(&["plan"]).await;
    assert!(plan.out.contains("paused by olga"), "{}", plan.out);
    assert_eq!(daemon.stop().await, Some(0));
    let said = plant.adf(&["resume"]).await;
    assert!(said.out.contains("no factory runs"), "{said:?}");
    let _daemon = plant.run(&[]).await;
    plant.until_told(bug, "has delivered").await;
    let status = plant.adf(&["status", "--format", "json"]).await.json();
    assert!(status["held"].is_null(), "{status}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_proves_that_nothing_is_left_and_a_resume_begins_again() {
    let plant = Plant::new(ENDLESS, "1s", "").await;
    let mut daemon = plant.run(&[]).await;
    plant.working().await;
    let said = plant.adf(&["stop", "--all"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    let proof = "stopped: 0 processes, 0 leases, 0 pending effects";
    assert!(said.out.contains(proof), "{}", said.out);
    // It holds through a restart, and can be asked for when nothing runs.
    assert_eq!(daemon.stop().await, Some(0));
    let said = plant.adf(&["stop", "--all", "--format", "json"]).await;
    let proof = said.json();
    assert_eq!((said.code, &proof["proven"]), (Some(0), &true.into()));
    let _daemon = plant.run(&[]).await;
    let status = plant.adf(&["status"]).await;
    assert!(status.out.contains("stopped by olga"), "{}", status.out);
    let plan = plant.adf(&["plan"]).await;
    assert!(plan.out.contains("stopped by olga"), "{}", plan.out);
    assert_eq!(plant.adf(&["resume"]).await.code, Some(0));
    plant
        .until_told(plant.world.bug, "working (attempt 2)")
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_after_a_crash_names_what_is_left_and_does_not_call_it_proven() {
    let plant = Plant::new(ENDLESS, "1s", "").await;
    let mut daemon = plant.run(&[]).await;
    let task = plant.working().await;
    daemon.kill().await;
    let said = plant.adf(&["stop", "--all"]).await;
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains(&format!("{task}-1")), "{}", said.err);
    let _daemon = plant.run(&[]).await;
    let said = plant.adf(&["stop", "--all"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_of_less_than_all_is_wrong_usage() {
    let plant = Plant::new(QUICK, "1s", "").await;
    assert_eq!(plant.adf(&["stop"]).await.code, Some(2));
}
