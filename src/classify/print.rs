//! A failure's line becomes its essence, and with class and rule a fingerprint.
//!
//! Invariant: what differs each time (numbers, times, hex, ids, paths) is
//! replaced, so that the same failure twice gives the same essence; secrets
//! are taken out before and after; the essence of an essence is itself.

use crate::model::{Failure, FailureClass};
use crate::redact::Redactor;
use sha2::{Digest, Sha256};

/// Characters of an essence.
pub const ESSENCE_CHARS_MAX: usize = 200;
/// Hex digits of a fingerprint.
const FINGERPRINT_HEX: usize = 12;
/// Hex digits from which on a word is a hash or an address.
const HEX_MIN: usize = 7;
/// Characters from which on a word of letters and digits is an id.
const ID_MIN: usize = 12;
/// Stands for a number, an id or a time.
const SOME: &str = "#";
/// Stands for a path or an address.
const PATH: &str = "<path>";
/// Words of times.
const TIMES: [&str; 23] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "mon",
    "tue", "wed", "thu", "fri", "sat", "sun", "am", "pm", "utc", "gmt",
];

/// A failure by its class, its rule and the line that says why.
#[must_use]
pub fn failure(class: FailureClass, rule: &str, line: &str, redactor: &Redactor) -> Failure {
    let line = essence(&redactor.clean(line));
    let line = essence(&redactor.clean(&line));
    let mut hash = Sha256::new();
    for part in [class.word(), rule, &line] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let fingerprint: String = hex::encode(hash.finalize());
    Failure {
        rule: rule.to_owned(),
        line,
        fingerprint: fingerprint.chars().take(FINGERPRINT_HEX).collect(),
    }
}

/// A line without what differs each time.
#[must_use]
pub fn essence(line: &str) -> String {
    let mut out = String::new();
    let mut room = ESSENCE_CHARS_MAX;
    for word in line.split(is_edge).filter(|word| !word.is_empty()) {
        let word: String = essential(word).chars().take(ESSENCE_CHARS_MAX).collect();
        // Dates and times of several parts are one.
        if word == SOME && out.ends_with(SOME) {
            continue;
        }
        let taken = word.chars().count() + usize::from(!out.is_empty());
        if taken > room {
            break;
        }
        room -= taken;
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word);
    }
    out
}

/// What keeps words apart.
fn is_edge(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "\"'`,;()[]{}=|".contains(c)
}

fn essential(word: &str) -> String {
    if word.contains(['/', '\\']) {
        return PATH.to_owned();
    }
    let bare = bare(word);
    let digits = bare.contains(char::is_numeric);
    let hex = bare.len() >= HEX_MIN && bare.chars().all(|c| c.is_ascii_hexdigit());
    if digits && (hex || bare.chars().count() >= ID_MIN) {
        return SOME.to_owned();
    }
    let word = numbers(word);
    if TIMES.contains(&self::bare(&word)) {
        return SOME.to_owned();
    }
    word
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// A word in lower case whose numbers, with what joins them, are one sign.
fn numbers(word: &str) -> String {
    let joins = |c: char| c.is_numeric() || ".:-+_#".contains(c);
    let mut out = String::new();
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let end = if joins(first) {
            rest.find(|c| !joins(c))
        } else {
            rest.find(joins)
        };
        let (part, more) = rest.split_at(end.unwrap_or(rest.len()));
        if part.contains(|c: char| c.is_numeric() || c == '#') {
            out.push_str(SOME);
        } else {
            out.push_str(&part.to_lowercase());
        }
        rest = more;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FailureClass::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_known_again_whatever_differs_each_time() {
        for (one, other) in [
            (
                "at 2026-01-02T03:04:05Z: HTTP 503",
                "at 2025-12-31T23:59:59.123Z: HTTP 500",
            ),
            ("cannot open /srv/a/b.rs:12:3", "cannot open /tmp/x:1:2"),
            ("object 0f3c9a1b2c missing", "object deadbeef01 missing"),
            (
                "request req_011CSHoEeqs5C35K2UUqR7Fy failed",
                "request req_9XYZ12abcdEFGH34 failed",
            ),
            ("resets 3pm (UTC)", "resets Jan 5, 11am (UTC)"),
            ("took 1.5s", "took 300s"),
            ("Retry   in 5 seconds", "retry in 17 seconds"),
        ] {
            assert_eq!(essence(one), essence(other), "{one} / {other}");
        }
        for (one, other) in [
            ("connection refused", "connection reset"),
            ("test alpha failed", "test beta failed"),
        ] {
            assert_ne!(essence(one), essence(other));
        }
    }

    #[test]
    fn a_fingerprint_is_of_class_rule_and_line_and_holds_no_secret() {
        let secret = "s3cr3t-v4lue-of-mine";
        let redactor = Redactor::new(&[secret.into()]);
        let print = |class, rule, line: &str| failure(class, rule, line, &redactor);
        let one = print(Auth, "x", &format!("key {secret} is refused"));
        assert!(
            !one.line.contains("s3cr3t") && one.line.contains("redacted"),
            "{one:?}"
        );
        assert_eq!(one, print(Auth, "x", "key [redacted] is refused"));
        for other in [
            print(Logic, "x", "key [redacted] is refused"),
            print(Auth, "y", "key [redacted] is refused"),
            print(Auth, "x", "key [redacted] is gone"),
        ] {
            assert_ne!(one.fingerprint, other.fingerprint);
        }
        assert_eq!(one.fingerprint.len(), 12);
        let shaped = print(Auth, "x", "Authorization: Bearer abcdefghijklmnop");
        assert!(!shaped.line.contains("abcdefgh"), "{shaped:?}");
    }

    proptest! {
        #[test]
        fn an_essence_is_short_without_digits_and_its_own_essence(line in any::<String>()) {
            let once = essence(&line);
            prop_assert!(once.chars().count() <= ESSENCE_CHARS_MAX);
            prop_assert!(!once.contains(|c: char| c.is_numeric()), "{once}");
            prop_assert_eq!(essence(&once), once);
        }

        #[test]
        fn other_numbers_make_no_other_essence(
            words in proptest::collection::vec("[a-z]{1,9}", 1..6), a in 0u32.., b in 0u32..
        ) {
            let line = |n: u32| words.iter().map(|w| format!("{w} {n}: ")).collect::<String>();
            prop_assert_eq!(essence(&line(a)), essence(&line(b)));
        }
    }
}
