//! `adf guard` as people and scripts call it.

use assert_cmd::Command;
use serde_json::Value;

fn guard(args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("adf").expect("the binary");
    command.arg("guard").args(args);
    if args[0] == "test" {
        command.args(["--worktree", "/srv/run/repo", "--cwd", "/srv/run/repo"]);
        command.args([
            "--home",
            "/home/agent",
            "--tmp",
            "/srv/run/tmp",
            "--branch",
            "adf/7-fix",
        ]);
    }
    command
}

fn stdout(command: &mut Command) -> (i32, String) {
    let output = command.output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("text");
    (output.status.code().expect("an exit code"), text)
}

/// One answer a line.
fn answers(text: &str) -> Vec<Value> {
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn a_verdict_is_told_with_rule_command_loss_and_way_out() {
    let (code, text) = stdout(&mut guard(&[
        "test",
        "sudo -n true; git push --force origin main",
    ]));
    assert_eq!(code, 1);
    assert!(
        text.starts_with("verdict   deny\nrule      perm.raise: "),
        "{text}"
    );
    let (code, text) = stdout(&mut guard(&["test", "cd .. && env X=1 rm -rf 'other run'"]));
    assert_eq!(code, 1);
    for part in [
        "fs.delete-outside",
        "command   rm -rf 'other run'",
        "destroys  /srv/run/other run",
        "instead   ",
        "safer     ",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    let (code, text) = stdout(&mut guard(&["test", "cargo test && rm -rf target"]));
    assert_eq!(
        (code, text.as_str()),
        (
            0,
            "verdict   allow\ncommand   cargo test\ncommand   rm -rf target\n"
        )
    );
}

#[test]
fn the_scene_can_be_set() {
    let run = |args: &[&str]| {
        let mut command = Command::cargo_bin("adf").expect("the binary");
        stdout(command.args(["guard", "test"]).args(args)).0
    };
    let scene = ["--worktree", "/srv/a", "--home", "/srv/h", "rm -rf x"];
    assert_eq!(run(&[&["--cwd", "/srv/a/b"][..], &scene].concat()), 0);
    assert_eq!(run(&[&["--cwd", "/srv/b"][..], &scene].concat()), 1);
    assert_eq!(run(&["--branch", "mine", "git branch -D mine"]), 1);
}

#[test]
fn lines_of_json_are_answered_line_by_line_and_bad_ones_denied() {
    let mut command = guard(&["test", "--jsonl"]);
    let (code, text) = stdout(
        command
            .write_stdin("{\"command\":\"ls\"}\n\nnonsense\n{\"command\":\"git push\"}\n\u{7f}\n"),
    );
    assert_eq!(code, 1);
    let lines = answers(&text);
    let verdicts: Vec<&str> = lines.iter().filter_map(|l| l["verdict"].as_str()).collect();
    assert_eq!(verdicts, ["allow", "deny", "deny", "deny"]);
    assert_eq!(lines[2]["rule"], "git.push");
    assert_eq!(lines[2]["command"], "git push");
    assert!(lines[1]["instead"].is_string());
    let (code, _) = stdout(guard(&["test", "--jsonl"]).write_stdin("{\"command\":\"ls\"}\n"));
    assert_eq!(code, 0);
}

#[test]
fn rules_are_listed_with_examples() {
    let (code, text) = stdout(&mut guard(&["rules"]));
    assert!(
        code == 0 && text.contains("fs.delete-outside\n  denies   "),
        "{text}"
    );
    let (_, text) = stdout(&mut guard(&["rules", "--format", "json"]));
    let all: Vec<Value> = serde_json::from_str(&text).expect("a list");
    assert!(
        all.iter()
            .all(|rule| rule["id"].is_string() && !rule["denied"][0].is_null())
    );
}

#[test]
fn every_line_has_one_answer_with_the_same_keys() {
    let long = "x".repeat(5 << 20);
    let input = format!(
        "{{\"command\":\"ls\"}}\n{{\"command\":\"{long}\"}}\n{{\"command\":\"git push\"}}\n{long}"
    );
    let (code, text) = stdout(guard(&["test", "--jsonl"]).write_stdin(input));
    assert_eq!(code, 1);
    let lines = answers(&text);
    let verdicts: Vec<&str> = lines.iter().filter_map(|l| l["verdict"].as_str()).collect();
    assert_eq!(verdicts, ["allow", "deny", "deny", "deny"]);
    for line in &lines {
        let keys: Vec<&String> = line.as_object().expect("an object").keys().collect();
        for key in ["command", "verdict", "rule", "reason", "instead"] {
            assert!(keys.contains(&&key.to_owned()), "{key} is not in {keys:?}");
        }
        assert!(line["parsed"].is_array(), "{line}");
    }
    assert_eq!(lines[2]["parsed"][0], "git push");
}

#[test]
fn a_command_that_is_no_text_is_denied() {
    use std::os::unix::ffi::OsStrExt;
    let bytes = std::ffi::OsStr::from_bytes(b"echo \xff");
    let mut command = guard(&["test"]);
    let (code, text) = stdout(command.arg(bytes));
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("input.invalid") && text.contains("UTF-8"),
        "{text}"
    );
}

#[test]
fn verdicts_that_cannot_be_written_are_no_success() {
    let script = "exec \"$0\" guard test --jsonl > /dev/full";
    let mut command = Command::new("sh");
    command
        .args(["-c", script])
        .arg(assert_cmd::cargo::cargo_bin("adf"));
    command.write_stdin("{\"command\":\"rm -rf /srv/x\"}\n");
    let output = command.output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("cannot be written"), "{said}");
}

