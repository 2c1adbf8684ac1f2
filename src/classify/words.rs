//! Rules over words: the end of the output becomes a class where it says why.
//!
//! Invariant: phrases match whole words, whatever case and punctuation, in the
//! last lines only; the first rule with a match decides.

use crate::model::FailureClass::{self, Auth, Resource, Timeout, Transient};

/// Lines of output that are looked at, from the end.
const LINES_MAX: usize = 40;
/// Bytes of output that are looked at, from the end.
const BYTES_MAX: usize = 16 * 1024;

struct Rule {
    class: FailureClass,
    name: &'static str,
    /// Lower case, words apart by one space.
    phrases: &'static [&'static str],
}

/// In order: a full disk, what time mends, what a credential mends, what room mends, what was too slow.
const RULES: &[Rule] = &[
    // Before the quotas of providers, which time mends.
    Rule {
        class: Resource,
        name: "disk full",
        phrases: &["no space left", "enospc", "disk quota exceeded"],
    },
    Rule {
        class: Transient,
        name: "rate limit or overload",
        phrases: &[
            "too many requests",
            "rate limit",
            "rate limited",
            "rate limits",
            "ratelimit",
            "rate limit error",
            "usage limit reached",
            "quota exceeded",
            "exceeded your quota",
            "exceeded your current quota",
            "insufficient quota",
            "resource exhausted",
            "overloaded",
            "overloaded error",
            "http 429",
            "status 429",
            "status code 429",
            "error 429",
            "code 429",
            "429 too many",
            "http 529",
            "status 529",
            "error 529",
        ],
    },
    Rule {
        class: Transient,
        name: "network or server fault",
        phrases: &[
            "connection timed out",
            "connection refused",
            "connection reset",
            "econnreset",
            "econnrefused",
            "etimedout",
            "enotfound",
            "could not resolve host",
            "temporary failure in name resolution",
            "network is unreachable",
            "internal server error",
            "bad gateway",
            "service unavailable",
            "gateway timeout",
            "http 500",
            "http 502",
            "http 503",
            "http 504",
            "error 500",
            "error 502",
            "error 503",
            "error 504",
            "remote end hung up unexpectedly",
            "early eof",
        ],
    },
    Rule {
        class: Auth,
        name: "not authorised",
        phrases: &[
            "unauthorized",
            "unauthorised",
            "forbidden",
            "http 401",
            "http 403",
            "status 401",
            "status 403",
            "status code 401",
            "status code 403",
            "error 401",
            "error 403",
            "returned error 401",
            "returned error 403",
            "authentication failed",
            "authentication error",
            "authentication required",
            "invalid api key",
            "invalid x api key",
            "invalid token",
            "invalid credentials",
            "bad credentials",
            "expired token",
            "token expired",
            "token has expired",
            "token is expired",
            "please log in",
            "not logged in",
            "could not read username",
            "permission denied publickey",
        ],
    },
    Rule {
        class: Resource,
        name: "out of memory or files",
        phrases: &[
            "out of memory",
            "cannot allocate memory",
            "oom killed",
            "oomkilled",
            "memory allocation of",
            "killed by signal 9",
            "signal 9 sigkill",
            "too many open files",
            "file too large",
            "resource temporarily unavailable",
        ],
    },
    Rule {
        class: Timeout,
        name: "timed out",
        phrases: &[
            "timed out",
            "timeout exceeded",
            "timeout expired",
            "timeout error",
            "timeouterror",
            "request timeout",
            "deadline exceeded",
        ],
    },
];

/// The first rule that the end of a text satisfies.
pub(super) fn find(tail: &str) -> Option<(FailureClass, &'static str)> {
    let words = words(tail);
    RULES
        .iter()
        .find(|rule| {
            rule.phrases
                .iter()
                .any(|phrase| words.contains(&format!(" {phrase} ")))
        })
        .map(|rule| (rule.class, rule.name))
}

/// The last lines in lower case, words apart and surrounded by one space.
fn words(tail: &str) -> String {
    let from = tail.ceil_char_boundary(tail.len().saturating_sub(BYTES_MAX));
    let tail = tail.get(from..).unwrap_or_default();
    let mut lines: Vec<&str> = tail.lines().rev().take(LINES_MAX).collect();
    lines.reverse();
    let mut out = String::from(" ");
    for line in lines {
        for word in line.split(|c: char| !c.is_alphanumeric()) {
            if !word.is_empty() {
                out.push_str(&word.to_lowercase());
                out.push(' ');
            }
        }
        // A phrase does not run over the end of a line.
        out.push_str("\n ");
    }
    out
}
