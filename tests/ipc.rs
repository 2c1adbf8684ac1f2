//! The local sockets, spoken to as a stranger would.

#![expect(clippy::unwrap_used, reason = "tests fail by panic")]

use adf::{
    ipc::{
        agent::{AgentSocket, REQUESTS_MAX, serve_agent},
        operator::{AskError, ask, serve_operator},
        request::Request,
        tell::{TellError, tell},
    },
    model::{Kind, Message, RunId},
};
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    os::unix::{fs::PermissionsExt, net::UnixStream},
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::task::spawn_blocking;

const WAIT: Duration = Duration::from_secs(60);

type Taken = Arc<Mutex<Vec<Request>>>;

async fn serve(dir: &Path) -> (AgentSocket, Taken) {
    let taken = Taken::default();
    let put = Arc::clone(&taken);
    let socket = serve_agent(dir, RunId::from("t-1"), move |request| {
        let refuse =
            matches!(&request, Request::Say(Message::Report(r)) if r.summary == "refuse me");
        put.lock().unwrap().push(request);
        let taken = put.lock().unwrap().len();
        Box::pin(async move {
            if refuse {
                Err("the ledger is full".to_owned())
            } else {
                Ok(json!(format!("taken as {taken}")))
            }
        })
    })
    .await
    .unwrap();
    (socket, taken)
}

async fn say_kind(dir: &Path, kind: Kind, value: Value) -> Result<Value, TellError> {
    let dir = dir.to_owned();
    spawn_blocking(move || tell(&dir, kind, &value, WAIT))
        .await
        .unwrap()
}

async fn send(dir: &Path, value: Value) -> Result<Value, TellError> {
    say_kind(dir, Kind::Report, value).await
}

/// Says raw bytes and gives back the answer.
async fn say(dir: &Path, bytes: Vec<u8>) -> String {
    let path = dir.join("agent.sock");
    spawn_blocking(move || {
        let mut stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(WAIT)).unwrap();
        // The peer may stop reading and answer before it has all.
        let _ = stream.write_all(&bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    })
    .await
    .unwrap()
}

fn good() -> Value {
    json!({"status": "done", "summary": "fixed it", "evidence": ["cargo test: ok"]})
}

#[tokio::test]
async fn requests_keep_their_order_and_the_handlers_word_is_the_answer() {
    let dir = tempfile::tempdir().unwrap();
    let (_socket, taken) = serve(dir.path()).await;
    assert_eq!(send(dir.path(), good()).await.unwrap(), "taken as 1");
    let refused = send(
        dir.path(),
        json!({"status": "blocked", "summary": "refuse me"}),
    )
    .await;
    assert_eq!(refused.unwrap_err().to_string(), "the ledger is full");
    let context = say_kind(dir.path(), Kind::Context, json!({})).await;
    assert_eq!(context.unwrap(), "taken as 3");
    let last = taken.lock().unwrap().pop();
    assert_eq!(last, Some(Request::Context));
}

#[tokio::test]
async fn each_kind_is_held_to_its_own_schema_and_shown_how_it_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let (_socket, taken) = serve(dir.path()).await;
    let bad = [
        (Kind::Ask, json!({"question": "which?"}), "default"),
        (
            Kind::Ask,
            json!({"question": "q", "default": "d", "deadline_minutes": 0}),
            "/deadline_minutes",
        ),
        (
            Kind::Mention,
            json!({"agent": "Reviewer", "instruction": "look"}),
            "/agent",
        ),
        (Kind::Mention, json!({"agent": "reviewer"}), "instruction"),
        (Kind::Remember, json!({"key": "a b", "text": "x"}), "/key"),
        (Kind::Context, json!({"all": true}), "all"),
        (Kind::OpenIssue, json!({"title": "", "body": "x"}), "/title"),
    ];
    for (kind, fields, place) in bad {
        let said = say_kind(dir.path(), kind, fields)
            .await
            .unwrap_err()
            .to_string();
        assert!(
            said.contains(place) && said.contains("adf agent "),
            "{said}"
        );
    }
    assert!(taken.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_message_of_no_kind_or_of_two_is_refused_with_the_kinds() {
    let dir = tempfile::tempdir().unwrap();
    let (_socket, taken) = serve(dir.path()).await;
    let key = std::fs::read_to_string(dir.path().join("agent.key")).unwrap();
    for message in [
        json!({"key": key}),
        json!({"key": key, "shout": {}}),
        json!({"key": key, "context": {}, "report": good()}),
        json!({"context": {}}),
        json!([key, "context"]),
    ] {
        let answer = say(dir.path(), message.to_string().into_bytes()).await;
        assert!(answer.contains("\\\"open_issue\\\""), "{answer}");
    }
    assert!(taken.lock().unwrap().is_empty());
}

#[tokio::test]
async fn all_faults_of_a_report_are_said_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let (_socket, taken) = serve(dir.path()).await;
    let bad = json!({"status": "finished", "summary": "", "evidence": "none", "extra": 1});
    let said = send(dir.path(), bad).await.unwrap_err().to_string();
    for word in [
        "/status",
        "needs_clarification",
        "/summary",
        "/evidence",
        "extra",
    ] {
        assert!(said.contains(word), "{word} in {said}");
    }
    assert!(
        send(dir.path(), json!({"status": "done"}))
            .await
            .unwrap_err()
            .to_string()
            .contains("summary")
    );
    let long = json!({"status": "done", "summary": "x".repeat(4001)});
    assert!(send(dir.path(), long).await.is_err());
    assert!(taken.lock().unwrap().is_empty());
}

