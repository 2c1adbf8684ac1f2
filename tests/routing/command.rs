//! `adf route` and `adf validate-config` as a shell has them.

use assert_cmd::Command;
use serde_json::Value;
use std::path::Path;

fn adf(args: &[&str], stdin: &str) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_adf"));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs");
    let out = command
        .current_dir(folder)
        .args(args)
        .write_stdin(stdin.to_owned())
        .output();
    let out = out.expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the output is text");
    (
        out.status.code().unwrap_or(-1),
        text(out.stdout),
        text(out.stderr),
    )
}

const TEXT: &str = "review code changes before committing and implement the fix";

#[test]
fn people_see_tier_words_losers_chain_and_health() {
    let (code, out, err) = adf(&["route", TEXT], "");
    assert_eq!((code, err.as_str()), (0, ""));
    let says = [
        "tier      implementation (by the words of the text)",
        "claude/sonnet, the scenario",
        "implement, fix",
        "wins",
        "priority 40 is below the 50 of `implementation`",
        "none of its keywords is in it",
        "opencode/kimi",
        "unknown",
    ];
    for word in says {
        assert!(out.contains(word), "{word} is not in\n{out}");
    }
}

#[test]
fn each_line_of_stdin_is_one_object() {
    let (code, out, _) = adf(&["route", "--stdin"], "plan the release\n\nhello\nfix it");
    let rows: Vec<Value> = out
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let tiers: Vec<Option<&str>> = rows.iter().map(|row| row["tier"].as_str()).collect();
    assert_eq!(code, 0);
    assert_eq!(
        tiers,
        [Some("planning"), None, None, Some("implementation")]
    );
    assert_eq!(rows[0]["choice"]["model"], "opus");
}

#[test]
fn a_line_that_is_too_long_is_cut_and_the_next_one_is_whole() {
    let text = format!("{}\nfix it\n", "x".repeat(3 << 20));
    let (_, out, _) = adf(&["route", "--stdin"], &text);
    let rows: Vec<Value> = out
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!((rows.len(), rows[0]["cut"].as_bool()), (2, Some(true)));
    assert_eq!(rows[1]["tier"], "implementation");
}

#[test]
fn the_config_decides_when_it_is_given() {
    let config = ["--config", "valid/routing-files.toml"];
    let (code, out, err) = adf(
        &[&["route", "ship it", "--format", "json"], &config[..]].concat(),
        "",
    );
    assert_eq!(code, 0, "{err}");
    let route: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(route["tier"], "release");
    assert_eq!(route["choice"]["provider"], "house");
    let asked = ["route", "ship it", "--agent", "developer"];
    let (_, out, _) = adf(&[&asked[..], &config[..]].concat(), "");
    assert!(out.contains("a mention cannot raise the tier"), "{out}");
    let (code, _, err) = adf(
        &[&["route", "x", "--agent", "nobody"], &config[..]].concat(),
        "",
    );
    assert_eq!(code, 1);
    assert!(
        err.contains("no agent is called `nobody`; there are: developer"),
        "{err}"
    );
}

#[test]
fn a_config_that_does_not_route_is_said() {
    let (code, out, _) = adf(&["route", "fix it", "--config", "valid/shortest.toml"], "");
    assert_eq!(code, 0);
    assert!(out.contains("The config has no [routing]"), "{out}");
    assert!(
        out.contains("each agent's own, whatever the words"),
        "{out}"
    );
}

#[test]
fn without_routing_what_is_shown_is_the_agents_own_in_every_form() {
    let asked = [
        "--config",
        "valid/agent-with-model-alias.toml",
        "--agent",
        "developer",
    ];
    let (_, out, _) = adf(&[&["route", "fix it"][..], &asked].concat(), "");
    assert!(out.contains("house/sonnet, the agent's default"), "{out}");
    let json = [&["route", "fix it", "--format", "json"][..], &asked].concat();
    let lines = [&["route", "--stdin"][..], &asked].concat();
    for args in [json, lines] {
        let (_, out, _) = adf(&args, "fix it\n");
        let route: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(route["choice"]["provider"], "house", "{out}");
        assert_eq!(route["source"], "agent_default", "{out}");
    }
}

#[test]
fn a_tier_that_a_mention_may_not_have_is_not_told_as_a_match() {
    let asked = [
        "--config",
        "valid/routing-files.toml",
        "--agent",
        "developer",
    ];
    let (_, out, _) = adf(&[&["route", "ship it"][..], &asked].concat(), "");
    assert!(
        out.contains("(the agent's own: a mention cannot raise it"),
        "{out}"
    );
    let json = [&["route", "ship it", "--format", "json"][..], &asked].concat();
    let route: Value = serde_json::from_str(&adf(&json, "").1).unwrap();
    assert_eq!(
        (&route["by"], &route["scenario"]),
        (&Value::from("agent"), &Value::Null)
    );
}

/// Runs a command whose answers go nowhere.
#[expect(
    clippy::disallowed_methods,
    reason = "the other way to start it keeps stdout for itself"
)]
fn lost(args: &[&str]) -> (Option<i32>, String) {
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs");
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_adf"))
        .current_dir(folder)
        .args(args)
        .stdin(std::process::Stdio::null())
        .stdout(full)
        .output()
        .unwrap();
    (out.status.code(), String::from_utf8(out.stderr).unwrap())
}

#[test]
fn an_answer_that_is_lost_is_said_and_fails_the_command() {
    for args in [
        &["route", "x"][..],
        &["route", "x", "--format", "json"],
        &["demo", "--list"],
        &["completions", "bash"],
        &["--help"],
        &["rank", "--help"],
        &["--version"],
        &["providers", "--config", "valid/shortest.toml"],
    ] {
        let (code, said) = lost(args);
        assert_eq!(code, Some(1), "{args:?}");
        assert!(
            said.contains("the answer cannot be written to stdout"),
            "{args:?}: {said}"
        );
    }
}

#[test]
fn a_number_that_no_issue_has_is_wrong_usage() {
    for number in ["9223372036854775808", "0"] {
        let (code, _, err) = adf(&["explain", number, "--config", "valid/shortest.toml"], "");
        assert_eq!(code, 2, "{err}");
    }
}

#[test]
fn neither_text_nor_stdin_is_wrong_usage_and_so_are_both() {
    assert_eq!(adf(&["route"], "").0, 2);
    assert_eq!(adf(&["route", "x", "--stdin"], "").0, 2);
    assert_eq!(adf(&["route", "x", "--agent", "a"], "").0, 2);
}

#[test]
fn an_example_that_routes_elsewhere_is_an_error_with_file_line_and_remedy() {
    let (code, out, _) = adf(
        &["validate-config", "invalid/routing-example-elsewhere.toml"],
        "",
    );
    assert_eq!(code, 78);
    assert!(out.contains("routing/elsewhere/review.md:13:"), "{out}");
    assert!(
        out.contains("should go to this tier (review), but goes to no tier"),
        "{out}"
    );
    assert!(
        out.contains("change a keyword or a priority, or the example"),
        "{out}"
    );
}
