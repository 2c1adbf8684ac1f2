//! Tokens → the calls that matter, with their arguments as far as they are known.
//!
//! Invariant: a method counts by what stands before it; an argument that cannot
//! be told is unknown, never left out. `paths` says what an expression stands for.

use super::languages::{Act, Language};
use super::paths::{Code, known, object_path};
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
    let code = Code::new(tokens);
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
                    let args = arguments(&code, at, language);
                    found.push(Call { act, name, args });
                }
            }
            Token::Sign('>' | '|') if language.name == "awk" => awk(tokens, at, &mut found),
            _ => {}
        }
    }
    found
}

/// What calls of these names are given first.
pub(super) fn opened(tokens: &[Token], language: &Language, names: &[&str]) -> Vec<Option<Value>> {
    let called = |at: usize| tokens.get(at + 1).is_some_and(|t| t.is('('));
    let named = |t: &Token| t.name().is_some_and(|name| names.contains(&name));
    let at = tokens
        .iter()
        .enumerate()
        .filter(|(at, t)| named(t) && called(*at));
    let code = Code::new(tokens);
    at.map(|(at, _)| arguments(&code, at, language).first().and_then(Arg::value))
        .collect()
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

fn arguments(code: &Code<'_>, at: usize, language: &Language) -> Vec<Arg> {
    let tokens = code.tokens;
    // A path's own method: `Path("x").unlink()`.
    let own = object_path(code, at);
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
                args.push(argument(part, code, language));
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

fn argument(part: &[Token], all: &Code<'_>, language: &Language) -> Arg {
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
