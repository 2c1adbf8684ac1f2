//! The command line: version, help, completions, schemas, wrong usage.

use crate::factory::{adf, command, ended, processes_with};
use std::process::Stdio;

#[tokio::test]
async fn the_version_names_the_commit_and_its_day() {
    let said = adf(&["--version"]).await;
    let text = said.out.trim_end();
    let start = concat!("adf ", env!("CARGO_PKG_VERSION"), " (");
    let inside = text.strip_prefix(start).and_then(|t| t.strip_suffix(')'));
    let (commit, day) = inside.and_then(|t| t.split_once(' ')).expect(text);
    assert_eq!(said.code, Some(0));
    if commit == "unknown" {
        assert_eq!(day, "unknown", "built outside of git");
        return;
    }
    let hash = commit.strip_suffix("-dirty").unwrap_or(commit);
    assert!(
        hash.len() >= 7 && hash.chars().all(|c| c.is_ascii_hexdigit()),
        "{text}"
    );
    let shape: String = day
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    assert_eq!(shape, "0000-00-00", "{text}");
}

/// Commands that the help lists.
fn listed(help: &str) -> Vec<String> {
    let commands = help.split_once("Commands:\n").expect("commands").1;
    let rows = commands.lines().take_while(|line| !line.trim().is_empty());
    rows.filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn the_help_lists_commands_that_exist_and_hides_the_factorys_own() {
    let said = adf(&["--help"]).await;
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    let commands = listed(&said.out);
    for known in ["run", "plan", "explain", "status", "validate-config"] {
        assert!(commands.iter().any(|c| c == known), "{known}: {commands:?}");
    }
    assert!(!said.out.contains("__"), "{}", said.out);
    for command in commands {
        let told = adf(&[&command, "--help"]).await;
        assert_eq!(told.code, Some(0), "{command}: {}", told.err);
        assert!(told.out.contains("Usage: adf"), "{command}: {}", told.out);
    }
}

#[tokio::test]
async fn the_help_names_the_exit_codes_of_the_readme() {
    let said = adf(&["--help"]).await;
    let words = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let told = words.split_once("Exit codes: ").expect("exit codes").1;
    let number = |part: &str| part.split_whitespace().next().map(str::to_owned);
    let codes = |text: &str| text.split('·').filter_map(number).collect::<Vec<_>>();
    let readme = include_str!("../../README.md");
    let listed = readme.split_once("### Exit codes\n\n").expect("a section");
    let listed = listed.1.split("\n\n").next().unwrap_or_default();
    assert_eq!(codes(told), codes(listed));
    assert_eq!(codes(told), ["0", "1", "2", "69", "75", "78"]);
}

#[tokio::test]
async fn completions_know_every_command_of_the_help() {
    let commands = listed(&adf(&["--help"]).await.out);
    for shell in ["bash", "zsh", "fish"] {
        let said = adf(&["completions", shell]).await;
        assert_eq!(said.code, Some(0), "{shell}: {}", said.err);
        for command in &commands {
            assert!(said.out.contains(command), "{shell} lacks {command}");
        }
        for hidden in ["__exec", "__walls", "__forge", "__scripted-agent"] {
            assert!(!said.out.contains(hidden), "{shell} offers {hidden}");
        }
    }
    let said = adf(&["completions", "cobol"]).await;
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("bash"), "{}", said.err);
}

#[tokio::test]
async fn a_reader_who_hangs_up_makes_no_command_panic() {
    for args in [
        &["completions", "bash"][..],
        &["schema", "config"],
        &["--help"],
        &["validate-config", "nowhere.toml"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = command(args);
        command.stdout(Stdio::from(writer));
        let said = ended(command).await;
        assert!(!said.err.contains("panicked"), "{args:?}: {}", said.err);
        assert_ne!(said.code, Some(101), "{args:?}");
    }
}

#[tokio::test]
async fn the_schemas_are_schemas_and_that_of_the_config_is_the_file() {
    for of in ["config", "mention", "report"] {
        let said = adf(&["schema", of]).await;
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{of}");
        let schema = said.json();
        assert!(jsonschema::meta::is_valid(&schema), "{of}");
        assert_eq!(
            schema["$schema"], "https://json-schema.org/draft/2020-12/schema",
            "{of}"
        );
        if of == "config" {
            assert_eq!(said.out, include_str!("../../config.schema.json"));
        }
    }
}

#[tokio::test]
async fn the_schema_of_a_report_takes_what_an_agent_may_say_and_nothing_else() {
    let schema = adf(&["schema", "report"]).await.json();
    let check = jsonschema::validator_for(&schema).unwrap();
    let report = |status: &str| serde_json::json!({"status": status, "summary": "done as asked", "evidence": ["tests pass"]});
    for status in ["done", "rejected", "needs_clarification", "blocked"] {
        assert!(check.is_valid(&report(status)), "{status}");
    }
    assert!(!check.is_valid(&report("perfect")));
    assert!(!check.is_valid(&serde_json::json!({"status": "done"})));
}

#[tokio::test]
async fn wrong_usage_exits_2_with_a_hint_and_says_nothing_else() {
    for (args, hint) in [
        (&["stauts"][..], "status"),
        (&["run", "--confg", "x"], "--config"),
        (&["explain", "many"], "many"),
        (&["schema", "wishes"], "mention"),
        (&["plan", "--since", "yesterday"], "2026-11-21T10:00:00Z"),
        (&[], "Usage"),
    ] {
        let said = adf(args).await;
        assert_eq!(said.code, Some(2), "{args:?}: {said:?}");
        assert_eq!(said.out, "", "{args:?}");
        assert!(said.err.contains(hint), "{args:?}: {}", said.err);
    }
}

#[tokio::test]
async fn commands_without_a_config_say_which_file_they_looked_for() {
    for args in [&["run"][..], &["plan"], &["status"], &["explain", "1"]] {
        let said = adf(&[args, &["--config", "nowhere.toml"]].concat()).await;
        assert_eq!(said.code, Some(78), "{args:?}: {said:?}");
        assert_eq!(said.out, "", "{args:?}");
        assert!(said.err.contains("nowhere.toml"), "{args:?}: {}", said.err);
    }
}

#[tokio::test]
async fn a_report_outside_of_a_run_is_refused_with_the_reason() {
    let said = adf(&["agent", "report", "--status", "done", "--summary", "x"]).await;
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("ADF_AGENT_DIR"), "{}", said.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_demos_at_once_each_show_the_whole_chain_and_leave_nothing() {
    let demo = || async {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().to_str().unwrap().to_owned();
        let said = adf(&["demo", "--once", "--dir", &dir]).await;
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(
            said.out.contains("the branch holds the fix"),
            "{}",
            said.out
        );
        assert!(processes_with(&dir).is_empty());
    };
    tokio::join!(demo(), demo());
}

#[tokio::test]
async fn a_log_filter_that_does_not_parse_stops_the_start_and_shows_one_that_does() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("adf.toml");
    let text = "[project]\nname = \"demo\"\n[gitea]\nurl = \"http://127.0.0.1:1\"\n\
        repo = \"a/b\"\ntoken_env = \"ADF_TEST_TOKEN\"\n";
    std::fs::write(&config, text).unwrap();
    let mut command = command(&["run", "--config", config.to_str().unwrap()]);
    command
        .env("ADF_TEST_TOKEN", "not-a-real-token")
        .env("ADF_LOG", "adf=shout");
    let said = ended(command).await;
    assert_eq!(said.code, Some(78), "{said:?}");
    assert!(said.err.contains("adf=shout"), "{}", said.err);
    assert!(said.err.contains("try `info`"), "{}", said.err);
}
