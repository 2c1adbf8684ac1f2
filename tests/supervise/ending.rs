//! How runs end: by themselves, by limits, by order; and that nothing is left.

use crate::support::{Room, adf, bounded, end_of, until_progress};
use adf::{
    act::supervise::{Event, SuperviseError, is_alive, read_record, start},
    model::Exit,
};
use std::time::{Duration, Instant};

const PROGRESS: &str = r#"echo '{"type":"progress"}';"#;

#[tokio::test]
async fn grandchildren_in_sessions_of_their_own_end_with_the_run() {
    let room = Room::new(&format!(
        "setsid sleep MARK & (setsid sh -c 'setsid sleep MARK & exit' &) ; {PROGRESS} wait; sleep MARK"
    ));
    let mut run = room.start().await;
    until_progress(&mut run).await;
    room.until_sleepers(2).await;
    run.stop();
    let ended = end_of(&mut run).await;
    assert_eq!((ended.exit, ended.left), (Exit::Interrupted, 0));
    assert_eq!(room.sleepers(), Vec::<i32>::new());
}

#[tokio::test]
async fn what_an_agent_leaves_behind_is_ended_and_its_own_exit_stands() {
    let room = Room::new("(setsid sleep MARK &) ; (trap '' TERM; setsid sleep MARK &); exit 3");
    let mut spec = room.spec.clone();
    spec.limits.grace_ms = 100;
    let mut run = start(adf(), &spec).await.unwrap();
    let ended = end_of(&mut run).await;
    assert_eq!((ended.exit, ended.left), (Exit::Code(3), 0));
    assert_eq!(room.sleepers(), Vec::<i32>::new());
}

#[tokio::test]
async fn an_agent_that_heeds_term_has_time_to_save_its_work() {
    let room = Room::new(&format!(
        "trap 'echo saved > work; exit 0' TERM; {PROGRESS} while :; do sleep MARK & wait $!; done"
    ));
    let mut run = room.start().await;
    until_progress(&mut run).await;
    room.until_sleepers(1).await;
    run.stop();
    assert_eq!(end_of(&mut run).await.exit, Exit::Interrupted);
    let saved = std::fs::read_to_string(room.path("workspace/work")).unwrap();
    assert_eq!(saved, "saved\n");
}

#[tokio::test]
async fn an_agent_that_ignores_term_is_killed_after_its_grace() {
    let room = Room::new(&format!(
        "trap 'echo heard' TERM; (trap '' TERM; exec sleep MARK) & {PROGRESS} while :; do wait; done"
    ));
    let mut spec = room.spec.clone();
    spec.limits.grace_ms = 300;
    let mut run = start(adf(), &spec).await.unwrap();
    until_progress(&mut run).await;
    room.until_sleepers(1).await;
    let asked = Instant::now();
    run.stop();
    let ended = end_of(&mut run).await;
    assert!(asked.elapsed() >= Duration::from_millis(300));
    assert_eq!((ended.exit, ended.left), (Exit::Interrupted, 0));
    assert!(room.output().contains("heard"));
    assert_eq!(room.sleepers(), Vec::<i32>::new());
}

#[tokio::test]
async fn a_second_stop_does_not_wait_for_the_grace() {
    let room = Room::new(&format!(
        "trap '' TERM; {PROGRESS} while :; do sleep MARK; done"
    ));
    let mut run = room.start().await;
    until_progress(&mut run).await;
    run.stop();
    run.stop();
    let ended = end_of(&mut run).await;
    assert_eq!((ended.exit, ended.left), (Exit::Interrupted, 0));
}

#[tokio::test]
async fn dropping_a_run_ends_all_of_it_at_once() {
    let room = Room::new(&format!(
        "trap '' TERM; setsid sleep MARK & {PROGRESS} sleep MARK"
    ));
    let mut run = room.start().await;
    until_progress(&mut run).await;
    room.until_sleepers(2).await;
    let supervisor = run.process().clone();
    drop(run);
    room.until_gone().await;
    crate::support::until("the supervisor ends", || !is_alive(&supervisor)).await;
    let ended = read_record(&room.spec.run_dir).unwrap().ended.unwrap();
    assert_eq!((ended.exit, ended.left), (Exit::Interrupted, 0));
}

#[tokio::test]
async fn a_run_is_stopped_at_its_wall_time() {
    let room = Room::new("sleep MARK");
    let mut spec = room.spec.clone();
    spec.limits.wall_ms = 200;
    let ended = end_of(&mut start(adf(), &spec).await.unwrap()).await;
    assert_eq!((ended.exit, ended.left), (Exit::WallTime, 0));
}

