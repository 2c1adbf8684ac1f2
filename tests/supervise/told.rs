//! What an agent's CLI tells reaches the end of its run, and its key nobody else.

use crate::support::{Room, adf};
use adf::act::supervise::{probe, read_record};
use adf::model::DenialKind;
use adf::provider::Stream;
use std::{fs, time::Duration};

fn recorded(name: &str) -> String {
    format!("{}/tests/data/streams/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[tokio::test]
async fn session_usage_and_last_words_are_in_the_event_and_on_record() {
    let mut room = Room::new("cat");
    room.spec.stream = Stream::Claude;
    room.spec.stdin = Some(recorded("claude-work.jsonl").into());
    let ended = room.run().await;
    assert_eq!((ended.steps, ended.told.text.as_str()), (1, "All done."));
    assert_eq!(ended.told.usage.output, 40);
    assert!(ended.told.session.is_some());
    let record = read_record(&room.spec.run_dir).unwrap();
    assert_eq!(record.ended.unwrap(), ended);
}

#[tokio::test]
async fn a_denial_on_standard_error_and_a_last_line_without_end_are_read() {
    let mut room = Room::new("cat >&2; printf '{\"type\":\"step_start\",\"sessionID\":\"ses_1\"}'");
    room.spec.stream = Stream::Opencode;
    room.spec.stdin = Some(recorded("opencode-quota.stderr").into());
    let told = room.run().await.told;
    assert_eq!(told.denial.map(|d| d.kind), Some(DenialKind::Quota));
    assert_eq!(told.session.as_deref(), Some("ses_1"));
}

#[tokio::test]
async fn the_agent_alone_gets_the_key_and_files_are_in_its_home() {
    let mut room = Room::new("echo \"$MY_KEY\" | tee key; cat \"$HOME/.x/settings\"");
    room.spec.secret = Some(("MY_KEY".to_owned(), "sk-hidden".to_owned()));
    room.spec.home = [(".x/settings".to_owned(), "furnished".to_owned())].into();
    assert!(!format!("{:?}", room.spec).contains("sk-hidden"));
    room.run().await;
    let key = fs::read_to_string(room.spec.workspace.join("key")).unwrap();
    assert_eq!(key, "sk-hidden\n");
    assert_eq!(
        room.output(),
        "[redacted]\nfurnished",
        "what it says is kept without the key"
    );
    assert!(!room.spec.layout().spec().exists(), "it holds the key");
    let (names, time) = (["sh".to_owned()], Duration::from_secs(60));
    let probed = probe(adf(), &room.spec, &names, time).await.unwrap();
    assert!(probed.is_ok());
    assert!(!room.spec.run_dir.join("probe/home/.x").exists());
}

#[tokio::test]
async fn a_link_in_the_home_leads_no_file_out_of_the_walls() {
    let mut room = Room::new("echo started");
    let (layout, outside) = (room.spec.layout(), room.path("outside"));
    layout.create().unwrap();
    fs::create_dir(&outside).unwrap();
    std::os::unix::fs::symlink(&outside, layout.home().join(".x")).unwrap();
    room.spec.home = [(".x/settings".to_owned(), "planted".to_owned())].into();
    room.run().await;
    assert!(fs::read_dir(&outside).unwrap().next().is_none());
    assert_eq!(room.output(), "started\n");
    assert!(layout.home().join(".x/settings").is_file());
}
