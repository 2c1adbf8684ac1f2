//! `adf guard hook`, the shipped binary, as the agents' CLIs call it: what is
//! allowed ends with 0, and everything else with 2 and a reason.

#![expect(
    clippy::unwrap_used,
    reason = "the lint's leave for tests does not reach their helper functions"
)]

#[path = "hook/places.rs"]
mod places;

use adf::ipc::guard::{GuardSocket, serve_guard};
use adf::model::{Guarding, Judged, RoleContext};
use assert_cmd::Command;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// A run's folders, with a factory that hears what is judged.
struct Run {
    root: TempDir,
    heard: Arc<Mutex<Vec<Judged>>>,
    _socket: Option<GuardSocket>,
}

fn run_with(role: RoleContext, is_heard: bool) -> Run {
    let root = tempfile::tempdir().unwrap();
    for folder in ["agent", "work", "home", "tmp"] {
        std::fs::create_dir(root.path().join(folder)).unwrap();
    }
    let guarding = Guarding {
        worktree: root.path().join("work"),
        home: root.path().join("home"),
        tmp: root.path().join("tmp"),
        branch: "adf/7-fix".to_owned(),
        signals_walled: true,
        role,
        deny: Vec::new(),
        allow: Vec::new(),
    };
    let agent = root.path().join("agent");
    let text = serde_json::to_vec(&guarding).unwrap();
    std::fs::write(agent.join(Guarding::FILE), text).unwrap();
    let heard: Arc<Mutex<Vec<Judged>>> = Arc::default();
    let kept = Arc::clone(&heard);
    let socket = is_heard.then(|| {
        serve_guard(&agent, move |judged| {
            let refuses = judged.what.contains("refuse-me");
            kept.lock().unwrap().push(judged);
            Box::pin(async move {
                if refuses {
                    return Err("this run is being ended".to_owned());
                }
                Ok(())
            })
        })
        .unwrap()
    });
    Run {
        root,
        heard,
        _socket: socket,
    }
}

fn run() -> Run {
    run_with(RoleContext::whole("developer"), true)
}

impl Run {
    /// The exit code and what standard error says.
    async fn asks(&self, cli: &'static str, payload: impl Into<Vec<u8>>) -> (i32, String) {
        let (agent, work) = (
            self.root.path().join("agent"),
            self.root.path().join("work"),
        );
        let payload = payload.into();
        let asked = tokio::task::spawn_blocking(move || {
            Command::cargo_bin("adf")
                .unwrap()
                .args(["guard", "hook", cli, "--run"])
                .arg(agent)
                .current_dir(work)
                .write_stdin(payload)
                .output()
                .unwrap()
        });
        let out = asked.await.unwrap();
        assert!(out.stdout.is_empty(), "{:?}", out.stdout);
        let said = String::from_utf8(out.stderr).unwrap();
        (out.status.code().unwrap(), said)
    }

    fn heard(&self) -> Vec<Judged> {
        self.heard.lock().unwrap().clone()
    }

    fn path(&self, below: &str) -> String {
        self.root.path().join(below).to_string_lossy().into_owned()
    }
}

fn call(tool: &str, input: serde_json::Value) -> String {
    serde_json::json!({"tool_name": tool, "tool_input": input}).to_string()
}

fn shell(tool: &str, command: &str) -> String {
    call(tool, serde_json::json!({"command": command}))
}

fn write(path: &str) -> String {
    call("Write", serde_json::json!({"file_path": path}))
}

