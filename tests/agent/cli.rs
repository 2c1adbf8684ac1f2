//! `adf agent …` inside a run: granted with what will happen, refused with why.

use crate::room::{MORNING, Room, SECRET, issue};
use adf::model::*;
use serde_json::Value;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn each_command_is_answered_with_what_will_happen() {
    let room = Room::new().await;
    let done = room.granted(&["report", "--status", "done", "--summary", "it works"]);
    assert!(done.contains("opens the pull request"), "{done}");
    let mention = room.granted(&["mention", "reviewer", "please check src/lib.rs"]);
    assert!(
        mention.contains("`reviewer` is called: its task is queued on #12"),
        "{mention}"
    );
    let ask = room.granted(&["ask", "A or B?", "--default", "A", "--deadline", "90m"]);
    assert!(
        ask.contains("posted on #12") && ask.contains("in 1h 30m with your default"),
        "{ask}"
    );
    let issue = room.granted(&["issue", "Docs are thin", "--body", "see README"]);
    assert!(issue.contains("1 of 2"), "{issue}");
    let note = room.granted(&["remember", "build", "needs a flag"]);
    assert!(note.contains("kept") && note.contains("1 of 20"), "{note}");
    let kinds: Vec<&str> = room.said().await.iter().map(kind).collect();
    assert_eq!(kinds, ["report", "mention", "ask", "open_issue"]);
}

fn kind(message: &Message) -> &'static str {
    match message {
        Message::Report(_) => "report",
        Message::Ask(_) => "ask",
        Message::Mention(_) => "mention",
        Message::OpenIssue(_) => "open_issue",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn either_stroke_is_a_status_and_json_is_read_from_standard_input() {
    let room = Room::new().await;
    for status in ["needs-clarification", "needs_clarification"] {
        let said = room.granted(&["report", "--status", status, "--summary", "which?"]);
        assert!(said.contains("posted as a question"), "{said}");
    }
    assert_cmd::Command::new(env!("CARGO_BIN_EXE_adf"))
        .args(["agent", "report", "--json", "-"])
        .env("ADF_AGENT_DIR", room.agent_dir())
        .write_stdin(r#"{"status":"needs-clarification","summary":"which?"}"#)
        .assert()
        .success();
    assert_eq!(room.said().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_says_why_and_what_would_work_and_leaves_nothing() {
    let room = Room::new().await;
    room.opened
        .ledger
        .commit(vec![issue(9, false)])
        .await
        .unwrap();
    let refused: [(&[&str], &str); 9] = [
        (
            &["mention", "nobody", "look"],
            "the agents are `developer`, `reviewer`",
        ),
        (&["mention", "Reviewer", "look"], "/agent"),
        (&["mention", "other/reviewer", "look"], "the project `shop`"),
        (
            &["mention", "reviewer", "look, and @adf:developer too"],
            "one message for each agent",
        ),
        (&["mention", "reviewer", "  "], "is not one mention"),
        (
            &["mention", "reviewer", "look", "--issue", "9"],
            "#9 is closed",
        ),
        (
            &["mention", "reviewer", "look", "--issue", "77"],
            "leave `issue` out",
        ),
        (&["remember", "Bad Key", "x"], "/key"),
        (
            &["ask", "A or B?", "--default", "A", "--deadline", "30d"],
            "/deadline_minutes",
        ),
    ];
    for (args, why) in refused {
        let said = room.refused(args);
        assert!(said.contains(why), "{args:?}: {said}");
    }
    assert!(room.said().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mention_may_be_written_as_people_write_it() {
    let room = Room::new().await;
    room.granted(&["mention", "@adf:shop/reviewer", "please look"]);
    let said = room.said().await;
    let [Message::Mention(call)] = said.as_slice() else {
        panic!("{said:?}")
    };
    assert_eq!(
        (call.agent.as_str(), call.project.as_deref()),
        ("reviewer", Some("shop"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_taken_out_before_anything_is_kept() {
    let room = Room::new().await;
    let text = format!("the token is {SECRET}");
    room.granted(&[
        "report",
        "--status",
        "done",
        "--summary",
        &text,
        "--evidence",
        &text,
    ]);
    room.granted(&["ask", &text, "--default", &text]);
    room.granted(&["mention", "reviewer", &text]);
    room.granted(&["issue", &text, "--body", &text]);
    room.granted(&["remember", "token", &text]);
    room.refused(&["remember", SECRET, "x"]);
    let kept = format!("{:?}", room.said().await);
    assert!(
        !kept.contains(SECRET) && kept.contains("[redacted]"),
        "{kept}"
    );
    let context = room.granted(&["context"]);
    assert!(
        !context.contains(SECRET) && context.contains("[redacted]"),
        "{context}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_context_holds_task_roster_limits_and_memory() {
    let mut room = Room::called_through(&["reviewer"]).await;
    room.granted(&["remember", "build", "needs a flag"]);
    room.granted(&["remember", "build", "needs two flags"]);
    room.granted(&["mention", "reviewer", "look"]);
    room.granted(&["ask", "A or B?", "--default", "A"]);
    let context = |room: &Room| -> Value {
        serde_json::from_str(&room.granted(&["context", "--format", "json"])).unwrap()
    };
    let before = context(&room);
    let at = |path: &str| before.pointer(path).cloned().unwrap_or_default();
    assert_eq!(at("/task/instruction"), "please fix it");
    assert_eq!(at("/task/called_by"), serde_json::json!(["reviewer"]));
    assert_eq!(at("/issue/title"), "Issue 12");
    assert_eq!(at("/agents/1/description"), "reads with care");
    assert_eq!(at("/left/mentions"), 2);
    assert_eq!(at("/left/questions"), 0);
    assert_eq!(at("/left/depth"), 2);
    assert_eq!(at("/left/memory_keys_today"), 19);
    assert_eq!(at("/memory/0/text"), "needs two flags");
    assert_eq!(at("/memory/1"), Value::Null, "a key is replaced");
    assert_eq!(at("/memory/0/day"), "2025-11-21");
    let text = room.granted(&["context"]);
    assert!(text.contains("  instruction: please fix it\n"), "{text}");
    // The next run knows what was said; days later the notes are gone.
    room.again(2).await;
    let after = context(&room);
    assert_eq!(after.pointer("/task/attempt"), Some(&Value::from(2)));
    assert_eq!(after.pointer("/left/mentions"), Some(&Value::from(3)));
    assert_eq!(
        after.pointer("/question/question"),
        Some(&Value::from("A or B?"))
    );
    room.clock
        .set(MORNING.plus(Duration::from_secs(7 * 24 * 3600)));
    assert_eq!(
        context(&room).pointer("/memory"),
        Some(&serde_json::json!([]))
    );
}

#[test]
fn outside_of_a_run_the_command_says_so() {
    for args in [
        &["report", "--status", "done", "--summary", "x"][..],
        &["mcp"],
    ] {
        assert_cmd::Command::new(env!("CARGO_BIN_EXE_adf"))
            .arg("agent")
            .args(args)
            .env_remove("ADF_AGENT_DIR")
            .assert()
            .code(1)
            .stderr("this is no run of a factory: ADF_AGENT_DIR is not set; `adf agent` works only in what `adf run` starts\n");
    }
}

#[test]
fn the_schemas_are_those_of_the_socket() {
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_adf"))
        .args(["schema", "agent"])
        .output()
        .unwrap();
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    for kind in Kind::ALL {
        assert_eq!(shown.get(kind.name()), Some(&kind.schema()));
        jsonschema::validator_for(&kind.schema()).expect("a schema");
    }
}
