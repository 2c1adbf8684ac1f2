//! Tokens → the calls that matter, with their arguments as far as they are known.
//!
//! Invariant: a method counts by what stands before it; an argument that cannot
//! be told is unknown, never left out. `paths` says what an expression stands for.

use super::languages::{Act, Language};
use super::names::{Code, PATHS};
use super::paths::{known, object_path};
use super::templates::filled;
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
#[derive(Clone, Debug, PartialEq)]
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
pub(super) fn find<'a>(
    tokens: &'a [Token],
    language: &'a Language,
    argv: &'a [Value],
) -> Vec<Call<'a>> {
    let mut found = Vec::new();
    let code = Code::new(tokens, language, argv);
    for (at, token) in tokens.iter().enumerate() {
        code.at.set(at);
        code.judged.set(at);
        match token {
            Token::Run(text) => found.push(Call {
                act: Act::Shell,
                name: "`",
                args: vec![Arg::Text(
                    filled(text, &code).unwrap_or_else(|| Value::new(text.clone())),
                )],
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
                if let Some(act) = act_of(&code, at, name) {
                    code.only_files.set(is_of_files(act, name));
                    let ways = code.each_way(|| arguments(&code, at));
                    found.extend(ways.into_iter().map(|args| Call { act, name, args }));
                } else if let Some(from) = handed(tokens, at)
                    && let Some((_, act)) = listed(&code, at, name)
                {
                    let args = separate(&code, from, false);
                    found.push(Call { act, name, args });
                }
            }
            Token::Text(name) if language.name == "php" => {
                if let Some(from) = handed(tokens, at)
                    && let Some((_, act)) = listed(&code, at, name)
                {
                    let args = separate(&code, from, false);
                    found.push(Call { act, name, args });
                }
            }
            Token::Sign('>' | '|') if language.name == "awk" => awk(&code, at, &mut found),
            _ => {}
        }
    }
    found
}

/// Whether a call does nothing to folders.
fn is_of_files(act: Act, name: &str) -> bool {
    let writes = matches!(act, Act::Open | Act::Write | Act::WriteSecond | Act::Read);
    writes || matches!(name, "remove" | "unlink" | "unlinkSync" | "delete")
}

/// What calls of these names are given first.
pub(super) fn opened(
    tokens: &[Token],
    language: &'static Language,
    names: &[&str],
) -> Vec<Option<Value>> {
    let called = |at: usize| tokens.get(at + 1).is_some_and(|t| t.is('('));
    let named = |t: &Token| t.name().is_some_and(|name| names.contains(&name));
    let at = tokens
        .iter()
        .enumerate()
        .filter(|(at, t)| named(t) && called(*at));
    let code = Code::new(tokens, language, &[]);
    at.flat_map(|(at, _)| {
        code.at.set(at);
        code.each_way(|| arguments(&code, at).first().and_then(Arg::value))
    })
    .collect()
}

/// Functions that call what they are handed with what follows: where that begins, when
/// the name here is handed to one. `map(os.remove, x)`, `x.forEach(fs.rmSync)`.
fn handed(tokens: &[Token], at: usize) -> Option<usize> {
    const HANDS: [&str; 14] = [
        "map",
        "filter",
        "starmap",
        "imap",
        "submit",
        "apply",
        "apply_async",
        "partial",
        "array_map",
        "array_walk",
        "array_filter",
        "call_user_func",
        "call_user_func_array",
        "forEach",
    ];
    let next = tokens.get(at + 1)?;
    if !(next.is(',') || next.is(')')) {
        return None;
    }
    let name = |n: usize| at.checked_sub(n).and_then(|i| tokens.get(i));
    let is_member = name(1)?.is('.') && name(2).is_some_and(|t| t.name().is_some());
    let open = if is_member { 3 } else { 1 };
    let hands = name(open + 1)?.name()?;
    let is_handed = name(open)?.is('(') && HANDS.contains(&hands);
    is_handed.then_some(if next.is(',') { at + 2 } else { at + 1 })
}

