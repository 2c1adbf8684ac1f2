//! What a network, a proxy or a tired server does to a task under way: people
//! still see one of each.

use crate::factory::{Daemon, Factory};
use crate::plant::{DELIVERED, MENTION, Plant};
use adf::sandbox::{Fault, FaultKind};
use std::time::Duration;

const COMMENT: &str = "POST /api/v1/repos/alice/tally/issues/1/comments*";
const PULL: &str = "POST /api/v1/repos/alice/tally/pulls*";
const EDIT: &str = "PATCH /api/v1/repos/alice/tally/issues/comments/*";

/// Plays a task under faults to its end; one of each is left.
async fn once(faults: Vec<Fault>) -> Daemon {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let daemon = factory.run().await;
    for fault in faults {
        plant.forge.push_fault(fault);
    }
    plant.say(plant.world.bug, "alice", MENTION);
    plant.result(plant.world.bug).await;
    plant.status(plant.world.bug, "done, see #").await;
    daemon.until_said("\"sweep:").await;
    assert_eq!(plant.traces(plant.world.bug), DELIVERED);
    let log = plant.forge.request_log();
    let pulls = log
        .iter()
        .filter(|l| l.method == "POST" && l.path.ends_with("/pulls"));
    assert!(pulls.clone().count() >= 1, "{log:?}");
    daemon
}

fn status(status: u16) -> FaultKind {
    FaultKind::Status {
        status,
        retry_after: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_cut_off_on_every_first_write_leave_one_of_each() {
    let cut = |what: &str| Fault::new(what, FaultKind::CutBody).times(1);
    let daemon = once(vec![cut(COMMENT), cut(PULL), cut(EDIT)]).await;
    // The faults were met: the writes were in doubt, and looked for.
    daemon.until_said("accept did not happen").await;
    daemon.until_said("pull did not happen").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_close_after_the_write_leave_one_of_each() {
    let drop = |what: &str| Fault::new(what, FaultKind::DropAfter).times(1);
    let daemon = once(vec![drop(COMMENT), drop(PULL)]).await;
    daemon.until_said("accept did not happen").await;
    daemon.until_said("pull did not happen").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_close_before_the_write_are_tried_again() {
    let drop = |what: &str| Fault::new(what, FaultKind::Drop).times(1);
    once(vec![drop(COMMENT), drop(PULL), drop(EDIT)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_fail_with_5xx_are_tried_again() {
    let fail = |what: &str, code| Fault::new(what, status(code)).times(1);
    let comments = fail("GET /api/v1/repos/alice/tally/issues/comments*", 503);
    once(vec![fail(COMMENT, 502), fail(PULL, 500), comments]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forge_that_asks_for_fewer_requests_is_given_its_pause() {
    let slow_down = FaultKind::Status {
        status: 429,
        retry_after: Some(1),
    };
    let fault = |what: &str| Fault::new(what, slow_down.clone()).times(1);
    let daemon = once(vec![fault(COMMENT), fault(PULL)]).await;
    let told = daemon.until_said("asks for fewer requests").await;
    assert!(told.contains("for the next 1 s"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_html_in_place_of_an_answer_leaves_one_of_each() {
    let garbage = |what: &str| Fault::new(what, FaultKind::Garbage).times(1);
    once(vec![garbage(COMMENT), garbage(PULL)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_forge_only_takes_longer() {
    let slow = FaultKind::Latency(Duration::from_millis(150));
    once(vec![Fault::new("*/api/v1/*", slow)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_whose_answer_is_lost_and_a_kill_before_it_is_looked_for_leave_one() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let bug = plant.world.bug;
    let mut daemon = factory.run().await;
    // The first comment is the acceptance, the second the result.
    let fault = Fault::new(COMMENT, FaultKind::DropAfter).after(1).times(1);
    plant.forge.push_fault(fault);
    plant.say(bug, "alice", MENTION);
    plant.result(bug).await;
    daemon.kill().await;
    let daemon = factory.run().await;
    plant.status(bug, "done, see #").await;
    daemon.until_said("\"sweep:").await;
    assert_eq!(plant.traces(bug), DELIVERED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_whose_answer_is_lost_is_looked_for_and_not_pushed_twice() {
    let push = "POST /alice/tally.git/git-receive-pack*";
    once(vec![Fault::new(push, FaultKind::DropAfter).times(1)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_that_is_cut_off_or_fails_is_looked_for_and_tried_again() {
    let push = "POST /alice/tally.git/git-receive-pack*";
    let cut = Fault::new(push, FaultKind::CutBody).times(1);
    let fail = Fault::new(push, status(503)).times(1);
    let daemon = once(vec![cut, fail]).await;
    daemon.until_said("push did not happen").await;
}
