//! `adf cancel`: of what runs, what waits, what is over; through a kill.

use crate::support::{ENDLESS, Plant, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_run_ends_its_work_is_kept_and_one_comment_says_who_ended_it() {
    let plant = Plant::new(ENDLESS, "1s", "").await;
    let daemon = plant.run(&[]).await;
    let task = plant.working().await;
    let said = plant.adf(&["cancel", &format!("{task}-1")]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains("cancelled by olga"), "{}", said.out);
    let bug = plant.world.bug;
    // The acceptance names her too.
    let result = plant
        .until_told(bug, "The work is kept in the factory")
        .await;
    assert!(result.contains("cancelled"), "{result}");
    assert!(result.contains("`olga`"), "{result}");
    plant.until_told(bug, "**Status:** cancelled").await;
    assert_eq!(plant.told(bug).len(), 2, "the acceptance and the result");
    let branches = plant.forge.branches(&plant.world.repo);
    assert_eq!(branches.len(), 1, "nothing is pushed: {branches:?}");
    let status = plant.adf(&["status", "--format", "json"]).await.json();
    assert_eq!(status["tasks"][0]["state"], "cancelled");
    assert_eq!(status["daemon"]["runs"], 0);
    let again = plant.adf(&["cancel", &task]).await;
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.err.contains("over already"), "{}", again.err);
    drop(daemon);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_outlives_the_factory_that_took_it() {
    let plant = Plant::new(ENDLESS, "1s", "").await;
    let mut daemon = plant.run(&[]).await;
    let task = plant.working().await;
    daemon.kill().await;
    let said = plant.adf(&["cancel", &task, "--format", "json"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    let said = said.json();
    assert_eq!(said["order"]["order"]["cancel"], task);
    assert_eq!(said["running"], false);
    let _daemon = plant.run(&[]).await;
    let result = plant.until_told(plant.world.bug, "`olga`").await;
    assert!(result.contains("cancelled"), "{result}");
    let state = until("the task is over", || {
        let state = plant.dir.join("state");
        let world = adf::store::open_read_only(&state).unwrap().world().unwrap();
        let task = world.tasks.into_values().next()?;
        task.state.is_final().then_some(task.state)
    })
    .await;
    assert_eq!(state, adf::model::TaskState::Cancelled);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_unknown_is_refused_with_what_would_work() {
    let plant = Plant::new(ENDLESS, "1s", "").await;
    let missing = plant.adf(&["cancel", "x"]).await;
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert!(missing.err.contains("no ledger"), "{}", missing.err);
    let _daemon = plant.run(&[]).await;
    for word in ["000000000000", "a b", "`x`"] {
        let said = plant.adf(&["cancel", word]).await;
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.err.contains("adf status"), "{}", said.err);
    }
}
