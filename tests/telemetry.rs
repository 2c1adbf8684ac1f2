//! Every decision is one event with all its fields, and no output shows a secret.

#![expect(
    clippy::expect_used,
    reason = "the lint's leave for tests does not reach their helper functions"
)]

use adf::{
    model::plan::Decision,
    telemetry::{self, DECISION_TARGET, Redact, Style, journal},
};
use serde_json::Value;
use std::{
    io::{self, Write},
    os::unix::net::UnixDatagram,
    sync::{Arc, Mutex},
};
use tracing_subscriber::{Registry, layer::SubscriberExt};

const SECRET: &str = "0123456789abcdef0123456789abcdef01234567";

/// A log that a test can read.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("page").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn redactor() -> Redact {
    Arc::new(|text: &str| text.replace(SECRET, "[secret]"))
}

fn written(style: Style, work: impl FnOnce()) -> String {
    let page = Page::default();
    let copy = page.clone();
    let filter = telemetry::filter(None).expect("the default filter");
    let subscriber = telemetry::lines(style, filter, move || copy.clone(), redactor());
    tracing::subscriber::with_default(subscriber, work);
    let bytes = page.0.lock().expect("page").clone();
    String::from_utf8(bytes).expect("UTF-8")
}

fn full() -> Decision {
    Decision {
        what: "start".into(),
        issue: 42,
        task: Some("0a1b2c3d4e5f".into()),
        run: Some("0a1b2c3d4e5f-1".into()),
        agent: Some("developer".into()),
        reason: "a slot is free".into(),
        source: "mention".into(),
        overrode: Some("the project's default".into()),
    }
}

fn bare() -> Decision {
    Decision {
        task: None,
        run: None,
        agent: None,
        overrode: None,
        ..full()
    }
}

#[test]
fn a_decision_is_one_json_line_with_every_field() {
    let text = written(Style::Json, || telemetry::decision("shop", &full()));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1, "{text}");
    let event: Value = serde_json::from_str(lines[0]).expect("JSON");
    let expected = [
        ("project", "shop"),
        ("task", "0a1b2c3d4e5f"),
        ("run", "0a1b2c3d4e5f-1"),
        ("agent", "developer"),
        ("reason", "a slot is free"),
        ("source", "mention"),
        ("overrode", "the project's default"),
        ("message", "start"),
        ("target", DECISION_TARGET),
    ];
    for (field, value) in expected {
        assert_eq!(event[field], value, "{field} in {event}");
    }
    assert_eq!(event["issue"], 42, "{event}");
}

#[test]
fn an_absent_field_is_an_empty_string_and_not_missing() {
    let text = written(Style::Json, || telemetry::decision("shop", &bare()));
    let event: Value = serde_json::from_str(&text).expect("JSON");
    for field in ["task", "run", "agent", "overrode"] {
        assert_eq!(event[field], "", "{field} in {event}");
    }
}

#[test]
fn a_secret_in_a_field_or_a_message_is_redacted_in_both_styles() {
    let leak = Decision {
        what: format!("start with {SECRET}"),
        reason: format!("the remote said {SECRET}"),
        ..full()
    };
    for style in [Style::Json, Style::Human { colour: true }] {
        let text = written(style, || telemetry::decision("shop", &leak));
        assert!(!text.contains(SECRET), "{style:?}: {text}");
        assert_eq!(text.matches("[secret]").count(), 2, "{style:?}: {text}");
    }
}

#[test]
fn colour_is_for_terminals_only() {
    let plain = written(Style::Human { colour: false }, || {
        telemetry::decision("shop", &full());
    });
    let bright = written(Style::Human { colour: true }, || {
        telemetry::decision("shop", &full());
    });
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    assert!(bright.contains('\u{1b}'), "{bright:?}");
}

#[test]
fn a_line_below_the_filter_is_not_written() {
    let text = written(Style::Json, || tracing::debug!("whisper"));
    assert_eq!(text, "");
}

/// The fields of one datagram of the journal's protocol.
fn datagram(bytes: &[u8]) -> Vec<(String, String)> {
    let mut rest = bytes;
    let mut fields = Vec::new();
    while let Some(end) = rest.iter().position(|b| *b == b'\n') {
        let name = String::from_utf8_lossy(&rest[..end]).into_owned();
        let (length, value) = rest[end + 1..].split_at(8);
        let length = u64::from_le_bytes(length.try_into().expect("8 bytes"));
        let length = usize::try_from(length).expect("a length");
        fields.push((name, String::from_utf8_lossy(&value[..length]).into_owned()));
        assert_eq!(value[length], b'\n', "a value ends with a line feed");
        rest = &value[length + 1..];
    }
    fields
}

fn journalled(work: impl FnOnce()) -> Vec<(String, String)> {
    let (ours, theirs) = UnixDatagram::pair().expect("a pair");
    let subscriber = Registry::default().with(journal::Journal::on(ours, redactor()));
    tracing::subscriber::with_default(subscriber, work);
    let mut buffer = vec![0; 256 * 1024];
    let length = theirs.recv(&mut buffer).expect("one datagram");
    datagram(&buffer[..length])
}

#[test]
fn the_journal_gets_each_field_by_name_and_no_secret() {
    let leak = Decision {
        reason: format!("two\nlines and {SECRET}"),
        ..full()
    };
    let fields = journalled(|| telemetry::decision("shop", &leak));
    let get = |name: &str| {
        let hit = fields.iter().find(|(n, _)| n == name);
        hit.map(|(_, value)| value.as_str())
    };
    assert_eq!(get("MESSAGE"), Some("start"));
    assert_eq!(get("PRIORITY"), Some("6"));
    assert_eq!(get("TARGET"), Some(DECISION_TARGET));
    assert_eq!(get("ADF_ISSUE"), Some("42"));
    assert_eq!(get("ADF_AGENT"), Some("developer"));
    assert_eq!(get("ADF_REASON"), Some("two\nlines and [secret]"));
    assert_eq!(get("ADF_OVERRODE"), Some("the project's default"));
}

#[test]
fn a_value_too_long_for_the_journal_is_cut_and_said_so() {
    let long = Decision {
        reason: "é".repeat(journal::VALUE_BYTES_MAX),
        ..full()
    };
    let fields = journalled(|| telemetry::decision("shop", &long));
    let reason = &fields
        .iter()
        .find(|(n, _)| n == "ADF_REASON")
        .expect("it")
        .1;
    assert!(reason.len() <= journal::VALUE_BYTES_MAX);
    assert!(reason.ends_with("(cut)"), "{}", reason.len());
}
