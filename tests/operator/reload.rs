//! SIGHUP: a config is taken whole or refused whole, and the manager is told.

use crate::support::{ENDLESS, Plant};
use rustix::process::Signal;
use std::time::Duration;
use tokio::net::UnixDatagram;
use tokio::time::timeout;

async fn heard(manager: &UnixDatagram, wanted: &str) -> String {
    let mut bytes = [0; 4096];
    let hear = async {
        loop {
            let length = manager.recv(&mut bytes).await.unwrap();
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            if text.contains(wanted) {
                return text;
            }
        }
    };
    let heard = timeout(Duration::from_secs(60), hear).await;
    heard.unwrap_or_else(|_| panic!("never told {wanted}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_is_whole_or_not_at_all_is_told_and_ends_no_run() {
    let plant = Plant::new(ENDLESS, "1s", "").await;
    let socket = plant.dir.join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    let variables = [("NOTIFY_SOCKET", socket.to_str().unwrap())];
    let daemon = plant.run(&variables).await;
    heard(&manager, "READY=1").await;
    plant.working().await;

    // Refused whole: one key is good, another is not.
    plant.edit(
        "mentions_every = 1",
        "mentions_every = 1\ntime_zone = \"Nowhere\"",
    );
    plant.edit("name = \"developer\"", "name = \"tester\"");
    daemon.signal(Signal::HUP);
    let told = heard(&manager, "RELOADING=1").await;
    assert!(told.contains("MONOTONIC_USEC="), "{told}");
    heard(&manager, "READY=1").await;
    let line = daemon.until_said("the last good one stays").await;
    assert!(
        line.contains("adf.toml:14:13: schedule.time_zone"),
        "{line}"
    );
    let plan = plant.adf(&["plan"]).await;
    assert_eq!(
        plan.code,
        Some(78),
        "the config on disk is refused here too"
    );
    let status = plant.adf(&["status"]).await;
    assert!(
        status.out.contains("is refused, the last good one"),
        "{}",
        status.out
    );
    plant.edit("time_zone = \"Nowhere\"", "time_zone = \"UTC\"");
    let status = plant.adf(&["status"]).await;
    assert!(
        status.out.contains("is refused, the last good one"),
        "{}",
        status.out
    );
    assert!(status.out.contains("alert config:"), "{}", status.out);

    // Taken whole.
    daemon.signal(Signal::HUP);
    heard(&manager, "RELOADING=1").await;
    heard(&manager, "READY=1").await;
    daemon.until_said("is in force").await;
    let status = plant.adf(&["status"]).await;
    assert!(!status.out.contains("is refused"), "{}", status.out);
    let (repo, issue) = (&plant.world.repo, plant.world.issues[2]);
    plant
        .forge
        .comment(repo, issue, "alice", "@adf:tester look")
        .unwrap();
    plant.until_told(issue, "`tester` has taken this up").await;
    // The run of an agent that is no longer in the config goes on.
    let status = plant.adf(&["status", "--format", "json"]).await.json();
    assert_eq!(status["tasks"][0]["attempts"], 1, "{status}");
    assert_eq!(status["tasks"][0]["state"], "running", "{status}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_change_while_it_runs_is_named_with_the_remedy() {
    let plant = Plant::new(ENDLESS, "1s", "").await;
    let daemon = plant.run(&[]).await;
    plant.edit("state_dir = \"state\"", "state_dir = \"other\"");
    plant.edit("repo = \"alice/tally\"", "repo = \"alice/other\"");
    daemon.signal(Signal::HUP);
    let line = daemon.until_said("the last good one stays").await;
    for word in ["`[project] state_dir`", "`[gitea] repo`", "restart it"] {
        assert!(line.contains(word), "{word}: {line}");
    }
    plant.edit("state_dir = \"other\"", "state_dir = \"state\"");
    plant.edit("repo = \"alice/other\"", "repo = \"alice/tally\"");
    let status = plant.adf(&["status"]).await;
    assert!(status.out.contains("restart it"), "{}", status.out);
}
