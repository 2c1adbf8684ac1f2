//! What shows on an issue of the work on it: one label and the assignee.

use crate::factory::Factory;
use crate::plant::{MENTION, Plant, until_is, until_true};
use adf::sandbox::{Fault, FaultKind};

const HELD: &str = "touch GATE/here; until [ -e GATE/go ]; do sleep 0.05; done; echo x > x.txt";

fn shows(plant: &Plant, issue: u64) -> (Vec<String>, Vec<String>) {
    let issue = plant.forge.issue(&plant.world.repo, issue).unwrap();
    (issue.labels, issue.assignees)
}

/// Its own label, which is nobody's concern, and these.
fn wears(labels: &[&str], assignees: &[&str]) -> (Vec<String>, Vec<String>) {
    let own = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
    (own(&[&["bug"], labels].concat()), own(assignees))
}

fn factory(plant: &Plant) -> Factory {
    let factory = Factory::shell(plant, HELD);
    factory.edit("[limits]", "[status]\nready = \"waits\"\n\n[limits]");
    factory
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn label_and_assignee_follow_the_work_through_a_kill_and_touch_nothing_else() {
    let plant = Plant::new().await;
    let (repo, bug, bot) = (&plant.world.repo, plant.world.bug, &plant.world.bot.login);
    plant.forge.add_label(repo, Some(bug), "kind/bug").unwrap();
    let factory = factory(&plant);
    let mut daemon = factory.run().await;
    plant.say(bug, "alice", MENTION);
    until_true("it works", || factory.gate("here").exists()).await;
    let working = wears(&["kind/bug", "adf/in progress"], &[bot]);
    until_is(working.clone(), || shows(&plant, bug)).await;
    daemon.kill().await;
    let daemon = factory.run().await;
    until_is(working, || shows(&plant, bug)).await;
    factory.open("go");
    let waits = wears(&["kind/bug", "adf/in review"], &[]);
    until_is(waits.clone(), || shows(&plant, bug)).await;
    daemon.until_said("\"sweep:").await;
    let pull = plant.pulls(bug).remove(0);
    plant.forge.close_issue(repo, pull.number).unwrap();
    until_is(wears(&["kind/bug"], &[]), || shows(&plant, bug)).await;
    let others = plant.world.issues.iter().filter(|n| **n != bug);
    for issue in others {
        let (labels, assignees) = shows(&plant, *issue);
        assert!(!labels.iter().any(|l| l.starts_with("adf/")), "{labels:?}");
        assert!(assignees.is_empty(), "{assignees:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_label_changed_by_hand_stays_as_it_was_left() {
    let plant = Plant::new().await;
    let (repo, bug) = (&plant.world.repo, plant.world.bug);
    let factory = factory(&plant);
    let daemon = factory.run().await;
    plant.say(bug, "alice", MENTION);
    let bot = plant.world.bot.login.as_str();
    until_is(wears(&["adf/in progress"], &[bot]), || shows(&plant, bug)).await;
    plant
        .forge
        .remove_label(repo, bug, "adf/in progress")
        .unwrap();
    plant
        .forge
        .add_label(repo, Some(bug), "adf/blocked")
        .unwrap();
    factory.open("go");
    plant.result(bug).await;
    daemon.until_said("was changed by hand and stays so").await;
    daemon.until_said("\"sweep:").await;
    until_is(wears(&["adf/blocked"], &[]), || shows(&plant, bug)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forge_that_refuses_is_named_once_and_the_work_is_done() {
    let plant = Plant::new().await;
    let bug = plant.world.bug;
    let factory = factory(&plant);
    let refused = FaultKind::Status {
        status: 403,
        retry_after: None,
    };
    let no_assignee = format!("PATCH */issues/{bug}");
    plant.forge.push_fault(Fault::new(no_assignee, refused));
    let daemon = factory.run().await;
    plant.say(bug, "alice", MENTION);
    until_is(wears(&["adf/in progress"], &[]), || shows(&plant, bug)).await;
    factory.open("go");
    plant.result(bug).await;
    daemon.until_said("\"sweep:").await;
    until_is(wears(&["adf/in review"], &[]), || shows(&plant, bug)).await;
    let status = factory.adf(&["status"]).await;
    assert!(
        status.out.contains("`[status]`, assign cannot be done"),
        "{status:?}"
    );
    let tried = daemon.lines();
    let tried = tried.iter().filter(|l| l.contains("assign did not happen"));
    assert_eq!(tried.count(), 1);
}
