//! Recorded output → what the factory reads from it. `tests/data/streams` says
//! how it was recorded.

use adf::model::{CallPrint, DenialKind, Time, Told, Usage};
use adf::provider::hook::Cli;
use adf::provider::{Reader, Signal, Stream};
use std::path::Path;

/// 2026-11-21T16:20:00Z, when the recordings were made.
const NOW: Time = Time(1_795_278_000_000);
/// The reset that the recorded quotas state.
const RESET: Time = Time(1_795_300_000_000);

const CODEX: Stream = Stream::Codex {
    before: Usage {
        input: 0,
        cached: 0,
        output: 0,
        cost_micros: None,
    },
};
const ALL: [(&str, Stream); 4] = [
    ("claude", Stream::Claude),
    ("codex", CODEX),
    ("opencode", Stream::Opencode),
    ("gemini", Stream::Gemini),
];

struct Read {
    called: Vec<CallPrint>,
    told: Told,
    steps: usize,
    progress: usize,
}

fn read(stream: Stream, name: &str) -> Read {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/streams");
    let text = |ending: &str| std::fs::read(folder.join(format!("{name}.{ending}")));
    let (out, err) = (text("jsonl"), text("stderr"));
    assert!(out.is_ok() || err.is_ok(), "{name} is gone");
    let mut reader = Reader::new(stream);
    let mut signals = Vec::new();
    for line in err.unwrap_or_default().split(|b| *b == b'\n') {
        reader.complain(line, NOW);
    }
    for line in out.unwrap_or_default().split(|b| *b == b'\n') {
        signals.extend(reader.read(line, NOW));
    }
    let count = |wanted| signals.iter().filter(|s| **s == wanted).count();
    Read {
        called: reader.take_called(),
        steps: count(Signal::Step),
        progress: count(Signal::Progress),
        told: reader.told(),
    }
}

#[test]
fn a_run_that_works_tells_session_steps_and_its_last_words_without_its_thoughts() {
    for (name, stream) in ALL {
        let Read {
            told,
            steps,
            progress,
            ..
        } = read(stream, &format!("{name}-work"));
        assert_eq!(told.text, "All done.", "{name}");
        assert_eq!(steps, 1, "{name}");
        assert!(progress > 0, "{name}");
        assert_eq!(told.denial, None, "{name}");
        assert!(told.session.is_some_and(|id| id.len() > 20), "{name}");
    }
}

