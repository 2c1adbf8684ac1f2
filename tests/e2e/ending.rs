//! How a factory ends in mid-run, and how it goes on afterwards.
//!
//! Invariant of all: nothing is left running, the work is kept, and after a
//! restart there is one acceptance, one result, one branch, one pull request.

use crate::factory::{Daemon, Factory, processes_with};
use crate::plant::{DELIVERED, MENTION, Plant, until_true};
use adf::sandbox::{Fault, FaultKind};
use rustix::process::Signal;
use std::time::Duration;
use tokio::time::timeout;

/// Writes half of its work, waits for its gate, writes the rest.
const HALVES: &str = "[ -e half.txt ] && echo again >> GATE/kept; echo half > half.txt; \
    touch GATE/half; until [ -e GATE/go ]; do sleep 0.05; done; echo whole > whole.txt";

/// A factory in mid-run, with half of the work done.
async fn half_done(plant: &Plant, script: &str) -> (Factory, Daemon) {
    let factory = Factory::shell(plant, script);
    let daemon = factory.run().await;
    plant.say(plant.world.bug, "alice", MENTION);
    until_true("half of it", || factory.gate("half").exists()).await;
    (factory, daemon)
}

/// Nothing of a run is left: each of its processes names the gate's folder.
async fn nothing_left(factory: &Factory) {
    let mark = factory.dir.to_str().unwrap().to_owned();
    until_true("no process is left", || processes_with(&mark).is_empty()).await;
}

/// Starts it again and lets the agent finish.
async fn goes_on(plant: &Plant, factory: &Factory) {
    factory.open("go");
    let daemon = factory.run().await;
    finished(plant, &daemon).await;
}