/// Writes documents and runs nothing.
fn architect() -> RoleContext {
    RoleContext {
        role: "architect".to_owned(),
        edits: Some(vec!["docs/".to_owned()]),
        outputs: Vec::new(),
        may_run: false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cli_is_answered_and_every_judgement_told() {
    let run = run();
    let shells = [
        ("claude", "Bash"),
        ("codex", "Bash"),
        ("opencode", "bash"),
        ("gemini", "run_shell_command"),
    ];
    for (cli, tool) in shells {
        let (code, said) = run.asks(cli, shell(tool, "git status && cargo test")).await;
        assert_eq!((code, said.as_str()), (0, ""), "{cli}");
        let (code, said) = run
            .asks(cli, shell(tool, "git push --force origin main"))
            .await;
        assert_eq!(code, 2, "{cli}: {said}");
        assert!(
            said.contains("denied by git.") && said.contains("Instead"),
            "{said}"
        );
    }
    let heard = run.heard();
    assert_eq!(heard.len(), 8);
    assert_eq!(heard.iter().filter(|j| j.denied.is_some()).count(), 4);
    assert!(
        heard
            .iter()
            .all(|j| j.denied.is_none() || j.what.contains("push --force"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_signals_is_its_own_where_the_walls_keep_signals_in() {
    let run = run();
    let (code, said) = run
        .asks("claude", shell("Bash", "kill $(cat server.pid)"))
        .await;
    assert_eq!((code, said.as_str()), (0, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_that_edit_are_judged_by_where_they_write() {
    let run = run();
    std::os::unix::fs::symlink("/etc", Path::new(&run.path("work/link"))).unwrap();
    // To what is not there: a write would make it.
    for (name, to) in [("new", "/srv/newfile"), ("again", "new"), ("in", "a.txt")] {
        std::os::unix::fs::symlink(to, Path::new(&run.path(&format!("work/{name}")))).unwrap();
    }
    let outside = "/srv/elsewhere.txt".to_owned();
    let cases = [
        ("claude", "Write", "file_path", "new", 2),
        ("claude", "Write", "file_path", "again", 2),
        ("claude", "Write", "file_path", "in", 0),
        ("claude", "Write", "file_path", "src/lib.rs", 0),
        ("claude", "Edit", "file_path", outside.as_str(), 2),
        ("claude", "Write", "file_path", "link/passwd", 2),
        ("claude", "Write", "file_path", ".git/hooks/pre-commit", 2),
        ("claude", "Write", "file_path", ".claude/settings.json", 2),
        ("opencode", "edit", "filePath", "src/lib.rs", 0),
        ("opencode", "write", "filePath", "/etc/passwd", 2),
        ("gemini", "replace", "file_path", "src/lib.rs", 0),
        ("gemini", "write_file", "file_path", "/opt/x", 2),
    ];
    for (cli, tool, field, path, wanted) in cases {
        let (code, said) = run
            .asks(cli, call(tool, serde_json::json!({field: path})))
            .await;
        assert_eq!(code, wanted, "{cli} {tool} {path}: {said}");
    }
    let patch = |path: &str| {
        format!("*** Begin Patch\n*** Update File: {path}\n@@\n-a\n+b\n*** End Patch\n")
    };
    for text in ["echo x > new", "cp a.txt again", "cat < new > out.txt"] {
        let wanted = if text.starts_with("cat") { 0 } else { 2 };
        let (code, said) = run.asks("claude", shell("Bash", text)).await;
        assert_eq!(code, wanted, "{text}: {said}");
    }
    let paths = [
        ("src/lib.rs", 0),
        ("/etc/passwd", 2),
        ("/opt/x", 2),
        ("new", 2),
    ];
    for (path, wanted) in paths {
        let (code, said) = run.asks("codex", shell("apply_patch", &patch(path))).await;
        assert_eq!(code, wanted, "{path}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_understood_is_denied_with_a_way_out() {
    let run = run();
    let bad: [(&str, Vec<u8>); 7] = [
        ("nothing", Vec::new()),
        ("no JSON", b"rm -rf /".to_vec()),
        (
            "not UTF-8",
            b"{\"tool_name\": \"Bash\", \"tool_input\": {\"command\": \"\xff\"}}".to_vec(),
        ),
        ("no tool", b"{\"tool_input\": {}}".to_vec()),
        (
            "an unknown tool",
            call("Teleport", serde_json::json!({})).into(),
        ),
        (
            "no command",
            call("Bash", serde_json::json!({"text": "ls"})).into(),
        ),
        ("too large", vec![b' '; 5 << 20]),
    ];
    for (what, payload) in bad {
        let (code, said) = run.asks("claude", payload).await;
        assert_eq!(code, 2, "{what}: {said}");
        assert!(
            said.starts_with("denied by guard.unreadable: "),
            "{what}: {said}"
        );
    }
    assert_eq!(run.heard().len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_factory_that_hears_nothing_runs() {
    let alone = run_with(RoleContext::whole("developer"), false);
    let (code, said) = alone.asks("claude", shell("Bash", "git status")).await;
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("the factory cannot be told"), "{said}");
    assert!(
        said.contains("nothing listens") && !said.contains("os error"),
        "{said}"
    );
    std::fs::remove_file(alone.path("agent/guard.json")).unwrap();
    let (code, said) = alone.asks("claude", shell("Bash", "git status")).await;
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("the guard cannot read"), "{said}");
    let run = run();
    let (code, said) = run.asks("claude", shell("Bash", "echo refuse-me")).await;
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("this run is being ended"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_takes_away_what_its_tools_could_do() {
    let run = run_with(architect(), true);
    assert_eq!(run.asks("claude", write("docs/a.md")).await.0, 0);
    let (code, said) = run.asks("claude", write("src/lib.rs")).await;
    assert_eq!(code, 2);
    assert!(said.contains("does not edit src/lib.rs"), "{said}");
    let (code, said) = run.asks("claude", shell("Bash", "git status")).await;
    assert_eq!(code, 2);
    assert!(said.contains("runs nothing"), "{said}");
    let read = call("Read", serde_json::json!({"file_path": "src/lib.rs"}));
    assert_eq!(run.asks("claude", read).await.0, 0);
    let own = call("mcp__adf__report", serde_json::json!({"status": "done"}));
    assert_eq!(run.asks("claude", own).await.0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_holds_where_nobody_hears_it() {
    let run = run();
    let (agent, work) = (run.path("agent"), run.path("work"));
    let asked = tokio::task::spawn_blocking(move || {
        let script = "exec \"$0\" guard hook claude --run \"$1\" 2> /dev/full";
        let mut sh = Command::new("sh");
        sh.args(["-c", script])
            .arg(assert_cmd::cargo::cargo_bin("adf"));
        let payload = shell("Bash", "rm -rf /srv/data");
        sh.arg(agent).current_dir(work).write_stdin(payload);
        sh.output().unwrap()
    });
    assert_eq!(asked.await.unwrap().status.code(), Some(2));
}
