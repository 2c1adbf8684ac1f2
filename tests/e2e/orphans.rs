//! What runs leave behind is swept, with its work kept, and strangers are not.

use crate::factory::Factory;
use crate::plant::{MENTION, Plant, until_true};
use adf::sandbox::git;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// More than the smallest quota.
const BALLAST_BYTES: usize = 70 << 20;

/// The smallest quota.
fn small_state(factory: &Factory) {
    factory.edit("grace = \"2s\"", "grace = \"2s\"\nstate_bytes = 67108864");
}

/// The names in a folder of the state, but for manifests.
fn names(factory: &Factory, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(factory.state().join(folder)).into_iter();
    let names = entries.flatten().flatten().map(|e| e.file_name());
    let names = names.filter_map(|name| name.into_string().ok());
    names
        .filter(|name| !name.ends_with(".json") && !name.starts_with('.'))
        .collect()
}

async fn status(factory: &Factory) -> Value {
    factory.adf(&["status", "--format", "json"]).await.json()
}

/// Waits until the running factory has swept once.
async fn swept(factory: &Factory) -> Value {
    loop {
        let status = status(factory).await;
        if status["daemon"]["swept"]["sweeps"].as_u64() > Some(0) {
            return status["daemon"]["swept"].clone();
        }
    }
}

/// Something that names a run's directory in its environment, as its processes do.
#[expect(
    clippy::disallowed_methods,
    reason = "a stray of a run is what is looked for"
)]
fn stray(run_dir: &Path) -> tokio::process::Child {
    tokio::process::Command::new("sleep")
        .arg("600")
        .env("ADF_AGENT_DIR", run_dir.join("agent"))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_of_a_run_that_is_over_are_ended_and_strangers_folders_are_left_and_said() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let mut daemon = factory.run().await;
    plant.say(plant.world.bug, "alice", MENTION);
    plant.result(plant.world.bug).await;
    daemon.until_said("\"sweep:").await;
    assert_eq!(daemon.stop().await, Some(0));

    let run = names(&factory, "runs").remove(0);
    let mut stray = stray(&factory.state().join("runs").join(&run));
    let strangers = ["runs/photos", "work/photos"].map(|name| factory.state().join(name));
    for stranger in &strangers {
        std::fs::create_dir_all(stranger).unwrap();
        std::fs::write(stranger.join("holiday"), "sun").unwrap();
    }
    let daemon = factory.run().await;
    until_true("the stray ends", || stray.try_wait().unwrap().is_some()).await;
    let swept = swept(&factory).await;
    assert_eq!(
        (&swept["processes"], &swept["left"]),
        (&1.into(), &2.into())
    );
    for stranger in strangers {
        assert!(stranger.join("holiday").exists());
    }
    let left = daemon.lines();
    let left = left.iter().filter(|line| line.contains("left alone"));
    assert_eq!(left.filter(|line| line.contains("photos")).count(), 2);
    assert_eq!(names(&factory, "runs").len(), 2, "its time has not come");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn above_the_quota_what_ended_goes_and_work_that_was_not_pushed_is_kept_first() {
    let plant = Plant::new().await;
    let factory = Factory::shell(&plant, "touch GATE/begun; while :; do sleep 0.05; done");
    small_state(&factory);
    let mut daemon = factory.run().await;
    plant.say(plant.world.bug, "alice", MENTION);
    until_true("it works", || factory.gate("begun").exists()).await;
    let task = status(&factory).await["tasks"][0]["task"].clone();
    let task = task.as_str().unwrap().to_owned();
    assert_eq!(factory.adf(&["cancel", &task]).await.code, Some(0));
    daemon.until_said("\"sweep:").await;
    assert_eq!(daemon.stop().await, Some(0));
    let work: PathBuf = factory.state().join("work").join(&task);
    assert!(work.is_dir(), "a cancelled task keeps its workspace");

    std::fs::write(work.join("late.txt"), "precious\n").unwrap();
    let run = names(&factory, "runs").remove(0);
    let ballast = factory.state().join("runs").join(&run).join("tmp/ballast");
    std::fs::write(ballast, vec![7; BALLAST_BYTES]).unwrap();
    let _daemon = factory.run().await;
    let swept = swept(&factory).await;
    assert_eq!(
        (&swept["workspaces"], &swept["runs"]),
        (&1.into(), &1.into())
    );
    assert!(swept["state_bytes"].as_u64() < Some(67_108_864), "{swept}");
    assert!(!work.exists() && names(&factory, "runs").is_empty());
    let kept = format!("refs/adf/kept/{task}:late.txt");
    let text = git::text(&factory.state().join("deliver.git"), &["show", &kept]);
    assert_eq!(text.unwrap().trim(), "precious");
    let line = factory.adf(&["status"]).await.out;
    assert!(line.contains("1 workspace, 1 run directory"), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_directory_that_others_filled_starts_nothing_and_says_so() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    small_state(&factory);
    std::fs::create_dir_all(factory.state()).unwrap();
    std::fs::write(factory.state().join("ballast"), vec![7; BALLAST_BYTES]).unwrap();
    let daemon = factory.run().await;
    let alert = daemon.until_said("the state directory holds").await;
    assert!(alert.contains("state_bytes"), "{alert}");
    plant.say(plant.world.bug, "alice", MENTION);
    let waiting = loop {
        let status = status(&factory).await;
        if status["pending_mentions"] == 1 {
            break status;
        }
    };
    let unfit = waiting["daemon"]["unfit"].as_str().unwrap_or_default();
    assert!(unfit.contains("the state directory holds"), "{waiting}");
    assert_eq!(waiting["tasks"], serde_json::json!([]));
    assert!(names(&factory, "runs").is_empty());
}
