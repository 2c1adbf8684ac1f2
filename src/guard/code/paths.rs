//! Expressions → the texts and paths they stand for, as far as their tokens show.
//!
//! Invariant: a text, a name that was given a text before, texts joined by `+`,
//! and paths put together by `join`, `Path`, `/` or `expanduser` are known; all
//! else is unknown. `~` is left to the judge of paths.

use super::calls::Arg;
use super::gifts::Way;
use super::loops::{self, Item};
use super::names::{Code, PATHS, made_by, opening};
use super::templates::filled;
use super::tokens::Token;
use crate::guard::word::Value;

/// How long the text of one becomes, in bytes.
const TEXT_BYTES_MAX: usize = 64 * 1024;

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
    if let Some(object) = before(2)?.name() {
        let is_path = code.maker(at).is_some_and(|maker| PATHS.contains(&maker))
            || of_paths.contains(&tokens.get(at)?.name()?)
                && !matches!(object, "os" | "shutil" | "fs" | "promises" | "Dir" | "File");
        return is_path.then(|| assigned(object, code).map_or(Arg::Unknown, Arg::Text));
    }
    if !before(2)?.is(')') {
        return None;
    }
    let open = opening(tokens, at.checked_sub(2)?)?;
    let part = tokens.get(open + 1..at - 2)?;
    let is_path = match made_by(tokens, open) {
        Some(maker) => PATHS.contains(&maker),
        // `(Path.home() / "x").read_text()`
        None => part.iter().any(|t| t.is('/')),
    };
    if !is_path {
        return None;
    }
    Some(below(outermost(part, ','), code).map_or(Arg::Unknown, Arg::Text))
}

/// Parts at the outermost level, between signs.
pub(super) fn outermost(part: &[Token], sign: char) -> Vec<&[Token]> {
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
    all.nest(|| told(part, all))
}

fn told(part: &[Token], all: &Code<'_>) -> Option<Value> {
    if let [Token::Template(text)] = part {
        return filled(text, all);
    }
    let joins = |sign: char| part.iter().any(|t| t.is(sign)) && outermost(part, sign).len() > 1;
    match part {
        [Token::Name(name)] if matches!(name.as_str(), "__dirname" | "__dir__") => {
            Some(Value::new("."))
        }
        [Token::Name(name)] if name == "__file__" => Some(Value::new("./file")),
        [Token::Name(name)] if name.bytes().all(|b| b.is_ascii_digit()) => {
            Some(Value::new(name.as_str()))
        }
        [Token::Sign('-'), Token::Name(name)] if name.bytes().all(|b| b.is_ascii_digit()) => {
            Some(Value::new(format!("-{name}")))
        }
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
        _ if part.iter().any(|t| t.is('+')) => together(part.split(|t| t.is('+')), "", all),
        _ if matches!(all.language.name, "perl" | "php") && joins('.') => {
            together(outermost(part, '.').into_iter(), "", all)
        }
        // What stands side by side is joined in awk.
        _ if all.language.name == "awk" && is_side_by_side(part) => {
            together(part.chunks(1), "", all)
        }
        _ if joins('/') => together(outermost(part, '/').into_iter(), "/", all),
        _ => operand(part, all).or_else(|| path_call(part, all)),
    }
}

/// Several expressions as one text.
fn together<'t>(
    pieces: impl Iterator<Item = &'t [Token]>,
    by: &str,
    all: &Code<'_>,
) -> Option<Value> {
    let mut text = String::new();
    for piece in pieces {
        if !text.is_empty() {
            text.push_str(by);
        }
        text.push_str(known(piece, all)?.text());
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
    }
    Some(literal(&text))
}

fn is_side_by_side(part: &[Token]) -> bool {
    let plain = |t: &Token| t.text().or(t.name()).is_some();
    part.len() > 1 && part.iter().all(plain)
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
pub(super) fn literal(text: &str) -> Value {
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
        | "iglob" | "String" => below(pieces, all),
        "dirname" => {
            let [piece] = pieces.as_slice() else {
                return None;
            };
            let path = known(piece, all)?;
            let folder = path
                .text()
                .rsplit_once('/')
                .map_or(".", |(folder, _)| folder);
            Some(literal(if folder.is_empty() { "/" } else { folder }))
        }
        "getcwd" | "cwd" => Some(Value::new(".")),
        "homedir" | "home" => Some(Value::new("~")),
        "TemporaryDirectory" | "mkdtemp" | "mktemp" | "mkstemp" | "mkdtempSync" | "gettempdir"
        | "tmpdir" | "mktmpdir" => Some(Value::new(OWN_TMP)),
        _ => None,
    }
}

/// A path put together of its parts: one from the root begins anew.
fn below(parts: Vec<&[Token]>, all: &Code<'_>) -> Option<Value> {
    let mut whole = String::new();
    for part in parts {
        let value = known(part, all)?;
        if value.text().starts_with('/') || whole.is_empty() {
            value.text().clone_into(&mut whole);
        } else {
            whole.push('/');
            whole.push_str(value.text());
        }
    }
    (!whole.is_empty()).then(|| literal(&whole))
}

/// What a name was given: `x = "text"`, `x += "text"`, or `for x in glob("text")`.
fn assigned(name: &str, all: &Code<'_>) -> Option<Value> {
    let given = all.given(name)?;
    if given.way.is_item() {
        return match loops::item(&given, all) {
            Item::Is(item) => all.follow(given.at, || known(item, all)),
            Item::Text(value) => Some(value),
            Item::Names | Item::Unknown => None,
            Item::Other => {
                let mut near = given.expression.iter().take(8);
                near.find_map(Token::text).map(literal)
            }
        };
    }
    all.follow(given.at, || {
        let more = known(given.expression, all)?;
        if given.way != Way::More {
            return Some(more);
        }
        let before = assigned(name, all)?;
        let text = format!("{}{}", before.text(), more.text());
        (text.len() <= TEXT_BYTES_MAX).then(|| literal(&text))
    })
}

/// `sys.argv[1]`, `process.argv[1]`, `$ARGV[0]`: a word of the command.
fn operand(part: &[Token], all: &Code<'_>) -> Option<Value> {
    let [
        ..,
        Token::Name(words),
        Token::Sign('['),
        Token::Name(at),
        Token::Sign(']'),
    ] = part
    else {
        return None;
    };
    let n: usize = at.parse().ok()?;
    let is_words = matches!(words.as_str(), "argv" | "ARGV" | "$ARGV" | "$argv");
    all.argv
        .get(n)
        .filter(|_| is_words && part.len() <= 6)
        .cloned()
}
