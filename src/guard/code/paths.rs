//! Expressions → the texts and paths they stand for, as far as their tokens show.
//!
//! Invariant: a text, a name that was given a text before, texts joined by `+`,
//! and paths put together by `join`, `Path`, `/` or `expanduser` are known; all
//! else is unknown. `~` is left to the judge of paths.

use super::calls::Arg;
use super::tokens::Token;
use crate::guard::word::Value;
use std::cell::Cell;

/// How many expressions of a code are followed.
const FOLLOWED_MAX: usize = 2_000;
/// How long the text of one becomes, in bytes.
const TEXT_BYTES_MAX: usize = 64 * 1024;

/// A code, and how much of it may still be followed: names that stand for two
/// others each would be followed without end.
#[derive(Debug)]
pub(super) struct Code<'a> {
    pub(super) tokens: &'a [Token],
    left: Cell<usize>,
}

impl<'a> Code<'a> {
    pub(super) fn new(tokens: &'a [Token]) -> Code<'a> {
        Code {
            tokens,
            left: Cell::new(FOLLOWED_MAX),
        }
    }
}

/// What stands for something in the run's own temporary directory.
pub(super) const OWN_TMP: &str = "~tmp/made";

/// The path whose method is called, when it is one.
pub(super) fn object_path(code: &Code<'_>, at: usize) -> Option<Arg> {
    let tokens = code.tokens;
    let before = |n: usize| at.checked_sub(n).and_then(|i| tokens.get(i));
    if !before(1)?.is('.') {
        return None;
    }
    let of_paths = ["write_text", "write_bytes", "read_text", "unlink", "rmdir"];
    if let Some(object) = before(2)?.name()
        && of_paths.contains(&tokens.get(at)?.name()?)
        && !matches!(object, "os" | "shutil" | "fs" | "promises" | "Dir" | "File")
    {
        return Some(assigned(object, code).map_or(Arg::Unknown, Arg::Text));
    }
    if !before(2)?.is(')') {
        return None;
    }
    let open = opening(tokens, at.checked_sub(2)?)?;
    let maker = open
        .checked_sub(1)
        .and_then(|n| tokens.get(n))
        .and_then(Token::name);
    let part = tokens.get(open + 1..at - 2)?;
    let is_path = match maker {
        Some(maker) => matches!(
            maker,
            "Path" | "PosixPath" | "PurePath" | "Pathname" | "file"
        ),
        // `(Path.home() / "x").read_text()`
        None => part.iter().any(|t| t.is('/')),
    };
    if !is_path {
        return None;
    }
    Some(known(part, code).map_or(Arg::Unknown, Arg::Text))
}

/// Where the bracket opens that closes here.
fn opening(tokens: &[Token], close: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for n in (0..close).rev() {
        if tokens[n].is(')') {
            depth += 1;
        } else if tokens[n].is('(') {
            if depth == 0 {
                return Some(n);
            }
            depth -= 1;
        }
    }
    None
}

/// Parts at the outermost level, between signs.
fn outermost(part: &[Token], sign: char) -> Vec<&[Token]> {
    let (mut depth, mut from) = (0_usize, 0);
    let mut parts = Vec::new();
    for (n, token) in part.iter().enumerate() {
        match token {
            Token::Sign('(' | '[' | '{') => depth += 1,
            Token::Sign(')' | ']' | '}') => depth = depth.saturating_sub(1),
            Token::Sign(c) if *c == sign && depth == 0 => {
                parts.push(&part[from..n]);
                from = n + 1;
            }
            _ => {}
        }
    }
    parts.push(&part[from..]);
    parts
}

/// The value of an expression, when it can be seen.
pub(super) fn known(part: &[Token], all: &Code<'_>) -> Option<Value> {
    if let [Token::Text(text)] = part {
        return Some(literal(text));
    }
    all.left.set(all.left.get().checked_sub(1)?);
    match part {
        [Token::Name(name)] => assigned(name, all),
        // process.env.HOME, os.environ["HOME"], $ENV{HOME}
        _ if part.iter().any(|t| {
            matches!(
                t.name(),
                Some("environ" | "env" | "ENV" | "getenv" | "$ENV")
            )
        }) && is_home(part) =>
        {
            tail_of(part, "~")
        }
        _ if part.iter().any(|t| t.is('+')) => {
            let mut text = String::new();
            for piece in part.split(|t| t.is('+')) {
                text.push_str(known(piece, all)?.text());
                if text.len() > TEXT_BYTES_MAX {
                    return None;
                }
            }
            Some(literal(&text))
        }
        _ if part.iter().any(|t| t.is('/')) && outermost(part, '/').len() > 1 => {
            let mut text = String::new();
            for piece in outermost(part, '/') {
                if !text.is_empty() {
                    text.push('/');
                }
                text.push_str(known(piece, all)?.text());
                if text.len() > TEXT_BYTES_MAX {
                    return None;
                }
            }
            Some(literal(&text))
        }
        _ => path_call(part, all),
    }
}

fn is_home(part: &[Token]) -> bool {
    part.iter()
        .any(|t| t.name() == Some("HOME") || t.text() == Some("HOME"))
}

fn tail_of(part: &[Token], home: &str) -> Option<Value> {
    let rest: String = part
        .iter()
        .filter_map(Token::text)
        .filter(|t| *t != "HOME")
        .collect();
    Some(literal(&format!("{home}{rest}")))
}

/// A text as a value: `~` is left to the path's judge.
fn literal(text: &str) -> Value {
    if text.contains(['*', '?']) {
        Value::pattern(text)
    } else {
        Value::new(text)
    }
}

/// `os.path.join(a, b)`, `Path(a)`, `os.path.expanduser(a)`, `glob(a)`, `__dirname`.
fn path_call(part: &[Token], all: &Code<'_>) -> Option<Value> {
    let open = part.iter().position(|t| t.is('('))?;
    let name = part.get(open.checked_sub(1)?)?.name()?;
    let inner = part.get(open + 1..part.len().checked_sub(1)?)?;
    let pieces: Vec<&[Token]> = inner
        .split(|t| t.is(','))
        .filter(|p| !p.is_empty())
        .collect();
    match name {
        "join" | "Path" | "resolve" | "expanduser" | "glob" | "abspath" | "str" | "normpath"
        | "iglob" | "String" => {
            let mut whole = String::new();
            for piece in pieces {
                let value = known(piece, all)?;
                if value.text().starts_with('/') || whole.is_empty() {
                    value.text().clone_into(&mut whole);
                } else {
                    whole.push('/');
                    whole.push_str(value.text());
                }
            }
            (!whole.is_empty()).then(|| literal(&whole))
        }
        "getcwd" | "cwd" => Some(Value::new(".")),
        "homedir" | "home" => Some(Value::new("~")),
        "mkdtemp" | "mktemp" | "mkstemp" | "mkdtempSync" | "gettempdir" | "tmpdir" | "mktmpdir" => {
            Some(Value::new(OWN_TMP))
        }
        _ => None,
    }
}

/// What a name was given: `x = "text"`, or `for x in glob("text")`.
fn assigned(name: &str, all: &Code<'_>) -> Option<Value> {
    for (at, token) in all.tokens.iter().enumerate() {
        if token.name() != Some(name) {
            continue;
        }
        let next = all.tokens.get(at + 1);
        if next.is_some_and(|t| t.is('=')) && !all.tokens.get(at + 2).is_some_and(|t| t.is('=')) {
            let rest = all.tokens.get(at + 2..).unwrap_or_default();
            let end = statement_end(rest);
            let value = rest.get(..end).unwrap_or_default();
            if !value.iter().any(|t| t.name() == Some(name)) {
                return known(value, all);
            }
        }
        let loops = matches!(next.and_then(Token::name), Some("in" | "of"));
        if loops {
            let near = all.tokens.get(at + 2..).unwrap_or_default();
            let from = near.iter().take(8).find_map(Token::text)?;
            return Some(literal(from));
        }
    }
    None
}

/// A statement ends at `;`, or where a new name follows a value.
fn statement_end(rest: &[Token]) -> usize {
    let mut depth = 0_usize;
    for (n, token) in rest.iter().enumerate() {
        match token {
            Token::Sign('(' | '[' | '{') => depth += 1,
            Token::Sign(')' | ']' | '}') => {
                if depth == 0 {
                    return n;
                }
                depth -= 1;
            }
            Token::Sign(';' | ',') if depth == 0 => return n,
            Token::Name(_) if depth == 0 && n > 0 && !matches!(rest[n - 1], Token::Sign(_)) => {
                return n;
            }
            _ => {}
        }
    }
    rest.len()
}
