//! Secrets known by their looks: tokens with a prefix, keys, credentials in
//! URLs and headers, and values assigned to telling names.
//!
//! Invariant: each pattern takes time linear in the text; what already reads
//! as the placeholder is left alone, so cleaning twice changes nothing.

use super::PLACEHOLDER;
use regex::Regex;
use std::ops::Range;

/// What nothing but a secret looks like.
const TOKENS: [&str; 5] = [
    r"\b(?:gh[opsur]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|gl(?:pat|ptt|rt|dt|soat)-[A-Za-z0-9_.-]{16,})",
    r"\b(?:sk|pk|rk)-[A-Za-z0-9][A-Za-z0-9_-]{15,}|\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,}",
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[0-9A-Za-z_-]{35}|\b(?:npm|hf)_[A-Za-z0-9]{30,}",
    r"\bxox[abeoprs]-[A-Za-z0-9-]{8,}|\bxapp-[A-Za-z0-9-]{8,}",
    r"(?s)-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\z)",
];
/// What stands where a secret would: what the groups hold goes, or the whole match when there are none.
const TELLING: [&str; 7] = [
    // Gitea's tokens are bare hex: only where something says that it is a token.
    r#"(?i)\b(?:token|authorization|basic|gitea_token)["']?(?:\s*[:=]\s*|\s+)["']?([0-9a-f]{40})\b"#,
    r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)?",
    r"(?i)\bhttps?://([^\s/?#@]+(?:@[^\s/?#@]+)*)@",
    r"(?i)\b[a-z][a-z0-9+.-]{0,20}://([^\s/?#@:]*:[^\s/?#@]+(?:@[^\s/?#@]+)*)@",
    r#"(?i)\b(?:proxy-)?authorization["']?\s*[:=]\s*["']?([^\s"'][^\r\n"']*)"#,
    r"(?i)\bbearer\s+([A-Za-z0-9._~+/=-]{8,})",
    r#"(?ix)
        (?: password | passwd | passphrase | pwd | secret | token | credential
          | (?: api | access | private | secret | signing )[_-]?key ) ["'\]]? \s*
        (?: (?: = | :\s | ":\s* | ':\s* ) \s* "( [^"\r\n]+ )"
          | (?: = | :\s | ":\s* | ':\s* ) \s* '( [^'\r\n]+ )'
          | = \s* ( [^\s"',;&)\]}=>:{(] [^\s"',;&)\]}]* )
          | : \s+ ( [^\s"',;&)\]}=>:{(] [^\s"',;&)\]}]{5,} ) )"#,
];

/// The patterns, compiled: those of tokens first.
pub(super) struct Shapes(Vec<Regex>);

impl Shapes {
    pub(super) fn new() -> Result<Shapes, regex::Error> {
        let compiled: Result<Vec<Regex>, regex::Error> = TOKENS
            .iter()
            .chain(&TELLING)
            .map(|pattern| Regex::new(pattern))
            .collect();
        compiled.map(Shapes)
    }

    /// Whether there is a token or a private key; a word that only begins like one has no digit.
    pub(super) fn has_token(&self, text: &str) -> bool {
        let is_token = |found: regex::Match<'_>| {
            let found = found.as_str();
            found.starts_with('-') || found.bytes().any(|byte| byte.is_ascii_digit())
        };
        let mut tokens = self.0.iter().take(TOKENS.len());
        tokens.any(|pattern| pattern.find_iter(text).any(is_token))
    }

    /// Where secrets stand, in no order.
    pub(super) fn find(&self, text: &str) -> Vec<Range<usize>> {
        let mut spans = Vec::new();
        for pattern in &self.0 {
            for found in pattern.captures_iter(text) {
                let group = found
                    .iter()
                    .skip(1)
                    .flatten()
                    .next()
                    .or_else(|| found.get(0));
                spans.extend(group.map(|secret| secret.range()).filter(|span| {
                    let secret = text.get(span.clone()).unwrap_or_default();
                    let before = found.get(0).map_or(0, |whole| whole.start());
                    !secret.starts_with(PLACEHOLDER_HEAD) && !is_folder(text, before, secret)
                }));
            }
        }
        spans
    }
}

/// Whether a value says where a shell stands or stood: `PWD=/work` is no password.
fn is_folder(text: &str, name_at: usize, value: &str) -> bool {
    let Some((before, name)) = text.split_at_checked(name_at) else {
        return false;
    };
    let before = before.strip_suffix("OLD").unwrap_or(before);
    let is_whole = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    is_whole && name.starts_with("PWD") && value.starts_with('/')
}

/// The placeholder without its bracket, where a pattern's value ends before brackets.
const PLACEHOLDER_HEAD: &str = {
    match PLACEHOLDER.split_at_checked(PLACEHOLDER.len() - 1) {
        Some((head, _)) => head,
        None => PLACEHOLDER,
    }
};
