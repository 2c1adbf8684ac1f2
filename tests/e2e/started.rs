//! Starts that wait for the world, and two that want the same state.

use crate::factory::{Daemon, Factory};
use crate::plant::{BOUND, DELIVERED, MENTION, Plant, Traces, until_is, until_true};
use adf::sandbox::{Fault, FaultKind};
use std::net::TcpListener;
use tokio::net::UnixDatagram;

/// A port of this machine on which nobody listens.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forge_that_does_not_answer_is_waited_for_and_the_factory_comes_up_with_it() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    plant.forge.push_fault(Fault::new("*", FaultKind::Drop));
    let mut daemon = factory.start();
    let line = daemon.until_said("trying again in").await;
    assert!(line.contains("[gitea] url"), "{line}");
    assert!(daemon.is_alive());
    plant.forge.clear_faults();
    daemon.until_said("\"ready\"").await;
    plant.say(plant.world.bug, "alice", MENTION);
    plant.result(plant.world.bug).await;
    until_is(DELIVERED, || plant.traces(plant.world.bug)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_at_a_port_where_nobody_listens_waits_and_ends_at_once_when_it_is_asked_to() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    factory.edit(
        plant.forge.url(),
        &format!("http://127.0.0.1:{}", free_port()),
    );
    let mut daemon = factory.start();
    daemon.until_said("trying again in").await;
    assert_eq!(daemon.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_daemon_on_the_same_state_exits_75_and_names_the_first() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let first = factory.run().await;
    let said = factory.adf(&["run"]).await;
    assert_eq!(said.code, Some(75), "{said:?}");
    let pid = first.pid().to_string();
    assert!(said.err.contains(&pid), "{pid}: {}", said.err);
    assert!(said.err.contains("stop that one first"), "{}", said.err);
    // The first is none the worse for it.
    plant.say(plant.world.bug, "alice", MENTION);
    plant.result(plant.world.bug).await;
    until_is(DELIVERED, || plant.traces(plant.world.bug)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_of_a_newer_adf_is_left_alone_with_the_remedy() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let mut daemon = factory.run().await;
    assert_eq!(daemon.stop().await, Some(0));
    let path = std::fs::read_dir(factory.state())
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .find(|path| std::fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3\0")))
        .expect("a ledger");
    let newer = rusqlite::Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 999).unwrap();
    newer.close().unwrap();
    let before = std::fs::read(&path).unwrap();
    for command in [&["run"][..], &["status"], &["plan"], &["explain", "1"]] {
        let said = factory.adf(command).await;
        assert_eq!(said.code, Some(1), "{command:?}: {said:?}");
        assert!(said.err.contains("schema 999"), "{}", said.err);
        assert!(said.err.contains("install the newer adf"), "{}", said.err);
    }
    assert!(std::fs::read(&path).unwrap() == before, "it was written to");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archived_repository_is_told_to_the_operator_and_waited_for() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let (repo, bug) = (plant.world.repo.as_str(), plant.world.bug);
    plant.forge.archive(repo, true).unwrap();
    let mut daemon = factory.run().await;
    daemon.until_said("is archived; unarchive it").await;
    let status = factory.adf(&["status"]).await;
    assert!(status.out.contains("is archived"), "{}", status.out);
    assert!(daemon.is_alive());
    plant.forge.archive(repo, false).unwrap();
    plant.say(bug, "alice", MENTION);
    plant.result(bug).await;
    until_is(DELIVERED, || plant.traces(bug)).await;
    daemon.until_said("\"over\":true").await;
    let status = factory.adf(&["status"]).await;
    assert!(!status.out.contains("is archived"), "{}", status.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_meets_an_archived_repository_is_kept_and_delivered_when_it_is_woken() {
    let plant = Plant::new().await;
    let script = "until [ -e GATE/go ]; do sleep 0.05; done; echo kept > kept.txt";
    let factory = Factory::shell(&plant, script);
    let (repo, bug) = (plant.world.repo.as_str(), plant.world.bug);
    let mut daemon = factory.run().await;
    plant.say(bug, "alice", MENTION);
    plant.status(bug, "working (attempt 1)").await;
    plant.forge.archive(repo, true).unwrap();
    factory.open("go");
    let line = daemon.until_said("push did not happen").await;
    assert!(line.contains("archived"), "{line}");
    assert!(daemon.is_alive());
    assert!(plant.branches(bug).is_empty());
    plant.forge.archive(repo, false).unwrap();
    plant.result(bug).await;
    // That it waits is said once, if the forge takes comments again before the delivery is out.
    until_true("delivered, and what held it said once at most", || {
        let traces = plant.traces(bug);
        let replies = traces.replies.min(1);
        traces
            == Traces {
                replies,
                ..DELIVERED
            }
    })
    .await;
    let branch = plant.branches(bug).remove(0);
    let file = plant.forge.file_at(repo, &branch, "kept.txt");
    assert_eq!(file.as_deref(), Some("kept\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_repository_is_said_where_people_see_it() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    plant.forge.add_repo("alice", "blank", &[]).unwrap();
    plant
        .forge
        .add_collaborator("alice/blank", "adf", adf::sandbox::Permission::Write)
        .unwrap();
    let issue = plant.forge.open_issue("alice/blank", "alice", "Begin", "");
    let issue = issue.unwrap();
    factory.edit("alice/tally", "alice/blank");
    let _daemon = factory.run().await;
    let said = plant.forge.comment("alice/blank", issue, "alice", MENTION);
    said.unwrap();
    until_true("it is said", || {
        let comments = plant.forge.comments("alice/blank", issue);
        let told = |c: &adf::sandbox::CommentView| {
            c.author == "adf" && c.body.contains("has no commit yet")
        };
        comments.iter().any(told)
    })
    .await;
}

/// A factory under a service manager that wants to hear from it so often, in microseconds.
fn managed(plant: &Plant, watchdog: &str) -> (Daemon, UnixDatagram) {
    let socket = plant.path("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    let variables = [
        ("NOTIFY_SOCKET", socket.to_str().unwrap()),
        ("WATCHDOG_USEC", watchdog),
    ];
    let daemon = Factory::scripted(plant, "happy").start_with(&variables);
    (daemon, manager)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_manager_that_reads_nothing_holds_up_nothing() {
    let plant = Plant::new().await;
    let (mut daemon, manager) = managed(&plant, "20000");
    daemon.until_said("\"ready\"").await;
    // The kernel keeps a few messages for it; the others would wait for ever.
    for issue in [plant.world.bug, plant.world.issues[2]] {
        plant.say(issue, "alice", MENTION);
        plant.result(issue).await;
    }
    daemon.signal(rustix::process::Signal::TERM);
    assert_eq!(daemon.ended().await, Some(0));
    drop(manager);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_manager_is_told_ready_status_and_stopping() {
    let plant = Plant::new().await;
    let (mut daemon, manager) = managed(&plant, "400000");
    let heard = |wanted: &'static str| {
        let manager = &manager;
        async move {
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
            let heard = tokio::time::timeout(BOUND, hear).await;
            heard.unwrap_or_else(|_| panic!("never told {wanted}"))
        }
    };
    heard("READY=1").await;
    let pulse = heard("WATCHDOG=1").await;
    assert!(pulse.contains("STATUS=0 open tasks, 0 runs"), "{pulse}");
    heard("WATCHDOG=1").await;
    daemon.signal(rustix::process::Signal::TERM);
    heard("STOPPING=1").await;
    assert_eq!(daemon.ended().await, Some(0));
}
