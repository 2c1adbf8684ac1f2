//! Texts with holes, `f"{p}/x"` or `` `${p}/x` `` → what they come to.
//!
//! Invariant: a hole that is known is filled; one that is not leaves the text
//! as it stands, unless a path begins with it: such a text is unknown.

use super::names::Code;
use super::paths::{known, literal};
use super::tokens::{self, Token};
use crate::guard::word::Value;

/// How long the text of one becomes, in bytes.
const FILLED_BYTES_MAX: usize = 64 * 1024;

/// Whether a text between these quotes has holes.
pub(super) fn has_holes(language: &str, quote: char, prefix: &str) -> bool {
    match language {
        "python" => prefix.contains(['f', 'F']),
        "node" => quote == '`',
        "ruby" | "perl" | "php" | "elixir" | "groovy" | "julia" => quote != '\'',
        _ => false,
    }
}

/// A text with its holes filled, as far as what stands in them is known.
pub(super) fn filled(text: &str, all: &Code<'_>) -> Option<Value> {
    let mut whole = String::new();
    let mut rest = text;
    while let Some(hole) = next(rest, all.language.name) {
        whole.push_str(rest.get(..hole.from)?);
        let behind = rest.get(hole.to..)?;
        match value(hole.inner, all) {
            Some(value) => whole.push_str(value.text()),
            None if whole.is_empty() && (behind.is_empty() || behind.starts_with('/')) => {
                return None;
            }
            None => whole.push_str(rest.get(hole.from..hole.to)?),
        }
        if whole.len() > FILLED_BYTES_MAX {
            return None;
        }
        rest = behind;
    }
    whole.push_str(rest);
    Some(literal(&whole))
}

/// What stands in a hole; texts with holes within one are left alone.
fn value(inner: &str, all: &Code<'_>) -> Option<Value> {
    all.spend()?;
    let tokens = tokens::read(inner, all.language);
    let nests = |token: &Token| matches!(token, Token::Template(_) | Token::Run(_));
    if tokens.is_empty() || tokens.iter().any(nests) {
        return None;
    }
    known(&tokens, all)
}

/// A hole: where it stands, and what is in it.
struct Hole<'t> {
    from: usize,
    to: usize,
    inner: &'t str,
}

/// The first hole of a text.
fn next<'t>(text: &'t str, language: &str) -> Option<Hole<'t>> {
    let opening = match language {
        "python" => "{",
        "ruby" | "elixir" => "#{",
        "node" => "${",
        _ => return variable(text),
    };
    let from = text.find(opening)?;
    let begin = from + opening.len();
    let end = begin + closing(text.get(begin..)?)?;
    let inner = text.get(begin..end)?;
    Some(Hole {
        from,
        to: end + 1,
        // `{path!r:>10}`: how it is shown.
        inner: match language {
            "python" => inner.split(['!', ':']).next().unwrap_or_default(),
            _ => inner,
        },
    })
}

/// `$name`, `${name}` or `{$name}`.
fn variable(text: &str) -> Option<Hole<'_>> {
    let sign = text.find('$')?;
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let behind = text.get(sign + 1..)?;
    if let Some(inner) = behind.strip_prefix('{') {
        let end = closing(inner)?;
        return Some(Hole {
            from: sign,
            to: sign + 2 + end + 1,
            inner: inner.get(..end)?,
        });
    }
    let length = behind.find(|c| !is_word(c)).unwrap_or(behind.len());
    let end = sign + 1 + length;
    let is_braced = text.get(..sign)?.ends_with('{') && text.get(end..)?.starts_with('}');
    Some(Hole {
        from: sign - usize::from(is_braced),
        to: end + usize::from(is_braced),
        inner: text.get(sign..end)?,
    })
}

/// Where the bracket closes that is open here.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}
