//! A known value becomes the texts by which it may show itself.
//!
//! Invariant: the value itself is always among them; nothing shorter than the
//! bounds, and nothing that is part of the placeholder, is ever looked for.

use super::{KNOWN_MIN_CHARS, PLACEHOLDER};
use base64::{Engine, engine::general_purpose};
use secrecy::{ExposeSecret, SecretString};
use std::{collections::BTreeSet, fmt::Write as _, ops::Range};

/// A line of a value of several lines is looked for alone from this length, in characters.
const LINE_MIN_CHARS: usize = 16;

/// What to look for.
pub(super) struct Forms {
    pub(super) plain: Vec<String>,
    pub(super) base64: Vec<String>,
}

/// All forms of all values.
pub(super) fn of(known: &[SecretString]) -> Forms {
    let mut plain = BTreeSet::new();
    let mut base64 = BTreeSet::new();
    for secret in known {
        let value = secret.expose_secret();
        add(value, KNOWN_MIN_CHARS, &mut plain, &mut base64);
        // A file with a secret ends in a line end that the secret in use lacks.
        add(value.trim(), KNOWN_MIN_CHARS, &mut plain, &mut base64);
        if value.trim().contains('\n') {
            for line in value.lines().filter(|line| !line.starts_with("-----")) {
                add(line.trim(), LINE_MIN_CHARS, &mut plain, &mut base64);
            }
        }
    }
    Forms {
        plain: plain.into_iter().collect(),
        base64: base64.into_iter().collect(),
    }
}

fn add(value: &str, min_chars: usize, plain: &mut BTreeSet<String>, base64: &mut BTreeSet<String>) {
    if value.chars().count() < min_chars || PLACEHOLDER.contains(value) {
        return;
    }
    plain.insert(value.to_owned());
    plain.insert(percent(value, false));
    plain.insert(percent(value, true));
    plain.insert(percent(value, true).replace("%20", "+"));
    plain.insert(hex::encode(value));
    plain.insert(hex::encode_upper(value));
    plain.insert(escaped(value));
    for alphabet in [
        general_purpose::STANDARD_NO_PAD,
        general_purpose::URL_SAFE_NO_PAD,
    ] {
        for before in 0..3 {
            base64.extend(base64_core(value, before, &alphabet));
        }
    }
}

/// Percent-encoding of everything but the characters that never need it.
fn percent(value: &str, upper: bool) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        // Writing to a string cannot fail.
        let _ = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
                Ok(())
            }
            _ if upper => write!(out, "%{byte:02X}"),
            _ => write!(out, "%{byte:02x}"),
        };
    }
    out
}

/// As it stands inside a JSON string.
fn escaped(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    let mut inner = quoted.chars();
    inner.next();
    inner.next_back();
    inner.as_str().to_owned()
}

/// The base64 characters that the value alone decides when it begins `before`
/// bytes into a group of three: so `user:token` is found whoever the user is.
fn base64_core(value: &str, before: usize, alphabet: &impl Engine) -> Option<String> {
    let mut bytes = vec![0_u8; before];
    bytes.extend_from_slice(value.as_bytes());
    let first = (before * 8).div_ceil(6);
    let whole = bytes.len() * 8 / 6;
    let text = alphabet.encode(&bytes);
    text.get(first..whole).map(str::to_owned)
}

/// The whole base64 word around a match, not before `from`.
pub(super) fn grow_base64(text: &str, found: Range<usize>, from: usize) -> Range<usize> {
    let of_base64 =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    let bytes = text.as_bytes();
    let head = bytes.get(from..found.start).unwrap_or_default();
    let tail = bytes.get(found.end..).unwrap_or_default();
    let before = head.iter().rev().take_while(|byte| of_base64(byte)).count();
    let after = tail.iter().take_while(|byte| of_base64(byte)).count();
    let pad = tail.iter().skip(after).take_while(|byte| **byte == b'=');
    found.start - before..found.end + after + pad.take(2).count()
}
