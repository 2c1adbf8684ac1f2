//! Floods cost a file of a named size, no memory and no deadlock.

use crate::support::{Room, adf, end_of, until_progress};
use adf::{
    act::supervise::{Event, start},
    model::Exit,
};

#[tokio::test]
async fn a_flood_keeps_its_head_and_tail_and_costs_no_memory() {
    const FLOOD: u64 = 128 << 20;
    let room = Room::new(&format!(
        r#"echo first; yes xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx | head -c {FLOOD}
           echo last; echo '{{"type":"progress"}}'; sleep MARK"#
    ));
    let mut run = room.start().await;
    until_progress(&mut run).await;
    let status = std::fs::read_to_string(format!("/proc/{}/status", run.process().pid)).unwrap();
    let peak: u64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_ascii_whitespace().next()?.parse().ok())
        .unwrap();
    assert!(
        peak < 40 * 1024,
        "the supervisor's memory peaked at {peak} KiB"
    );
    run.kill();
    let ended = end_of(&mut run).await;
    assert!(ended.output_bytes > FLOOD);
    let text = room.output();
    let cap = room.spec.limits.output_bytes;
    let size = u64::try_from(text.len()).unwrap();
    assert!(size <= cap + 100, "{size} bytes kept");
    assert_eq!(ended.output_cut, ended.output_bytes - cap);
    assert!(text.starts_with("first\nxxxx"));
    assert!(text.contains(&format!(
        "[adf: {} bytes of output were cut here]",
        ended.output_cut
    )));
    assert!(text.contains("last\n"));
}

#[tokio::test]
async fn a_flood_without_line_ends_and_on_both_streams_does_not_block() {
    let room =
        Room::new("head -c 20000000 /dev/zero & head -c 20000000 /dev/zero >&2; wait; exit 6");
    let ended = room.run().await;
    assert_eq!(
        (ended.exit, ended.output_bytes),
        (Exit::Code(6), 40_000_000)
    );
}

#[tokio::test]
async fn an_agent_that_floods_while_it_is_asked_to_end_still_ends() {
    let room = Room::new(
        r#"trap 'yes | head -c 3000000; exit 0' TERM; echo '{"type":"progress"}'; while :; do sleep 0.05; done"#,
    );
    let mut run = room.start().await;
    until_progress(&mut run).await;
    run.stop();
    let ended = end_of(&mut run).await;
    assert_eq!(ended.left, 0);
    assert!(ended.output_bytes >= 3_000_000);
}

#[tokio::test]
async fn events_are_few_however_many_signs_there_are() {
    let room = Room::new(r#"yes '{"type":"progress"}' | head -n 200000"#);
    let mut run = start(adf(), &room.spec).await.unwrap();
    let mut events = 0;
    loop {
        match crate::support::bounded("an event", run.next()).await {
            Some(Event::Exited(_)) => break,
            _ => events += 1,
        }
    }
    assert!((2..2000).contains(&events), "{events} events");
}