/// The task ends with one of each and the whole of its work.
async fn finished(plant: &Plant, daemon: &Daemon) {
    let bug = plant.world.bug;
    plant.result(bug).await;
    plant.status(bug, "done, see #").await;
    daemon.until_said("\"sweep:").await;
    assert_eq!(plant.traces(bug), DELIVERED);
    let branch = plant.branches(bug).remove(0);
    for (file, text) in [("half.txt", "half\n"), ("whole.txt", "whole\n")] {
        let found = plant.forge.file_at(&plant.world.repo, &branch, file);
        assert_eq!(found.as_deref(), Some(text));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_in_mid_run_gives_the_agent_its_grace_keeps_its_work_and_exits_0() {
    let plant = Plant::new().await;
    let script = format!("trap 'echo told > GATE/told; exit 1' TERM; {HALVES}");
    let (factory, mut daemon) = half_done(&plant, &script).await;
    assert_eq!(daemon.stop().await, Some(0));
    assert!(factory.gate("told").exists(), "the agent was not asked");
    nothing_left(&factory).await;
    let said = daemon.until_said("nothing is left running").await;
    assert!(said.contains("stopped"), "{said}");
    assert!(plant.branches(plant.world.bug).is_empty());
    goes_on(&plant, &factory).await;
    assert!(factory.gate("kept").exists(), "the workspace was made anew");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_ignores_term_is_killed_after_its_grace() {
    let plant = Plant::new().await;
    let script = format!("trap '' TERM; {HALVES}");
    let (factory, mut daemon) = half_done(&plant, &script).await;
    assert_eq!(daemon.stop().await, Some(0));
    nothing_left(&factory).await;
    goes_on(&plant, &factory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_sigterm_does_not_wait_for_the_grace() {
    let plant = Plant::new().await;
    let factory = Factory::shell(&plant, &format!("trap '' TERM; {HALVES}"));
    // Longer than any bound here: only the second signal can end it.
    factory.edit("grace = \"2s\"", "grace = \"9m\"");
    let mut daemon = factory.run().await;
    plant.say(plant.world.bug, "alice", MENTION);
    until_true("half of it", || factory.gate("half").exists()).await;
    daemon.signal(Signal::TERM);
    daemon.until_said("asked to stop: ").await;
    let status = factory.adf(&["status"]).await;
    assert!(status.out.contains("demo: draining, 1 run\n"), "{status:?}");
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.ended().await, Some(0));
    nothing_left(&factory).await;
    goes_on(&plant, &factory).await;
    assert!(factory.gate("kept").exists(), "the workspace was made anew");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_sigterm_does_not_wait_for_a_forge_that_hangs() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let mut daemon = factory.run().await;
    let bug = plant.world.bug;
    // It takes the comment, and never says so.
    let hangs = FaultKind::Latency(Duration::from_secs(3600));
    let comment = format!("POST /api/v1/repos/{}/issues/{bug}/*", plant.world.repo);
    plant.forge.push_fault(Fault::new(comment, hangs).times(1));
    plant.say(bug, "alice", MENTION);
    plant.status(bug, "queued").await;
    daemon.signal(Signal::TERM);
    daemon.until_said("asked to stop: ").await;
    assert!(daemon.is_alive(), "the first gives the answer its time");
    daemon.signal(Signal::TERM);
    let ended = timeout(Duration::from_secs(20), daemon.ended()).await;
    assert_eq!(ended.expect("it waits for the forge"), Some(0));

    let daemon = factory.run().await;
    plant.status(bug, "done, see #").await;
    daemon.until_said("\"sweep:").await;
    assert_eq!(plant.traces(bug), DELIVERED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_sigterm_gives_up_a_start_that_waits_for_git() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let mut daemon = factory.run().await;
    let bug = plant.world.bug;
    let hangs = FaultKind::Latency(Duration::from_secs(3600));
    let refs = format!("GET /{}.git/info/refs*", plant.world.repo);
    plant.forge.push_fault(Fault::new(refs, hangs));
    plant.say(bug, "alice", MENTION);
    plant.status(bug, "queued").await;
    let remote = format!("{}/{}.git", plant.forge.url(), plant.world.repo);
    until_true("git waits", || !processes_with(&remote).is_empty()).await;
    daemon.signal(Signal::TERM);
    daemon.until_said("asked to stop: ").await;
    daemon.signal(Signal::TERM);
    let ended = timeout(Duration::from_secs(20), daemon.ended()).await;
    assert_eq!(ended.expect("it waits for git"), Some(0));
    nothing_left(&factory).await;
    until_true("no git is left", || processes_with(&remote).is_empty()).await;

    plant.forge.clear_faults();
    let daemon = factory.run().await;
    plant.status(bug, "done, see #").await;
    daemon.until_said("\"sweep:").await;
    assert_eq!(plant.traces(bug), DELIVERED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigkill_in_mid_run_leaves_nothing_running_and_the_next_start_finishes() {
    let plant = Plant::new().await;
    let (factory, mut daemon) = half_done(&plant, HALVES).await;
    daemon.kill().await;
    nothing_left(&factory).await;
    goes_on(&plant, &factory).await;
    assert!(factory.gate("kept").exists(), "the workspace was made anew");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigkill_right_after_each_step_is_seen_still_ends_with_one_of_each() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let bug = plant.world.bug;
    let mut daemon = factory.run().await;
    plant.say(bug, "alice", MENTION);
    plant.status(bug, "has taken this up").await;
    daemon.kill().await;
    for step in ["\"spawn\"", "\"push\"", "\"pull\"", "\"result\""] {
        let mut daemon = factory.start();
        // The one before may have come further than what was seen of it.
        until_true(&format!("{step}, or all of it"), || {
            let said = daemon.lines().iter().any(|line| line.contains(step));
            said || plant.traces(bug) == DELIVERED
        })
        .await;
        daemon.kill().await;
    }
    let daemon = factory.run().await;
    plant.status(bug, "done, see #").await;
    assert_eq!(plant.traces(bug), DELIVERED);
    nothing_of_it_runs(&factory, daemon).await;
}

async fn nothing_of_it_runs(factory: &Factory, mut daemon: Daemon) {
    assert_eq!(daemon.stop().await, Some(0));
    nothing_left(factory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_lost_in_mid_run_is_made_anew_and_the_task_is_done_once() {
    let plant = Plant::new().await;
    let (factory, mut daemon) = half_done(&plant, HALVES).await;
    daemon.kill().await;
    nothing_left(&factory).await;
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        std::fs::remove_file(factory.state().join(name)).unwrap();
    }
    factory.open("go");
    let daemon = factory.run().await;
    let waits = daemon
        .lines()
        .iter()
        .any(|l| l.contains("the ledger is new and the factory is not"));
    assert!(waits, "what was sent before the loss may be on its way");
    finished(&plant, &daemon).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finished_factory_that_starts_again_does_nothing_again() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let mut daemon = factory.run().await;
    plant.say(plant.world.bug, "alice", MENTION);
    plant.result(plant.world.bug).await;
    daemon.until_said("\"sweep:").await;
    assert_eq!(daemon.stop().await, Some(0));
    let before = plant.forge.comments(&plant.world.repo, plant.world.bug);

    let mut daemon = factory.run().await;
    let readme = plant.world.issues[2];
    plant.say(readme, "alice", MENTION);
    plant.result(readme).await;
    assert_eq!(daemon.stop().await, Some(0));
    let after = plant.forge.comments(&plant.world.repo, plant.world.bug);
    assert_eq!(after, before);
    assert_eq!(plant.traces(plant.world.bug), DELIVERED);
}
