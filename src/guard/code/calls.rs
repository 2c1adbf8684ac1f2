//! Tokens → the calls that matter, with their arguments as far as they are known.
//!
//! Invariant: a text, a name that was given a text before, texts joined by `+`,
//! and paths put together by `join`, `Path` or `expanduser` are known; all else
//! is unknown.

use super::languages::{Act, Language};
use super::tokens::Token;
use crate::guard::word::Value;

/// One call.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) act: Act,
    pub(super) name: &'a str,
    pub(super) args: Vec<Arg>,
}

/// One argument.
#[derive(Clone, Debug)]
pub(super) enum Arg {
    Text(Value),
    List(Vec<Option<Value>>),
    Unknown,
}

impl Arg {
    pub(super) fn value(&self) -> Option<Value> {
        match self {
            Arg::Text(value) => Some(value.clone()),
            Arg::List(values) => values.first().cloned().flatten(),
            Arg::Unknown => None,
        }
    }

    pub(super) fn is_plain_text(&self) -> bool {
        matches!(self, Arg::Text(_))
    }
}

/// The calls of a code that matter.
pub(super) fn find<'a>(tokens: &'a [Token], language: &Language) -> Vec<Call<'a>> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Run(text) => found.push(Call {
                act: Act::Shell,
                name: "`",
                args: vec![Arg::Text(Value::new(text.clone()))],
            }),
            Token::Name(name) if name.ends_with('$') => {
                if let Some(text) = tokens.get(at + 1).and_then(Token::text) {
                    let args = vec![Arg::Text(Value::new(text))];
                    found.push(Call {
                        act: Act::Shell,
                        name,
                        args,
                    });
                }
            }
            Token::Name(name) => {
                if let Some(act) = act_of(tokens, at, name, language) {
                    let args = arguments(tokens, at, language);
                    found.push(Call { act, name, args });
                }
            }
            Token::Sign('>' | '|') if language.name == "awk" => awk(tokens, at, &mut found),
            _ => {}
        }
    }
    found
}

/// awk: `print > "file"`, `print | "command"`, `"command" | getline`.
fn awk<'a>(tokens: &'a [Token], at: usize, found: &mut Vec<Call<'a>>) {
    let is_print = tokens[..at]
        .iter()
        .rev()
        .take_while(|t| !matches!(t, Token::Sign('{' | '}' | ';')))
        .any(|t| matches!(t.name(), Some("print" | "printf")));
    let next = tokens.get(at + 1).and_then(Token::text);
    let pipe = tokens[at].is('|');
    if let Some(text) = next.filter(|_| is_print) {
        let act = if pipe { Act::Shell } else { Act::Write };
        found.push(Call {
            act,
            name: "print",
            args: vec![Arg::Text(Value::new(text))],
        });
    }
    let reads = pipe && tokens.get(at + 1).and_then(Token::name) == Some("getline");
    if reads && let Some(text) = at.checked_sub(1).and_then(|n| tokens[n].text()) {
        found.push(Call {
            act: Act::Shell,
            name: "getline",
            args: vec![Arg::Text(Value::new(text))],
        });
    }
}

/// Whether a call of a name matters: what stands before it counts.
fn act_of(tokens: &[Token], at: usize, name: &str, language: &Language) -> Option<Act> {
    let before = |n: usize| at.checked_sub(n).and_then(|i| tokens.get(i));
    let object = before(1)
        .filter(|t| t.is('.'))
        .and(before(2))
        .and_then(Token::name);
    let is_method = before(1).is_some_and(|t| t.is('.'));
    let defined = matches!(
        before(1).and_then(Token::name),
        Some("def" | "function" | "sub" | "import" | "class")
    );
    let called = tokens.get(at + 1).is_some_and(|t| t.is('('));
    let takes_words = matches!(language.name, "perl" | "ruby")
        && tokens
            .get(at + 1)
            .is_some_and(|t| matches!(t, Token::Text(_) | Token::Name(_)));
    let alone = matches!(language.name, "perl") && name == "fork";
    if defined || !(called || takes_words || alone) {
        return None;
    }
    let found = language
        .calls
        .iter()
        .find(|(known, _)| match known.split_once('.') {
            Some((of, last)) => {
                name == last && (object == Some(of) || (!is_method && imported(tokens, of, last)))
            }
            None => *known == name,
        });
    let (known, act) = found?;
    // Methods of the same name that are none of these calls: a regular expression's
    // `exec`, a cursor's, a list's.
    let evaluates = matches!(act, Act::Evaluate | Act::Open)
        && is_method
        && !matches!(object, Some("io" | "os" | "codecs" | "builtins"));
    let js_exec = language.name == "node"
        && *known == "exec"
        && is_method
        && !matches!(object, Some("child_process" | "cp" | ")"))
        && !before(2).is_some_and(|t| t.is(')'));
    if evaluates || js_exec {
        return None;
    }
    Some(*act)
}