/// awk: `print > "file"`, `print | "command"`, `"command" | getline`.
fn awk<'a>(code: &Code<'a>, at: usize, found: &mut Vec<Call<'a>>) {
    let tokens = code.tokens;
    let is_print = tokens[..at]
        .iter()
        .rev()
        .take_while(|t| !matches!(t, Token::Sign('{' | '}' | ';')))
        .any(|t| matches!(t.name(), Some("print" | "printf")));
    let plain = |t: &&Token| t.text().or(t.name()).is_some();
    let pipe = tokens[at].is('|');
    let behind = tokens.get(at + 1..).unwrap_or_default();
    let length = behind.iter().take_while(plain).count();
    let target = || known(behind.get(..length)?, code);
    if is_print && let Some(value) = target() {
        let act = if pipe { Act::Shell } else { Act::Write };
        found.push(Call {
            act,
            name: "print",
            args: vec![Arg::Text(value)],
        });
    }
    let reads = pipe && tokens.get(at + 1).and_then(Token::name) == Some("getline");
    let before = tokens.get(..at).unwrap_or_default();
    let length = before.iter().rev().take_while(plain).count();
    let source = || known(before.get(before.len() - length..)?, code);
    if reads && let Some(value) = source() {
        found.push(Call {
            act: Act::Shell,
            name: "getline",
            args: vec![Arg::Text(value)],
        });
    }
}

/// What stands in the language's table for a name: what made its object counts.
fn listed<'a>(code: &Code<'a>, at: usize, name: &str) -> Option<(&'a str, Act)> {
    let language = code.language;
    let last = |known: &str| known.rsplit('.').next() == Some(name);
    // Most names are none of these calls: their objects are not looked for.
    if !language.calls.iter().any(|(known, _)| last(known)) {
        return None;
    }
    let object = code.maker(at);
    let is_method = at
        .checked_sub(1)
        .is_some_and(|before| code.tokens[before].is('.'));
    let found = language
        .calls
        .iter()
        .find(|(known, _)| match known.split_once('.') {
            Some((of, last)) => {
                name == last
                    && (object == Some(of) || (!is_method && imported(code.tokens, of, last)))
            }
            None => *known == name,
        });
    let (known, act) = found?;
    // Methods of the same name that are none of these calls: a regular expression's
    // `exec`, a cursor's, a list's.
    const OPENERS: [&str; 9] = [
        "io", "os", "codecs", "builtins", "fs", "Kernel", "gzip", "bz2", "lzma",
    ];
    let is_word = matches!(*known, "open" | "exec" | "eval" | "load");
    let opens = |o: &str| OPENERS.contains(&o) || PATHS.contains(&o);
    let evaluates = matches!(act, Act::Evaluate | Act::Open)
        && is_word
        && is_method
        && !object.is_some_and(opens);
    let behind_call = at
        .checked_sub(2)
        .is_some_and(|before| code.tokens[before].is(')'));
    let js_exec = language.name == "node"
        && *known == "exec"
        && is_method
        && !matches!(object, Some("child_process" | "cp"))
        && !behind_call;
    if evaluates || js_exec {
        return None;
    }
    Some((known, *act))
}

/// Whether a call of a name matters.
fn act_of(code: &Code<'_>, at: usize, name: &str) -> Option<Act> {
    let tokens = code.tokens;
    let before = at.checked_sub(1).and_then(|i| tokens.get(i));
    let defined = matches!(
        before.and_then(Token::name),
        Some("def" | "function" | "sub" | "import" | "class")
    );
    let next = tokens.get(at + 1);
    let called = next.is_some_and(|t| t.is('('));
    let bare = matches!(code.language.name, "perl" | "ruby");
    let takes_words = bare && (next.is_some_and(is_word) || in_braces(code, at).is_some());
    let alone = code.language.name == "perl" && name == "fork"
        || code.language.name == "ruby" && before.is_some_and(|t| t.is('.'));
    if defined || !(called || takes_words || alone) {
        return None;
    }
    let (_, act) = listed(code, at, name)?;
    let is_path = code.maker(at).is_some_and(|maker| PATHS.contains(&maker));
    (called || takes_words || is_path || name == "fork").then_some(act)
}

/// Whether the words of a call without brackets may begin so.
fn is_word(token: &Token) -> bool {
    token.text().or(token.name()).is_some() || matches!(token, Token::Sign('@' | '['))
}

