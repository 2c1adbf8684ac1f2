//! The form of a mark in a text: fields become one line, and a line fields.
//!
//! ```text
//! <!-- adf:1 kind=accept issue=42 factory=… key=accept:… task=… origin=… agent=… instr=… mac=<hex> -->
//! ```
//!
//! Invariant: values hold only `[A-Za-z0-9._:/@!-]` and `%XX`, never two hyphens in a
//! row, so no value can end the comment or the field; the order is fixed.
//! Where to look next: [`super::marker`], which decides whether to believe a line.

use crate::model::{AgentName, EffectKey, FactoryId, Mark, MarkKind, MentionId, TaskId, Time};
use std::fmt::Write as _;

/// How a line of this version begins.
pub(super) const OPEN: &str = "<!-- adf:1 ";
const CLOSE: &str = " -->";
/// Bytes of a line; a longer one is no mark.
const LINE_MAX_BYTES: usize = 4096;

/// A line as read: its fields, its MAC and itself.
pub(super) struct Parsed<'a> {
    pub(super) mark: Mark,
    pub(super) mac: &'a str,
    pub(super) line: String,
}

/// The word of a kind.
pub(super) fn kind_word(kind: MarkKind) -> &'static str {
    match kind {
        MarkKind::Accept => "accept",
        MarkKind::Result => "result",
        MarkKind::Reply => "reply",
        MarkKind::Pull => "pull",
        MarkKind::Ask => "ask",
        MarkKind::Issue => "issue",
    }
}

fn kind_of(word: &str) -> Option<MarkKind> {
    [
        MarkKind::Accept,
        MarkKind::Result,
        MarkKind::Reply,
        MarkKind::Pull,
        MarkKind::Ask,
        MarkKind::Issue,
    ]
    .into_iter()
    .find(|kind| kind_word(*kind) == word)
}

/// The line of a mark and its MAC.
pub(super) fn line(mark: &Mark, mac: &str) -> String {
    let mut line = OPEN.to_owned();
    let issue = mark.issue.to_string();
    let fields = [
        ("kind", Some(kind_word(mark.kind))),
        ("issue", Some(issue.as_str())),
        ("factory", Some(mark.factory.as_str())),
        ("key", Some(mark.key.as_str())),
        ("task", Some(mark.task.as_str())),
        ("origin", Some(mark.origin.as_str())),
        ("agent", mark.agent.as_ref().map(|agent| agent.as_str())),
        ("instr", mark.instruction.as_deref()),
        ("mac", Some(mac)),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            if !line.ends_with(' ') {
                line.push(' ');
            }
            line.push_str(name);
            line.push('=');
            encode(value, &mut line);
        }
    }
    line.push_str(CLOSE);
    line
}

/// Reads what stands behind [`OPEN`]; `None` when it is no mark.
pub(super) fn parse(text: &str) -> Option<Parsed<'_>> {
    let near = text.get(..text.floor_char_boundary(LINE_MAX_BYTES))?;
    let (inner, _) = near.split_once(CLOSE)?;
    if inner.contains('\n') {
        return None;
    }
    let mut fields = Fields(inner.split(' ').peekable());
    let mark = Mark {
        kind: kind_of(&fields.take("kind")?)?,
        issue: fields.take("issue")?.parse().ok()?,
        factory: FactoryId(fields.take("factory")?),
        key: EffectKey(fields.take("key")?),
        task: TaskId(fields.take("task")?),
        origin: MentionId(fields.take("origin")?),
        agent: fields.take("agent").map(AgentName),
        instruction: fields.take("instr"),
        comment: 0,
        verified: false,
        written_at: Time(0),
    };
    let mac = fields.raw("mac")?;
    fields.0.next().is_none().then(|| Parsed {
        mark,
        mac,
        line: format!("{OPEN}{inner}{CLOSE}"),
    })
}

/// The fields of a line, in their one order.
struct Fields<'a, I: Iterator<Item = &'a str>>(std::iter::Peekable<I>);

impl<'a, I: Iterator<Item = &'a str>> Fields<'a, I> {
    fn raw(&mut self, name: &str) -> Option<&'a str> {
        let value = self.0.peek()?.strip_prefix(name)?.strip_prefix('=')?;
        self.0.next();
        Some(value)
    }

    fn take(&mut self, name: &str) -> Option<String> {
        self.raw(name).and_then(decode)
    }
}

fn encode(value: &str, out: &mut String) {
    let mut after_hyphen = false;
    for byte in value.bytes() {
        let plain = byte.is_ascii_alphanumeric()
            || b"._:/@!".contains(&byte)
            || (byte == b'-' && !after_hyphen);
        after_hyphen = byte == b'-' && plain;
        if plain {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

fn decode(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let pair = [rest.next()?, rest.next()?];
            bytes.push(*hex::decode(pair).ok()?.first()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