/// `from os import remove`.
fn imported(tokens: &[Token], module: &str, name: &str) -> bool {
    tokens.windows(4).any(|w| {
        w[0].name() == Some("from") && w[1].name() == Some(module) && w[2].name() == Some("import")
    }) && tokens.iter().any(|t| t.name() == Some(name))
}

fn arguments(tokens: &[Token], at: usize, language: &Language) -> Vec<Arg> {
    // A path's own method: `Path("x").unlink()`.
    let own = object_path(tokens, at);
    let bare = !tokens.get(at + 1).is_some_and(|t| t.is('('));
    let begin = at + if bare { 1 } else { 2 };
    let mut args = Vec::new();
    let mut from = begin;
    let mut depth = 0_usize;
    let mut n = begin;
    loop {
        let token = tokens.get(n);
        let ends = match token {
            None => true,
            Some(t) if t.is('(') || t.is('[') || t.is('{') => {
                depth += 1;
                false
            }
            Some(t) if t.is(')') || t.is(']') || t.is('}') => {
                if depth == 0 {
                    true
                } else {
                    depth -= 1;
                    false
                }
            }
            Some(t) => bare && t.is(';'),
        };
        let comma = depth == 0 && token.is_some_and(|t| t.is(','));
        if ends || comma {
            let part = tokens.get(from..n).unwrap_or_default();
            if !part.is_empty() {
                args.push(argument(part, tokens, language));
            }
            from = n + 1;
        }
        if ends {
            break;
        }
        n += 1;
    }
    if let Some(own) = own {
        args.insert(0, own);
    }
    args
}

/// The path whose method is called, when it is one.
fn object_path(tokens: &[Token], at: usize) -> Option<Arg> {
    let before = |n: usize| at.checked_sub(n).and_then(|i| tokens.get(i));
    if !before(1)?.is('.') {
        return None;
    }
    let of_paths = ["write_text", "write_bytes", "read_text", "unlink", "rmdir"];
    if let Some(object) = before(2)?.name()
        && of_paths.contains(&tokens.get(at)?.name()?)
        && !matches!(object, "os" | "shutil" | "fs" | "promises" | "Dir" | "File")
    {
        return Some(assigned(object, tokens).map_or(Arg::Unknown, Arg::Text));
    }
    if !before(2)?.is(')') {
        return None;
    }
    let open = (0..at.checked_sub(2)?).rev().find(|n| tokens[*n].is('('))?;
    let maker = tokens.get(open.checked_sub(1)?)?.name()?;
    if !matches!(
        maker,
        "Path" | "PosixPath" | "PurePath" | "Pathname" | "file"
    ) {
        return None;
    }
    let part = tokens.get(open + 1..at - 2)?;
    Some(known(part, tokens).map_or(Arg::Unknown, Arg::Text))
}

fn argument(part: &[Token], all: &[Token], language: &Language) -> Arg {
    if part.first().is_some_and(|t| t.is('[')) && part.last().is_some_and(|t| t.is(']')) {
        let inner = part.get(1..part.len() - 1).unwrap_or_default();
        let items = inner.split(|t| t.is(','));
        return Arg::List(
            items
                .filter(|i| !i.is_empty())
                .map(|i| known(i, all))
                .collect(),
        );
    }
    let _ = language;
    // `mode="w"`, `shell=True`: the value is what counts.
    let part = match part {
        [Token::Name(_), sign, rest @ ..] if sign.is('=') && !rest.is_empty() => rest,
        part => part,
    };
    known(part, all).map_or(Arg::Unknown, Arg::Text)
}

/// The value of an expression, when it can be seen.
fn known(part: &[Token], all: &[Token]) -> Option<Value> {
    match part {
        [Token::Text(text)] => Some(literal(text)),
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
fn path_call(part: &[Token], all: &[Token]) -> Option<Value> {
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
        _ => None,
    }
}

/// What a name was given: `x = "text"`, or `for x in glob("text")`.
fn assigned(name: &str, all: &[Token]) -> Option<Value> {
    for (at, token) in all.iter().enumerate() {
        if token.name() != Some(name) {
            continue;
        }
        let next = all.get(at + 1);
        if next.is_some_and(|t| t.is('=')) && !all.get(at + 2).is_some_and(|t| t.is('=')) {
            let rest = all.get(at + 2..).unwrap_or_default();
            let end = statement_end(rest);
            let value = rest.get(..end).unwrap_or_default();
            if !value.iter().any(|t| t.name() == Some(name)) {
                return known(value, all);
            }
        }
        let loops = matches!(next.and_then(Token::name), Some("in" | "of"));
        if loops {
            let near = all.get(at + 2..).unwrap_or_default();
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