#[tokio::test]
async fn a_run_is_stopped_at_the_first_step_above_its_limit() {
    let room = Room::new(r#"while :; do echo '{"type":"step"}'; done"#);
    let mut spec = room.spec.clone();
    spec.limits.steps = 7;
    let ended = end_of(&mut start(adf(), &spec).await.unwrap()).await;
    assert_eq!((ended.exit, ended.left), (Exit::Steps, 0));
    assert!(ended.steps > 7);
}

#[tokio::test]
async fn steps_at_the_limit_are_counted_and_told_and_stop_nothing() {
    let room =
        Room::new(r#"for n in 1 2 3; do echo '{"type":"step"}'; done; cat >/dev/null; sleep 0.3"#);
    let mut spec = room.spec.clone();
    spec.limits.steps = 3;
    let mut run = start(adf(), &spec).await.unwrap();
    let mut told = 0;
    let ended = loop {
        match bounded("an event", run.next()).await {
            Some(Event::Step { count }) => told = count,
            Some(Event::Exited(ended)) => break ended,
            Some(_) => {}
            None => panic!("lost"),
        }
    };
    assert_eq!((ended.exit, ended.steps, told), (Exit::Code(0), 3, 3));
}

#[tokio::test]
async fn a_signal_that_the_factory_did_not_send_is_said() {
    let ended = Room::new("kill -9 $$").run().await;
    assert_eq!(ended.exit, Exit::Signal(9));
}

#[tokio::test]
async fn a_storm_of_forks_is_ended() {
    let room = Room::new(&format!(
        "trap '' TERM; b() {{ while [ $n -lt 150 ]; do n=$((n+1)); setsid sleep MARK & done; {PROGRESS} \
         while :; do /bin/true & setsid sh -c 'sleep MARK' & wait $!; done; }}; n=0; b"
    ));
    let mut run = room.start().await;
    until_progress(&mut run).await;
    run.kill();
    let ended = end_of(&mut run).await;
    assert_eq!((ended.exit, ended.left), (Exit::Interrupted, 0));
    assert_eq!(room.sleepers(), Vec::<i32>::new());
}

#[tokio::test]
async fn a_program_that_is_not_there_is_a_start_that_failed_and_names_the_remedy() {
    let room = Room::new("");
    let mut spec = room.spec.clone();
    spec.argv = vec!["no-such-agent".into()];
    let ended = end_of(&mut start(adf(), &spec).await.unwrap()).await;
    assert_eq!(ended.exit, Exit::NotStarted { waits: true });
    assert!(ended.reason.contains("no-such-agent") && ended.reason.contains("[walls] read"));

    spec.workspace = room.path("no-workspace");
    let ended = end_of(&mut start(adf(), &spec).await.unwrap()).await;
    assert_eq!(ended.exit, Exit::NotStarted { waits: true });
    assert!(ended.reason.contains("no-workspace"), "{}", ended.reason);
}

#[tokio::test]
async fn the_exit_code_of_refused_walls_cannot_be_faked() {
    let ended = Room::new("exit 125").run().await;
    assert_eq!(ended.exit, Exit::Code(125));
}

#[tokio::test]
async fn a_run_directory_has_one_supervisor() {
    let room = Room::new(&format!("{PROGRESS} sleep MARK"));
    let mut run = room.start().await;
    until_progress(&mut run).await;
    let second = start(adf(), &room.spec).await;
    assert!(matches!(second, Err(SuperviseError::Locked(_))));
    run.kill();
    end_of(&mut run).await;
    let mut again = room.start().await;
    until_progress(&mut again).await;
}

#[tokio::test]
async fn the_record_tells_who_supervises_and_how_it_ended() {
    let room = Room::new(&format!("{PROGRESS} sleep MARK; exit 4"));
    let mut run = room.start().await;
    until_progress(&mut run).await;
    let before = read_record(&room.spec.run_dir).unwrap();
    assert_eq!(&before.process, run.process());
    assert!(before.ended.is_none() && is_alive(&before.process));
    run.kill();
    let ended = end_of(&mut run).await;
    let after = read_record(&room.spec.run_dir).unwrap();
    assert_eq!(after.ended, Some(ended));
    assert!(after.walls.unwrap().contains("fully enforced"));
    assert!(!is_alive(&after.process));
}