#[test]
fn the_call_that_ran_is_known_by_what_its_hook_was_told() {
    let payload = |tool: &str, input: &str, id: &str| {
        let text =
            format!(r#"{{"tool_name":"{tool}","tool_input":{{{input}}}{id},"cwd":"/work"}}"#);
        text.into_bytes()
    };
    let ran = r#""command":"echo ran > proof.txt; cat proof.txt""#;
    let other = r#""command":"git push --force origin main""#;
    for ((name, stream), (cli, tool, id)) in ALL.into_iter().zip([
        (Cli::Claude, "Bash", r#","tool_use_id":"toolu_1""#),
        (Cli::Codex, "Bash", ""),
        (Cli::Opencode, "bash", r#","tool_use_id":"call_1""#),
        (Cli::Gemini, "run_shell_command", ""),
    ]) {
        let called = read(stream, &format!("{name}-work")).called;
        let [call] = called.as_slice() else {
            panic!("{name}: {called:?}")
        };
        let told = cli.told(&payload(tool, ran, id));
        assert_eq!(told.print, call.print, "{name}");
        assert!(told.id.is_none() || told.id == call.id, "{name}: {call:?}");
        assert_ne!(
            cli.told(&payload(tool, other, "")).print,
            call.print,
            "{name}"
        );
    }
}

#[test]
fn usage_counts_cached_input_and_thought_output_alike_for_all() {
    let tokens = |input, cached, output| Usage {
        input,
        cached,
        output,
        cost_micros: None,
    };
    for ((name, stream), expected) in ALL.into_iter().zip([
        Usage {
            cost_micros: Some(1258),
            ..tokens(234, 20, 40)
        },
        tokens(200, 20, 40),
        Usage {
            cost_micros: Some(0),
            ..tokens(200, 20, 40)
        },
        tokens(200, 20, 50),
    ]) {
        let told = read(stream, &format!("{name}-work")).told;
        assert_eq!(told.usage, expected, "{name}");
    }
}

#[test]
fn a_resumed_codex_counts_on_and_the_run_does_not() {
    let before = Usage {
        input: 150,
        cached: 10,
        output: 15,
        cost_micros: None,
    };
    let usage = read(Stream::Codex { before }, "codex-work").told.usage;
    assert_eq!((usage.input, usage.cached, usage.output), (50, 10, 25));
}

#[test]
fn denials_are_told_apart_and_a_stated_reset_is_kept() {
    use DenialKind::{Auth, Overloaded, Quota};
    for (name, kind, reset) in [
        ("claude-quota", Quota, None),
        ("claude-session-limit", Quota, Some(0)),
        ("claude-login", Auth, None),
        ("claude-overload", Overloaded, None),
        // It tells the hour only, without its seconds.
        ("codex-quota", Quota, Some(40_000)),
        ("codex-login", Auth, None),
        ("codex-overload", Overloaded, None),
        ("opencode-quota", Quota, None),
        ("opencode-login", Auth, None),
        ("opencode-overload", Overloaded, None),
        ("gemini-quota", Quota, None),
        ("gemini-login", Auth, None),
        ("gemini-overload", Overloaded, None),
    ] {
        let stream = ALL.iter().find(|(cli, _)| name.starts_with(cli)).unwrap().1;
        let told = read(stream, name).told;
        let denial = told.denial.unwrap_or_else(|| panic!("{name}: none"));
        assert_eq!(denial.kind, kind, "{name}: {}", denial.text);
        let missing = denial.resets_at.map(|at| RESET.0 - at.0);
        assert_eq!(missing, reset, "{name}");
        assert!(!denial.text.is_empty() && !denial.text.contains('\n'));
        assert_eq!(told.text, "", "{name}: a denial is no last word");
    }
}

#[test]
fn a_denial_that_passed_is_none() {
    let lines: [(Stream, &[&str]); 4] = [
        (
            Stream::Claude,
            &[
                r#"{"type":"system","subtype":"api_retry","error_status":529,"error":"overloaded"}"#,
                r#"{"type":"assistant","message":{"id":"m","content":[{"type":"text","text":"on"}]}}"#,
            ],
        ),
        (
            CODEX,
            &[
                r#"{"type":"error","message":"Reconnecting... 1/5 (unexpected status 401)"}"#,
                r#"{"type":"item.completed","item":{"type":"command_execution"}}"#,
            ],
        ),
        (
            Stream::Opencode,
            &[
                r#"{"type":"error","error":{"name":"APIError","data":{"statusCode":503}}}"#,
                r#"{"type":"step_finish","part":{}}"#,
            ],
        ),
        (
            Stream::Gemini,
            &[
                r#"{"type":"error","severity":"error","message":"overloaded"}"#,
                r#"{"type":"result","status":"success","stats":{}}"#,
            ],
        ),
    ];
    for (stream, lines) in lines {
        let mut reader = Reader::new(stream);
        reader.read(lines[0].as_bytes(), NOW);
        assert!(reader.clone().told().denial.is_some(), "{stream:?}");
        reader.read(lines[1].as_bytes(), NOW);
        assert_eq!(reader.told().denial, None, "{stream:?}");
    }
}

#[test]
fn a_run_that_is_cut_off_leaves_the_usage_of_each_message_once() {
    let line = |id: &str| {
        format!(
            r#"{{"type":"assistant","message":{{"id":"{id}","content":[],"usage":{{"input_tokens":5,"output_tokens":1}}}}}}"#
        )
    };
    let mut reader = Reader::new(Stream::Claude);
    for id in ["a", "a", "b"] {
        reader.read(line(id).as_bytes(), NOW);
    }
    let usage = reader.told().usage;
    assert_eq!((usage.input, usage.output), (10, 2));
}

#[test]
fn the_words_of_a_subagent_are_not_the_last_words() {
    let mut reader = Reader::new(Stream::Claude);
    let line = r#"{"type":"assistant","parent_tool_use_id":"t","message":{"id":"m","content":[{"type":"text","text":"sub"}]}}"#;
    reader.read(line.as_bytes(), NOW);
    assert_eq!(reader.told().text, "");
}
