//! Whatever an agent writes, a reader keeps little of it and does not panic.

use adf::model::{Time, Told, Usage};
use adf::provider::{Reader, Stream};
use proptest::prelude::*;

fn streams() -> [Stream; 5] {
    let before = Usage {
        input: 1,
        ..Usage::default()
    };
    [
        Stream::Script,
        Stream::Claude,
        Stream::Codex { before },
        Stream::Opencode,
        Stream::Gemini,
    ]
}

fn read(line: &[u8], now: i64) {
    for stream in streams() {
        let mut reader = Reader::new(stream);
        let _ = reader.read(line, Time(now));
        reader.complain(line, Time(now));
        let _ = reader.told();
    }
}

/// Lines of the recordings, to be broken.
fn recorded() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/streams");
    let files = std::fs::read_dir(folder).unwrap();
    let texts = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
    texts
        .flat_map(|text| {
            let lines = text.split(|b| *b == b'\n').map(<[u8]>::to_vec);
            lines.collect::<Vec<_>>()
        })
        .collect()
}

proptest! {
    #[test]
    fn any_bytes_are_read(line in proptest::collection::vec(any::<u8>(), 0..300), now in any::<i64>()) {
        read(&line, now);
    }

    #[test]
    fn broken_recordings_are_read(
        pick in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let lines = recorded();
        let mut line = pick.get(&lines).clone();
        if !line.is_empty() {
            let at = at.index(line.len());
            line[at] = byte;
            if cut {
                line.truncate(at);
            }
        }
        read(&line, 1_795_278_000_000);
    }

    #[test]
    fn known_keys_with_values_of_any_kind_are_read(
        kind in "(system|assistant|user|result|rate_limit_event|thread.started|item.completed|turn.completed|turn.failed|error|text|tool_use|step_finish|init|message)",
        value in "(null|-1|1e400|18446744073709551616|\"\"|\"x\"|\\[\\]|\\[1\\]|\\{\\}|true)",
    ) {
        let line = format!(
            r#"{{"type":"{kind}","role":"assistant","subtype":"init","session_id":{value},"sessionID":{value},"thread_id":{value},
            "message":{{"id":{value},"content":{value},"usage":{value}}},"content":{value},"result":{value},"is_error":{value},
            "item":{{"type":"agent_message","text":{value}}},"usage":{{"input_tokens":{value}}},"total_cost_usd":{value},
            "part":{{"text":{value},"cost":{value},"tokens":{value}}},"error":{value},"stats":{value},"status":"error",
            "rate_limit_info":{{"status":"rejected","resetsAt":{value}}}}}"#
        );
        read(line.as_bytes(), 0);
    }
}

#[test]
fn last_words_and_denials_of_any_length_are_kept_in_part() {
    let long = "ä".repeat(100_000);
    let lines = [
        format!(r#"{{"type":"result","result":"{long}","is_error":false,"session_id":"{long}"}}"#),
        format!(r#"{{"type":"result","result":"{long}","is_error":true}}"#),
    ];
    let mut reader = Reader::new(Stream::Claude);
    for line in &lines {
        reader.read(line.as_bytes(), Time(0));
    }
    let told = reader.told();
    assert_eq!(told.text.chars().count(), Told::TEXT_CHARS_MAX);
    assert!(told.denial.unwrap().text.chars().count() <= 400);
    assert_eq!(told.session, None);
    let mut reader = Reader::new(Stream::Gemini);
    let piece = format!(r#"{{"type":"message","role":"assistant","content":"{long}"}}"#);
    for _ in 0..5 {
        reader.read(piece.as_bytes(), Time(0));
    }
    assert_eq!(reader.told().text.chars().count(), Told::TEXT_CHARS_MAX);
}

#[test]
fn a_session_that_could_be_an_option_or_a_path_is_none() {
    for id in ["--model", "-x", "../x", "a b", "a/b", "", "ses\\u0000"] {
        let line = format!(r#"{{"type":"thread.started","thread_id":"{id}"}}"#);
        let mut reader = Reader::new(Stream::Codex {
            before: Usage::default(),
        });
        reader.read(line.as_bytes(), Time(0));
        assert_eq!(reader.told().session, None, "{id}");
    }
}