/// `exec {"rm"} "rm", "x"` of Perl: the program, and where its words begin.
fn in_braces<'a>(code: &Code<'a>, at: usize) -> Option<(&'a [Token], usize)> {
    let runs = matches!(code.tokens[at].name(), Some("exec" | "system"));
    if code.language.name != "perl" || !runs || !code.tokens.get(at + 1)?.is('{') {
        return None;
    }
    let inner = code.tokens.get(at + 2..)?;
    let end = inner.iter().position(|t| t.is('}'))?;
    Some((inner.get(..end)?, at + 3 + end))
}

/// `from os import remove`.
fn imported(tokens: &[Token], module: &str, name: &str) -> bool {
    tokens.windows(4).any(|w| {
        w[0].name() == Some("from") && w[1].name() == Some(module) && w[2].name() == Some("import")
    }) && tokens.iter().any(|t| t.name() == Some(name))
}

fn arguments(code: &Code<'_>, at: usize) -> Vec<Arg> {
    let tokens = code.tokens;
    // A path's own method: `Path("x").unlink()`.
    let own = object_path(code, at);
    let next = tokens.get(at + 1);
    let mut args = match in_braces(code, at) {
        Some((program, from)) => {
            let mut args = separate(code, from, true);
            let program = known(program, code).map_or(Arg::Unknown, Arg::Text);
            match args.first_mut() {
                Some(first) => *first = program,
                None => args.push(program),
            }
            args
        }
        None if next.is_some_and(|t| t.is('(')) => separate(code, at + 2, false),
        None if next.is_some_and(is_word) => separate(code, at + 1, true),
        None => Vec::new(),
    };
    if let Some(own) = own {
        args.insert(0, own);
    }
    args
}

/// What stands between commas, up to the bracket that closes, or, without brackets, up to
/// the end of the statement.
fn separate(code: &Code<'_>, from: usize, bare: bool) -> Vec<Arg> {
    let tokens = code.tokens;
    let mut args = Vec::new();
    let mut from = from;
    let mut depth = 0_usize;
    let mut n = from;
    loop {
        let token = tokens.get(n);
        let ends = match token {
            None => true,
            Some(Token::Sign('(' | '[' | '{')) => {
                depth += 1;
                false
            }
            Some(Token::Sign(')' | ']' | '}')) => {
                let ends = depth == 0;
                depth = depth.saturating_sub(1);
                ends
            }
            Some(t) => bare && depth == 0 && ends_bare(t),
        };
        let comma = depth == 0 && token.is_some_and(|t| t.is(','));
        if ends || comma {
            let part = tokens.get(from..n).unwrap_or_default();
            if !part.is_empty() {
                args.push(argument(part, code));
            }
            from = n + 1;
        }
        if ends {
            return args;
        }
        n += 1;
    }
}

/// Whether a statement without brackets ends here.
fn ends_bare(token: &Token) -> bool {
    let joins = ["or", "and", "if", "unless", "for", "foreach", "while", "do"];
    token.is(';') || token.name().is_some_and(|name| joins.contains(&name))
}

fn argument<'a>(part: &'a [Token], all: &Code<'a>) -> Arg {
    // `mode="w"`, `shell=True`: the value is what counts.
    let part = match part {
        [Token::Name(_), sign, rest @ ..] if sign.is('=') && !rest.is_empty() => rest,
        part => part,
    };
    // The flags of a file that is opened are its mode.
    if part
        .iter()
        .any(|t| t.name().is_some_and(|n| n.starts_with("O_")))
    {
        const WRITES: [&str; 5] = ["O_WRONLY", "O_RDWR", "O_TRUNC", "O_CREAT", "O_APPEND"];
        let writes = |t: &Token| t.name().is_some_and(|n| WRITES.contains(&n));
        return Arg::Text(Value::new(if part.iter().any(writes) { "w" } else { "r" }));
    }
    if let Some(items) = all.items(part) {
        return Arg::List(items.into_iter().map(|item| known(item, all)).collect());
    }
    known(part, all).map_or(Arg::Unknown, Arg::Text)
}
