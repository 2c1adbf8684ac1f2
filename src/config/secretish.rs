//! What looks like a secret in a config: names, values, and their masking.
//!
//! A guess on the safe side: it decides what is not shown and what is warned
//! about, never what is accepted as a credential.
//!
//! Invariant: masking changes no byte offset and no line.

use std::ops::Range;

const SECRET_NAMES: [&str; 7] = [
    "token",
    "key",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "credential",
];

/// Keys of this config that sound secret and hold only names and paths.
const PLAIN_KEYS: [&str; 7] = [
    "key_credential",
    "key_env",
    "key_file",
    "token_env",
    "token_file",
    "token_credential",
    "marker_key_file",
];

/// Beginnings of well-known kinds of tokens.
const SECRET_PREFIXES: [&str; 10] = [
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "gitea_",
    "sk-",
    "xoxb-",
    "xoxp-",
    "AKIA",
];

/// Phrases that come before a secret or begin one.
const SECRET_PHRASES: [&str; 2] = ["Bearer ", "-----BEGIN "];

/// The shortest value after a known prefix that is taken for a token, in bytes.
const TOKEN_BYTES_MIN: usize = 16;

/// Whether a variable or a key of this name would hold a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|word| name.contains(word))
}

/// As [`is_secret_name`], for keys of the config itself.
pub(super) fn is_secret_key(key: &str) -> bool {
    is_secret_name(key) && !PLAIN_KEYS.contains(&key)
}

/// Whether a value looks like a token, a key, or a URL with a password in it.
#[must_use]
pub fn is_secret_value(value: &str) -> bool {
    let token = |word: &str| {
        let long = word.len() >= TOKEN_BYTES_MIN;
        is_hex_token(word)
            || (long
                && SECRET_PREFIXES
                    .iter()
                    .any(|prefix| word.starts_with(prefix)))
    };
    value.split(['=', ' ', ':', ',', '@', '/']).any(token)
        || SECRET_PHRASES.iter().any(|phrase| value.contains(phrase))
        || has_userinfo(value)
        || is_assigned(value)
}

/// 40 hex digits, as Gitea's tokens have, or 64.
fn is_hex_token(word: &str) -> bool {
    matches!(word.len(), 40 | 64) && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `user:password@host`, with or without a scheme before it.
fn has_userinfo(value: &str) -> bool {
    value.split_whitespace().any(|word| {
        let (scheme, rest) = word.split_once("://").unwrap_or(("", word));
        rest.split_once('@').is_some_and(|(user, _)| {
            !user.contains('/') && (user.contains(':') || !scheme.is_empty())
        })
    })
}

/// `--api-key=…` and the like.
fn is_assigned(value: &str) -> bool {
    value.split_once('=').is_some_and(|(name, value)| {
        is_secret_name(name)
            && !name.contains(' ')
            && value.len() >= TOKEN_BYTES_MIN
            && !value.contains([' ', '/', '$'])
    })
}

/// The text with these ranges overwritten.
pub(super) fn mask_ranges(text: &str, ranges: &[Range<usize>]) -> String {
    let masked = |at: usize| ranges.iter().any(|range| range.contains(&at));
    text.char_indices()
        .map(|(at, c)| if masked(at) { star(c) } else { c.to_string() })
        .collect()
}

/// As long as the character in bytes; quotes and line ends stay for the eye.
fn star(c: char) -> String {
    match c {
        '\n' | '\r' | '"' | '\'' => c.to_string(),
        c => "*".repeat(c.len_utf8()),
    }
}

/// For a text that could not be parsed: what follows `=` on lines whose key
/// sounds secret or whose text looks it.
pub(super) fn mask_lines(text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| match line.split_once('=') {
            Some((key, value)) if is_secret_key(key.trim()) || is_secret_value(bare(value)) => {
                format!("{key}={}", value.chars().map(star).collect::<String>())
            }
            _ => line.to_owned(),
        })
        .collect()
}

fn bare(value: &str) -> &str {
    value.trim().trim_matches(['"', '\''])
}