#[test]
fn an_empty_command_is_denied_as_by_the_hook() {
    let (code, text) = stdout(&mut guard(&["test", " "]));
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("rule      input.invalid\n"), "{text}");
}

#[test]
fn a_scene_has_a_temporary_folder_and_walls_like_a_run() {
    let run = |args: &[&str]| {
        let mut command = Command::cargo_bin("adf").expect("the binary");
        let command = command.env_remove("TMPDIR").args(["guard", "test"]);
        stdout(command.args(args)).0
    };
    assert_eq!(run(&["d=$(mktemp -d); rm -rf \"$d\""]), 0);
    assert_eq!(run(&["tar -czf \"$TMPDIR/src.tgz\" ."]), 0);
    assert_eq!(run(&["kill $(cat server.pid)"]), 0);
    assert_eq!(run(&["--signals-free", "kill $(cat server.pid)"]), 1);
}

#[test]
fn an_operator_tries_the_denials_and_exceptions_of_a_config() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("adf.toml");
    let until = "2999-01-01";
    let text = format!(
        r#"[project]
name = "demo"
[gitea]
url = "https://git.example.org"
repo = "acme/widgets"
[[guard.deny]]
rule = "project.no-release"
command = ["make", "release"]
reason = "releases are made by people"
instead = "say in your report that a release is due"
[[guard.allow]]
agent = "developer"
rule = "fs.delete-outside"
target = "/srv/cache/*"
reason = "the build's shared cache is its own"
until = "{until}"
[[guard.allow]]
agent = "developer"
rule = "net.upload"
target = "old.example.org"
reason = "it was tried out"
until = "2025-01-31"
[providers.house]
kind = "script"
command = ["agent"]
[[agents]]
name = "developer"
"#
    );
    std::fs::write(&path, text).expect("a config");
    let config = path.to_str().expect("a path");
    let try_as = |args: &[&str], command: &str| {
        let args = [&["test", "--config", config][..], args, &[command]].concat();
        stdout(&mut guard(&args))
    };
    let (code, text) = try_as(&[], "make release");
    assert!(code == 1 && text.contains("project.no-release"), "{text}");
    assert_eq!(
        try_as(&["--agent", "developer"], "rm -rf /srv/cache/x").0,
        0
    );
    assert_eq!(try_as(&[], "rm -rf /srv/cache/x").0, 1);
    assert_eq!(try_as(&["--agent", "nobody"], "ls").0, 2);
    let (code, text) = stdout(&mut guard(&["rules", "--config", config]));
    assert_eq!(code, 0);
    assert!(
        text.contains("project.no-release\n  denies   make release"),
        "{text}"
    );
    assert!(
        text.contains("fs.delete-outside, lifted for developer\n  target   /srv/cache/*"),
        "{text}"
    );
    assert!(text.contains(&format!("until    {until}")), "{text}");
    assert!(
        text.contains("net.upload, no longer lifted for developer"),
        "{text}"
    );
    assert!(text.contains("ended    2025-01-31"), "{text}");
}
