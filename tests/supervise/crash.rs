//! What is left when the daemon or the supervisor is killed: nothing.

use crate::support::{Room, adf, bounded, end_of, python, until, until_progress};
use adf::act::supervise::{
    RunSpec, empty::kill_process, is_alive, processes, prove_empty, read_record, start,
};
use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

/// Names the spec of the run that [`the_daemon_of_the_next_test`] starts.
const SPEC: &str = "ADF_TEST_DAEMON_SPEC";

#[tokio::test]
#[ignore = "the second process of another test"]
async fn the_daemon_of_the_next_test() {
    let spec = RunSpec::read(Path::new(&std::env::var(SPEC).unwrap())).unwrap();
    let mut run = start(adf(), &spec).await.unwrap();
    while run.next().await.is_some() {}
}

#[tokio::test]
async fn a_killed_daemon_leaves_nothing() {
    let room =
        Room::new("trap '' TERM; setsid sleep MARK & (setsid setsid sleep MARK &); sleep MARK");
    let spec = room.path("spec-for-the-daemon");
    std::fs::write(&spec, serde_json::to_vec(&room.spec).unwrap()).unwrap();
    let mut daemon = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "crash::the_daemon_of_the_next_test"])
        .env(SPEC, &spec)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    room.until_sleepers(3).await;
    let supervisor = read_record(&room.spec.run_dir).unwrap().process;
    assert!(is_alive(&supervisor));
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    room.until_gone().await;
    until("the supervisor ends", || !is_alive(&supervisor)).await;
    let ended = read_record(&room.spec.run_dir).unwrap().ended.unwrap();
    assert_eq!(ended.left, 0);
    bounded("empty", prove_empty(&room.spec.run_dir, Duration::ZERO))
        .await
        .unwrap();
}

#[tokio::test]
async fn what_a_killed_supervisor_orphaned_is_found_and_ended() {
    let room = Room::new(
        r#"trap '' TERM; (env -i setsid sleep MARK </dev/null >/dev/null 2>&1 &) ; setsid sleep MARK &
           echo '{"type":"progress"}'; sleep MARK"#,
    );
    let mut run = room.start().await;
    until_progress(&mut run).await;
    room.until_sleepers(3).await;
    assert!(kill_process(run.process()));
    assert_eq!(
        bounded("the end", run.next()).await,
        None,
        "a lost run has no end of its own"
    );
    assert!(room.sleepers().len() >= 3);
    bounded(
        "empty",
        prove_empty(&room.spec.run_dir, Duration::from_secs(1)),
    )
    .await
    .unwrap();
    assert_eq!(room.sleepers(), Vec::<i32>::new());
}

#[tokio::test]
async fn a_process_that_lets_nobody_look_into_it_is_found_and_ended() {
    let Some(python) = python() else { return };
    // Its folder in /proc is root's from then on, whoever it runs as.
    let code = r#"import ctypes, os, signal; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0);
open("ghost", "w").write(str(os.getpid())); print("{\"type\": \"progress\"}", flush=True); signal.pause()"#;
    let room = Room::new(&format!("env -i setsid {python} -c '{code}' & sleep MARK"));
    let mut run = room.start().await;
    until_progress(&mut run).await;
    let ghost = std::fs::read_to_string(room.path("workspace/ghost")).unwrap();
    let lives =
        || processes::Seen::read(ghost.parse().unwrap()).is_some_and(|seen| !seen.is_dead());
    assert!(lives() && kill_process(run.process()));
    assert_eq!(bounded("the end", run.next()).await, None);
    assert!(lives());
    let second = Duration::from_secs(1);
    let proof = prove_empty(&room.spec.run_dir, second);
    bounded("empty", proof).await.unwrap();
    assert!(!lives(), "{ghost}");
}

#[tokio::test]
async fn a_supervisor_that_outlives_its_grace_is_ended_with_its_tree() {
    let room =
        Room::new(r#"trap '' TERM; setsid sleep MARK & echo '{"type":"progress"}'; sleep MARK"#);
    let mut run = room.start().await;
    until_progress(&mut run).await;
    room.until_sleepers(2).await;
    bounded("empty", prove_empty(&room.spec.run_dir, Duration::ZERO))
        .await
        .unwrap();
    assert_eq!(room.sleepers(), Vec::<i32>::new());
    assert_eq!(end_of(&mut run).await.left, 0);
}

#[tokio::test]
async fn proving_one_run_empty_leaves_another_factorys_of_the_same_name_alone() {
    let (one, mut other) = (
        Room::new(r#"echo '{"type":"progress"}'; sleep MARK"#),
        Room::new(r#"echo '{"type":"progress"}'; sleep MARK"#),
    );
    // Two factories on one machine, for two forges, count alike.
    other.spec.run = one.spec.run.clone();
    let name = one.spec.run.to_string();
    other.spec.env.insert("ADF_RUN".to_owned(), name);
    let (mut first, mut second) = (one.start().await, other.start().await);
    until_progress(&mut first).await;
    until_progress(&mut second).await;
    other.until_sleepers(1).await;
    bounded("empty", prove_empty(&one.spec.run_dir, Duration::ZERO))
        .await
        .unwrap();
    assert_eq!(other.sleepers().len(), 1);
    second.kill();
    assert_eq!(end_of(&mut second).await.left, 0);
}

#[tokio::test]
async fn a_directory_that_never_held_a_run_is_empty() {
    let dir = tempfile::tempdir().unwrap();
    prove_empty(dir.path(), Duration::ZERO).await.unwrap();
    prove_empty(&dir.path().join("none"), Duration::ZERO)
        .await
        .unwrap();
}
