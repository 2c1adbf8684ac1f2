//! `adf plan`: what would happen, and why not for the rest, without a trace.

use crate::factory::Factory;
use crate::plant::{MENTION, NOTHING, Plant};
use adf::sandbox::{Fault, FaultKind};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Duration,
};

/// Every file below a folder with its bytes and its time of change, but the
/// index of the ledger's log, which whoever reads the ledger writes his place into.
fn content(dir: &Path) -> BTreeMap<PathBuf, (Vec<u8>, std::time::SystemTime)> {
    let mut files = BTreeMap::new();
    let Ok(entries) = std::fs::read_dir(dir) else {
        return files;
    };
    for entry in entries.flatten() {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            files.extend(content(&path));
        } else if kind.is_file() && !path.ends_with("ledger.db-shm") {
            let changed = entry.metadata().unwrap().modified().unwrap();
            files.insert(path.clone(), (std::fs::read(&path).unwrap(), changed));
        }
    }
    files
}

/// The requests since so many were answered.
fn requests_since(plant: &Plant, before: usize) -> Vec<(String, String)> {
    let log = plant.forge.request_log().into_iter().skip(before);
    log.map(|line| (line.method, line.path)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn before_the_first_start_it_tells_what_it_would_do_and_leaves_no_state() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let (bug, publish) = (plant.world.bug, plant.world.issues[1]);
    plant.say(bug, "alice", MENTION);
    plant.say(publish, "bob", "@adf:developer publish it");
    let said = factory
        .adf(&["plan", "--since", "2020-01-01T00:00:00Z"])
        .await;
    assert_eq!(said.code, Some(0), "{said:?}");
    let row = |what: &str, issue: u64| {
        let start = format!("{what} #{issue} ");
        let mut lines = said.out.lines().map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words.join(" ")
        });
        lines.find(|line| line.starts_with(&start))
    };
    let accept = row("accept", bug).expect(&said.out);
    assert!(accept.contains("developer"), "{accept}");
    assert!(accept.contains("asked by alice"), "{accept}");
    let refuse = row("refuse", publish).expect(&said.out);
    assert!(
        refuse.contains("may not command the factory; by bob"),
        "{refuse}"
    );

    assert!(!factory.state().exists(), "the state directory was made");
    let writes = requests_since(&plant, 0);
    assert!(!writes.is_empty());
    assert!(
        writes.iter().all(|(method, _)| method == "GET"),
        "{writes:?}"
    );
    assert_eq!(plant.traces(bug), NOTHING);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mention_from_before_the_first_start_is_listed_and_not_run() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    plant.say(plant.world.bug, "alice", MENTION);
    let later = ["plan", "--since", "2126-01-01T00:00:00Z"];
    let said = factory.adf(&later).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains("Nothing to do now."), "{}", said.out);
    assert!(
        said.out.contains("before the factory began to listen"),
        "{}",
        said.out
    );
    let asked = [&later[..], &["--format", "json"]].concat();
    let plan = factory.adf(&asked).await.json();
    assert_eq!(plan["skips"][0]["reason"]["why"], "older", "{plan}");
    assert_eq!(plan["skips"][0]["issue"], plant.world.bug);
    assert_eq!(plan["decisions"], serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beside_a_stopped_factory_it_changes_no_byte_and_only_reads() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let mut daemon = factory.run().await;
    plant.say(plant.world.bug, "alice", MENTION);
    plant.result(plant.world.bug).await;
    daemon.until_said("\"sweep:").await;
    assert_eq!(daemon.stop().await, Some(0));
    let readme = plant.world.issues[2];
    plant.say(readme, "carol", "@adf:developer say it in the README");

    let (before, requests) = (content(&factory.dir), plant.forge.request_log().len());
    assert!(before.len() > 3, "{:?}", before.keys());
    let said = factory.adf(&["plan", "--format", "json"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    let plan = said.json();
    assert_eq!(plan["decisions"][0]["what"], "accept", "{plan}");
    assert_eq!(plan["decisions"][0]["issue"], readme);
    assert!(
        plan["decisions"][1].is_null(),
        "the done task again: {plan}"
    );

    let after = content(&factory.dir);
    let names = |files: &BTreeMap<PathBuf, _>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&after), names(&before));
    for (path, was) in before {
        assert!(after[&path] == was, "{} was touched", path.display());
    }
    let reads = requests_since(&plant, requests);
    assert!(reads.iter().all(|(method, _)| method == "GET"), "{reads:?}");
    assert_eq!(plant.traces(readme), NOTHING);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beside_a_ledger_that_nobody_has_open_no_command_leaves_a_file() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let state = factory.dir.join("a state?#%41 of its own");
    factory.edit("\"state\"", &format!("{:?}", state.to_str().unwrap()));
    let mut daemon = factory.run().await;
    plant.say(plant.world.bug, "alice", MENTION);
    plant.result(plant.world.bug).await;
    assert_eq!(daemon.stop().await, Some(0));
    // Whoever closes it last and may write takes its log and index away.
    let last = rusqlite::Connection::open(state.join("ledger.db")).unwrap();
    let count = "SELECT count(*) FROM task";
    assert_eq!(last.query_row(count, [], |row| row.get(0)), Ok(1));
    last.close().unwrap();
    let names = || -> BTreeSet<_> {
        let entries = std::fs::read_dir(&state).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect()
    };
    let before = names();
    assert!(
        !before.iter().any(|name| name == "ledger.db-wal"),
        "{before:?}"
    );
    for command in [&["plan"][..], &["status"], &["explain", "1"]] {
        let said = factory.adf(command).await;
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{command:?}");
        assert_eq!(names(), before, "{command:?}");
    }
    let story = factory.adf(&["explain", "1"]).await;
    assert!(story.out.contains("by alice"), "{}", story.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_without_the_forge_is_no_success() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    plant.forge.push_fault(Fault::new("*", FaultKind::Drop));
    let said = factory.adf(&["plan"]).await;
    assert_eq!(said.code, Some(1), "it may be mended: {said:?}");
    assert!(
        said.err.contains("check that the forge runs"),
        "{}",
        said.err
    );
    plant.forge.clear_faults();
    factory.edit("alice/tally", "alice/tale");
    // However late it is known, it is the repository that is said to be wrong.
    let late = FaultKind::Latency(Duration::from_millis(300));
    plant.forge.push_fault(Fault::new("GET */alice/tale", late));
    let said = factory.adf(&["plan"]).await;
    assert_eq!(said.code, Some(69), "it is refused: {said:?}");
    assert!(said.err.contains("alice/tale"), "{}", said.err);
    assert!(!factory.state().exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beside_a_running_factory_it_says_who_works() {
    let plant = Plant::new().await;
    let factory = Factory::shell(&plant, "until [ -e GATE/go ]; do sleep 0.05; done");
    let _daemon = factory.run().await;
    plant.say(plant.world.bug, "alice", MENTION);
    plant.status(plant.world.bug, "working (attempt 1)").await;
    let said = factory.adf(&["plan"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains("works on it"), "{}", said.out);
    factory.open("go");
    plant.result(plant.world.bug).await;
}
