//! Marks: the factory's knowledge of a comment becomes one hidden line in it,
//! and the line becomes knowledge again.
//!
//! Invariant: only the holder of the key writes a line that verifies, no change
//! to a line or move to another issue still verifies, and nothing that looks
//! like a mark survives [`strip`], which every foreign text passes before it is posted.
//! Where to look next: [`super::wire`] for the line's form.

use super::{identity::length, wire};
use crate::model::{Mark, MarkKind, Time};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// Marks read from one text.
pub const MARKS_MAX: usize = 16;
/// Bytes that a key must have at least.
pub const KEY_MIN_BYTES: usize = 32;

const COMMENT_OPEN: &str = "<!--";
const COMMENT_CLOSE: &str = "-->";

/// The secret under which marks are written and believed.
#[derive(Clone)]
pub struct MarkerKey(Hmac<Sha256>);

/// The key is too short to be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "marker key has {bytes} bytes, needs at least {KEY_MIN_BYTES}: make a new one from a random source"
)]
pub struct WeakKey {
    /// How many bytes it has.
    pub bytes: usize,
}

impl MarkerKey {
    /// Takes a secret of at least [`KEY_MIN_BYTES`] bytes.
    pub fn new(secret: &[u8]) -> Result<MarkerKey, WeakKey> {
        let weak = WeakKey {
            bytes: secret.len(),
        };
        if secret.len() < KEY_MIN_BYTES {
            return Err(weak);
        }
        Hmac::new_from_slice(secret)
            .map(MarkerKey)
            .map_err(|_| weak)
    }

    fn mac(&self, mark: &Mark) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        let issue = mark.issue.to_string();
        let mut part = |text: Option<&str>| match text {
            Some(text) => {
                mac.update(&[1]);
                mac.update(&length(text));
                mac.update(text.as_bytes());
            }
            None => mac.update(&[0]),
        };
        part(Some("adf-mark-1"));
        part(Some(wire::kind_word(mark.kind)));
        part(Some(&issue));
        part(Some(mark.factory.as_str()));
        part(Some(mark.key.as_str()));
        part(Some(mark.task.as_str()));
        part(Some(mark.origin.as_str()));
        part(mark.agent.as_ref().map(|agent| agent.as_str()));
        part(mark.instruction.as_deref());
        mac
    }
}

impl fmt::Debug for MarkerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MarkerKey(…)")
    }
}

/// Where a text that may hold marks was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The comment's id; of a pull request's body, the pull request's number.
    pub comment: i64,
    /// The issue or pull request it belongs to.
    pub issue: u64,
    /// The forge's time of the text.
    pub written_at: Time,
}

/// Writes a mark as one line without a line end; `comment`, `written_at` and
/// `verified` are not part of it. Of a body, `issue` is the issue the work is for.
#[must_use]
pub fn write(mark: &Mark, key: &MarkerKey) -> String {
    let mac = hex::encode(key.mac(mark).finalize().into_bytes());
    wire::line(mark, &mac)
}

/// Finds the marks of a text, at most [`MARKS_MAX`], each verified or not.
///
/// A mark that names another issue than `place` does not verify. The body of a
/// pull request or new issue is written before its number is known, so its mark
/// keeps the issue it names: the issue the work is for.
#[must_use]
pub fn find(body: &str, key: &MarkerKey, place: Place) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut rest = body;
    while let Some((_, tail)) = rest.split_once(wire::OPEN) {
        rest = tail;
        let Some(parsed) = wire::parse(tail) else {
            continue;
        };
        let mut mark = parsed.mark;
        let tag = hex::decode(parsed.mac).unwrap_or_default();
        // One text per mark: what is not written exactly as `write` writes it was changed.
        let canonical = wire::line(&mark, &hex::encode(&tag)) == parsed.line;
        let proven = key.mac(&mark).verify_slice(&tag).is_ok();
        let of_body = matches!(mark.kind, MarkKind::Pull | MarkKind::Issue);
        let here = of_body || mark.issue == place.issue;
        if !of_body {
            mark.issue = place.issue;
        }
        mark.verified = canonical && proven && here;
        mark.comment = place.comment;
        mark.written_at = place.written_at;
        marks.push(mark);
        if marks.len() == MARKS_MAX {
            break;
        }
    }
    marks
}

/// Whether a text holds anything that looks like a mark, of whatever version.
#[must_use]
pub fn is_marked(body: &str) -> bool {
    body.split(COMMENT_OPEN).skip(1).any(|inner| {
        inner
            .trim_start()
            .get(..4)
            .is_some_and(|word| word.eq_ignore_ascii_case("adf:"))
    })
}

/// Removes from somebody's text every HTML comment that speaks of `adf:`, and
/// the opening of a comment without end, which would hide what is written after it.
#[must_use]
pub fn strip(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut closes = true;
    while let Some((before, inner)) = rest.split_once(COMMENT_OPEN) {
        out.push_str(before);
        // Looked for once in vain, an end is not looked for again: time stays linear.
        let ended = closes.then(|| inner.split_once(COMMENT_CLOSE)).flatten();
        let removed = match ended {
            Some((comment, after)) if comment.to_ascii_lowercase().contains("adf:") => {
                rest = after;
                true
            }
            Some((comment, after)) => {
                out.push_str(COMMENT_OPEN);
                out.push_str(comment);
                out.push_str(COMMENT_CLOSE);
                rest = after;
                false
            }
            None => {
                closes = false;
                rest = inner;
                true
            }
        };
        // What stood on both sides must not become an opening by standing together.
        if removed && out.ends_with(['<', '!', '-']) {
            out.push(' ');
        }
    }
    out.push_str(rest);
    out
}