#[tokio::test]
async fn without_the_key_nothing_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let (_socket, taken) = serve(dir.path()).await;
    let key = std::fs::read_to_string(dir.path().join("agent.key")).unwrap();
    // One key in sixty holds no `0`, so its first digit is changed, whatever it is.
    let other: String = "g".chars().chain(key.chars().skip(1)).collect();
    for key in ["", "0", &other, &format!("{key}0")] {
        let message = json!({"key": key, "report": good()}).to_string();
        let answer = say(dir.path(), message.into_bytes()).await;
        assert!(answer.contains("the key is not this run's"), "{answer}");
    }
    assert!(taken.lock().unwrap().is_empty());
}

#[tokio::test]
async fn garbage_silence_and_floods_are_answered_or_dropped_and_the_next_one_is_served() {
    let dir = tempfile::tempdir().unwrap();
    let (_socket, taken) = serve(dir.path()).await;
    assert!(
        say(dir.path(), b"\xff\xfe{]\n".to_vec())
            .await
            .contains("\"ok\":false")
    );
    assert!(say(dir.path(), Vec::new()).await.contains("\"ok\":false"));
    let flood = say(dir.path(), vec![b'x'; 1 << 20]).await;
    assert!(flood.contains("larger than 65536 bytes"), "{flood}");
    let silent: Vec<_> = (0..7)
        .map(|_| UnixStream::connect(dir.path().join("agent.sock")).unwrap())
        .collect();
    send(dir.path(), good()).await.unwrap();
    drop(silent);
    assert_eq!(taken.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_run_has_a_bounded_number_of_requests() {
    let dir = tempfile::tempdir().unwrap();
    let (_socket, taken) = serve(dir.path()).await;
    for _ in 0..REQUESTS_MAX {
        send(dir.path(), good()).await.unwrap();
    }
    let said = send(dir.path(), good()).await.unwrap_err().to_string();
    assert!(said.contains("1000 requests already"), "{said}");
    assert_eq!(taken.lock().unwrap().len(), 1000);
}

#[tokio::test]
async fn socket_and_key_die_with_the_run_and_a_new_one_has_another_key() {
    let dir = tempfile::tempdir().unwrap();
    let (socket, _) = serve(dir.path()).await;
    let key = dir.path().join("agent.key");
    let first = std::fs::read_to_string(&key).unwrap();
    for path in [&key, &dir.path().join("agent.sock")] {
        assert_eq!(
            std::fs::metadata(path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    drop(socket);
    assert!(!key.exists() && !dir.path().join("agent.sock").exists());
    let gone = send(dir.path(), good()).await.unwrap_err();
    assert!(gone.to_string().contains("the run may be over"), "{gone}");
    let (_socket, _) = serve(dir.path()).await;
    assert_ne!(std::fs::read_to_string(&key).unwrap(), first);
}

#[tokio::test]
async fn paths_longer_than_a_socket_address_work() {
    let dir = tempfile::tempdir().unwrap();
    let long = dir.path().join("x".repeat(120)).join("y".repeat(120));
    std::fs::create_dir_all(&long).unwrap();
    let (_socket, taken) = serve(&long).await;
    send(&long, good()).await.unwrap();
    assert_eq!(taken.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn the_operator_gets_answers_and_refusals_and_a_dead_factory_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_owned();
    let question = move |path: &Path, word: &'static str| {
        let path = path.to_owned();
        spawn_blocking(move || ask(&path, word, WAIT))
    };
    assert!(matches!(
        question(&path, "status").await.unwrap(),
        Err(AskError::NotRunning { .. })
    ));
    let socket = serve_operator(&path, |word| {
        Box::pin(async move {
            match word.as_str() {
                "status" => Ok(json!({"runs": 2, "big": "x".repeat(200_000)})),
                other => Err(format!("unknown question {other:?}")),
            }
        })
    })
    .await
    .unwrap();
    let answer = question(&path, "status").await.unwrap().unwrap();
    assert_eq!(answer.get("runs"), Some(&json!(2)));
    let refused = question(&path, "stop").await.unwrap().unwrap_err();
    assert_eq!(refused.to_string(), "unknown question \"stop\"");
    assert_eq!(
        std::fs::metadata(path.join("adf.sock"))
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o600
    );
    drop(socket);
    assert!(matches!(
        question(&path, "status").await.unwrap(),
        Err(AskError::NotRunning { .. })
    ));
}
