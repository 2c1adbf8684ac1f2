//! `adf agent mcp`: the same as tools, spoken to as a client of MCP would.

use crate::room::Room;
use adf::model::Kind;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

struct Client {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
    id: u64,
}

impl Client {
    #[expect(
        clippy::disallowed_methods,
        reason = "the server is the shipped binary on both ends of a pipe"
    )]
    fn start(room: &Room) -> Client {
        let mut child = Command::new(env!("CARGO_BIN_EXE_adf"))
            .args(["agent", "mcp"])
            .env("ADF_AGENT_DIR", room.agent_dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut client = Client {
            child,
            lines,
            id: 0,
        };
        let hello = client.ask(
            "initialize",
            json!({
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "test", "version": "1"},
            }),
        );
        assert_eq!(
            hello.pointer("/result/serverInfo/name"),
            Some(&json!("adf"))
        );
        client.write(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        client
    }

    fn write(&mut self, message: &Value) {
        let stdin = self.child.stdin.as_mut().unwrap();
        writeln!(stdin, "{message}").unwrap();
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.id += 1;
        let id = self.id;
        self.write(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(answer.get("id"), Some(&json!(id)), "{answer}");
        answer
    }

    /// Calls a tool: whether it is an error, and its text.
    fn call(&mut self, tool: &str, arguments: Value) -> (bool, String) {
        let params = json!({"name": tool, "arguments": arguments});
        let answer = self.ask("tools/call", params);
        let error = answer.pointer("/result/isError") == Some(&json!(true));
        let text = answer.pointer("/result/content/0/text");
        (
            error,
            text.and_then(Value::as_str).unwrap_or_default().to_owned(),
        )
    }

    /// Closes standard input; the exit code.
    fn end(mut self) -> Option<i32> {
        drop(self.child.stdin.take());
        self.child.wait().unwrap().code()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tools_are_the_kinds_with_their_schemas() {
    let room = Room::new().await;
    let mut client = Client::start(&room);
    let answer = client.ask("tools/list", json!({}));
    let tools = answer
        .pointer("/result/tools")
        .and_then(Value::as_array)
        .unwrap();
    assert_eq!(tools.len(), Kind::ALL.len());
    for (tool, kind) in tools.iter().zip(Kind::ALL) {
        assert_eq!(tool.get("name"), Some(&json!(kind.name())));
        assert_eq!(tool.get("description"), Some(&json!(kind.meaning())));
        assert_eq!(tool.get("inputSchema"), Some(&kind.schema()));
    }
    assert_eq!(client.end(), Some(0), "it ends with its client");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_granted_and_refused_as_on_the_command_line() {
    let room = Room::new().await;
    let mut client = Client::start(&room);
    let (error, text) = client.call("report", json!({"status": "done", "summary": "it works"}));
    assert!(!error && text.contains("opens the pull request"), "{text}");
    let (error, text) = client.call(
        "mention",
        json!({"agent": "reviewer", "instruction": "look"}),
    );
    assert!(!error && text.contains("`reviewer` is called"), "{text}");
    let (error, text) = client.call(
        "ask",
        json!({"question": "A?", "default": "no", "deadline_minutes": 60}),
    );
    assert!(!error && text.contains("in 1h with your default"), "{text}");
    let (error, text) = client.call("remember", json!({"key": "k", "text": "v"}));
    assert!(!error && text.contains("kept"), "{text}");
    let (error, text) = client.call("open_issue", json!({"title": "t"}));
    assert!(!error && text.contains("opened"), "{text}");
    let (error, text) = client.call("context", json!({}));
    let context: Value = serde_json::from_str(&text).unwrap();
    assert!(
        !error && context.pointer("/left/mentions") == Some(&json!(2)),
        "{text}"
    );
    let (error, text) = client.call("mention", json!({"agent": "nobody", "instruction": "look"}));
    assert!(
        error && text.contains("the agents are `developer`, `reviewer`"),
        "{text}"
    );
    let (error, text) = client.call("report", json!({"status": "finished"}));
    assert!(error && text.contains("needs_clarification"), "{text}");
    let unknown = client.ask("tools/call", json!({"name": "merge", "arguments": {}}));
    let why = unknown
        .pointer("/error/message")
        .and_then(Value::as_str)
        .unwrap_or_default();
    assert!(why.contains("the tools are report, ask,"), "{unknown}");
    assert_eq!(client.end(), Some(0));
    assert_eq!(room.said().await.len(), 4);
}
