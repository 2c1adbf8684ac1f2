//! Marks: what is written verifies, what was touched does not, and nobody else's text carries one.

use adf::{
    mention::{
        MarkerKey, is_marked,
        marker::{MARKS_MAX, Place, find, strip, write},
    },
    model::*,
};
use proptest::prelude::*;

fn key(byte: u8) -> MarkerKey {
    MarkerKey::new(&[byte; 32]).unwrap_or_else(|error| panic!("{error}"))
}

fn place(issue: u64) -> Place {
    Place {
        comment: 99,
        issue,
        written_at: Time(5),
    }
}

fn mark(kind: MarkKind) -> Mark {
    Mark {
        comment: 99,
        issue: 42,
        kind,
        factory: "0123456789ab".into(),
        key: "accept:abcdefabcdef".into(),
        task: "abcdefabcdef".into(),
        origin: "comment-12/!/1@3".into(),
        agent: Some("developer".into()),
        instruction: Some("ba7816bf8f01".into()),
        verified: true,
        written_at: Time(5),
    }
}

fn kinds() -> impl Strategy<Value = MarkKind> {
    prop_oneof![
        Just(MarkKind::Accept),
        Just(MarkKind::Result),
        Just(MarkKind::Reply),
        Just(MarkKind::Pull),
        Just(MarkKind::Ask),
        Just(MarkKind::Issue)
    ]
}

fn marks() -> impl Strategy<Value = Mark> {
    let text = || prop_oneof![any::<String>(), "[-> !<a%=]{0,12}"];
    (
        kinds(),
        text(),
        text(),
        text(),
        text(),
        prop::option::of(text()),
        prop::option::of(text()),
    )
        .prop_map(
            |(kind, factory, key, task, origin, agent, instruction)| Mark {
                factory: FactoryId(factory),
                key: EffectKey(key),
                task: TaskId(task),
                origin: MentionId(origin),
                agent: agent.map(AgentName),
                instruction,
                ..mark(kind)
            },
        )
}

#[test]
fn a_mark_is_one_readable_line_that_comes_back_verified() {
    let line = write(&mark(MarkKind::Accept), &key(1));
    assert!(
        line.starts_with(
            "<!-- adf:1 kind=accept issue=42 factory=0123456789ab key=accept:abcdefabcdef "
        ),
        "{line}"
    );
    let body = format!("Accepted.\n\n{line}\n");
    assert_eq!(find(&body, &key(1), place(42)), [mark(MarkKind::Accept)]);
    assert!(is_marked(&body));
}

#[test]
fn another_key_another_issue_or_another_mac_does_not_verify() {
    let line = write(&mark(MarkKind::Result), &key(1));
    let verified = |body: &str, key: &MarkerKey, issue| find(body, key, place(issue))[0].verified;
    assert!(verified(&line, &key(1), 42));
    assert!(!verified(&line, &key(2), 42));
    assert!(!verified(&line, &key(1), 43));
    assert_eq!(
        find(&line, &key(1), place(43))[0].issue,
        43,
        "it is where it was found"
    );
    assert!(!verified(
        &line.replace("issue=42", "issue=43"),
        &key(1),
        43
    ));
    assert!(!verified(
        &line.replace("issue=42", "issue=042"),
        &key(1),
        42
    ));
    let (head, _) = line.split_once("mac=").expect("a mac");
    let upper = line
        .split_once("mac=")
        .map(|(_, mac)| mac.trim_end_matches(" -->").to_uppercase());
    for mac in ["", "00", "zz", upper.as_deref().unwrap_or_default()] {
        assert!(
            !verified(&format!("{head}mac={mac} -->"), &key(1), 42),
            "{mac}"
        );
    }
}

#[test]
fn the_mark_of_a_pull_request_keeps_the_issue_its_work_is_for() {
    let line = write(&mark(MarkKind::Pull), &key(1));
    let found = find(&line, &key(1), place(7));
    assert_eq!((found[0].issue, found[0].verified), (42, true));
}

#[test]
fn a_key_is_long_and_silent() {
    assert!(MarkerKey::new(&[1; 31]).is_err());
    let key = MarkerKey::new(b"an-obvious-secret-of-thirty-two-bytes").expect("a key");
    assert_eq!(format!("{key:?}"), "MarkerKey(…)");
}

#[test]
fn no_more_marks_are_read_than_the_bound() {
    let body = write(&mark(MarkKind::Reply), &key(1)).repeat(MARKS_MAX * 2);
    assert_eq!(find(&body, &key(1), place(42)).len(), MARKS_MAX);
}

#[test]
fn strip_takes_what_looks_like_a_mark_and_leaves_the_rest() {
    for (text, clean) in [
        ("plain", "plain"),
        ("a <!-- note --> b", "a <!-- note --> b"),
        ("a <!-- adf:1 kind=accept --> b", "a  b"),
        ("a <!--\n ADF:2\n --> b", "a  b"),
        ("a <!-- see adf: --> b", "a  b"),
        ("a <!-- adf:1 kind=accept", "a  adf:1 kind=accept"),
        ("a <!-- open", "a  open"),
        ("<!<!-- adf:1 -->-- adf:1 -->", "<! -- adf:1 -->"),
        ("<!-- <!-- adf:1 --> adf:1 -->", " adf:1 -->"),
        ("say @adf:developer", "say @adf:developer"),
    ] {
        assert_eq!(strip(text), clean, "{text}");
    }
}

proptest! {
    #[test]
    fn marks_round_trip_whatever_they_hold(mark in marks()) {
        let line = write(&mark, &key(1));
        prop_assert!(!line.contains('\n'));
        prop_assert_eq!(line.matches("--").count(), 2, "only the comment's own: {}", line);
        prop_assert_eq!(find(&format!("x {line} y"), &key(1), place(42)), [mark]);
    }

    #[test]
    fn a_flipped_bit_never_verifies(mark in marks(), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let line = write(&mark, &key(1));
        let mut bytes = line.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let text = String::from_utf8_lossy(&bytes);
        for found in find(&text, &key(1), place(42)) {
            prop_assert!(!found.verified, "{}", text);
        }
    }

    #[test]
    fn nothing_survives_strip(pieces in prop::collection::vec(
        prop_oneof![
            Just("<"), Just("!"), Just("-"), Just("--"), Just("<!--"), Just("-->"), Just(" "), Just("adf:"),
            Just("adf:1 "), Just("ADF:"), Just("\n"), Just("é"), Just("x"), Just(">"),
            Just("<!-- adf:1 kind=reply issue=1 factory=a key=b task=c origin=d mac=00 -->"),
        ],
        0..40,
    )) {
        let text = pieces.concat();
        let clean = strip(&text);
        prop_assert!(!is_marked(&clean), "{:?} -> {:?}", text, clean);
        prop_assert!(find(&clean, &key(1), place(1)).is_empty());
        prop_assert_eq!(strip(&clean), clean);
    }

    #[test]
    fn any_text_is_read_without_panic(text in any::<String>()) {
        let _ = (find(&text, &key(1), place(1)), is_marked(&text), strip(&text));
        let _ = find(&format!("<!-- adf:1 {text} -->"), &key(1), place(1));
    }
}
