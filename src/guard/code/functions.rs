//! Tokens → the functions that a code defines, their parameters, and who calls them.
//!
//! Invariant: a function whose name is used in a way that is not a call is
//! called by nobody knows whom; a body ends where its bracket closes.

use super::gifts::Way;
use super::names::{Code, Given, handed_by, primary};
use super::paths::outermost;
use super::tokens::Token;
use std::collections::HashMap;

/// How many functions of a code are followed.
const FUNCTIONS_MAX: usize = 128;

/// Who calls a function.
#[derive(Clone, Copy, Debug)]
enum Caller {
    /// A call, by the place of the name.
    Call(usize),
    /// Each item of an expression is handed to it.
    Each(usize, usize),
    /// Nobody knows.
    Unknown,
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
struct Parameter<'a> {
    name: &'a str,
    /// Where its default stands.
    default: Option<(usize, usize)>,
}

/// One function.
#[derive(Debug)]
pub(super) struct Function<'a> {
    at: usize,
    parameters: Vec<Parameter<'a>>,
    body: (usize, usize),
    /// It is called behind a dot.
    is_method: bool,
    callers: Vec<Caller>,
}

impl Function<'_> {
    /// Whether a place is in its body.
    pub(super) fn holds(&self, at: usize) -> bool {
        self.body.0 <= at && at < self.body.1
    }
}

/// The functions of a code, those inside of others behind them.
pub(super) fn find<'a>(tokens: &'a [Token], pairs: &[usize], language: &str) -> Vec<Function<'a>> {
    if !matches!(language, "python" | "node" | "php") {
        return Vec::new();
    }
    let mut found: Vec<Function<'a>> = Vec::new();
    for at in 0..tokens.len() {
        if found.len() >= FUNCTIONS_MAX {
            break;
        }
        found.extend(defined(tokens, pairs, at));
    }
    called(tokens, pairs, &mut found);
    found
}

/// `def f(…): …`, `function f(…) {…}`, `f = (…) => …`, `f = function (…) {…}`.
fn defined<'a>(tokens: &'a [Token], pairs: &[usize], at: usize) -> Option<Function<'a>> {
    let is = |n: usize, sign: char| tokens.get(n).is_some_and(|t| t.is(sign));
    let word = |n: usize| tokens.get(n).and_then(Token::name);
    word(at)?;
    let before = at.checked_sub(1).and_then(word);
    let (open, end, body) = if matches!(before, Some("def" | "function")) && is(at + 1, '(') {
        let open = at + 1;
        (open + 1, pairs[open], behind(tokens, pairs, pairs[open])?)
    } else if is(at + 1, '=') && !is(at + 2, '=') {
        let mut n = at + 2;
        n += usize::from(word(n) == Some("async"));
        let is_function = word(n) == Some("function");
        n += usize::from(is_function);
        let (from, to, arrow) = match is(n, '(') {
            true => (n + 1, pairs[n], pairs[n] + 1),
            false => (n, n + 1, n + 1),
        };
        if is_function {
            (from, to, behind(tokens, pairs, to)?)
        } else if is(arrow, '=') && is(arrow + 1, '>') {
            let begin = arrow + 2;
            let end = match is(begin, '{') {
                true => pairs[begin],
                false => expression_end(tokens, pairs, begin),
            };
            (from, to, (begin, end))
        } else {
            return None;
        }
    } else {
        return None;
    };
    let mut from = open;
    let mut parameters = Vec::new();
    let decorator = at.checked_sub(3).and_then(word);
    let behind_dot = at.checked_sub(1).is_some_and(|n| is(n, '.'));
    let mut is_method = behind_dot || decorator == Some("staticmethod");
    for part in outermost(tokens.get(open..end)?, ',') {
        let given = part.iter().position(|t| t.is('='));
        let head = part.get(..given.unwrap_or(part.len())).unwrap_or_default();
        let names = || head.iter().filter_map(Token::name);
        // A type stands before the name in PHP.
        let name = names().find(|n| n.starts_with('$')).or(names().next());
        let spread = head
            .first()
            .is_some_and(|t| matches!(t, Token::Sign('*' | '.' | '{' | '[')));
        let name = name.filter(|_| !spread).unwrap_or_default();
        is_method |= matches!(name, "self" | "cls");
        if !matches!(name, "self" | "cls") && !part.is_empty() {
            let default = given.map(|at| (from + at + 1, from + part.len()));
            parameters.push(Parameter { name, default });
        }
        from += part.len() + 1;
    }
    Some(Function {
        at,
        parameters,
        body,
        is_method,
        callers: Vec::new(),
    })
}

/// The body in brackets behind the parameters.
fn behind(tokens: &[Token], pairs: &[usize], close: usize) -> Option<(usize, usize)> {
    /// How many tokens the type of a function is.
    const TYPE_TOKENS_MAX: usize = 32;
    let rest = tokens.get(close..)?;
    let head = rest.iter().take(TYPE_TOKENS_MAX);
    let open = close + head.take_while(|t| !t.is('{') && !t.is(';')).count();
    tokens.get(open)?.is('{').then(|| (open, pairs[open]))
}

/// Where the expression of an arrow ends.
fn expression_end(tokens: &[Token], pairs: &[usize], from: usize) -> usize {
    let mut n = from;
    while let Some(token) = tokens.get(n) {
        match token {
            Token::Sign('(' | '[' | '{') => n = pairs[n],
            Token::Sign(')' | ']' | '}' | ',' | ';') => return n,
            Token::Name(_) if n > from && matches!(tokens[n - 1], Token::Sign(')' | ']' | '}')) => {
                return n;
            }
            _ => {}
        }
        n += 1;
    }
    tokens.len()
}

/// Finds who calls the functions.
fn called(tokens: &[Token], pairs: &[usize], found: &mut [Function<'_>]) {
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    for (n, function) in found.iter().enumerate() {
        let name = tokens[function.at].name().unwrap_or_default();
        by_name.entry(name).or_default().push(n);
    }
    let is = |n: usize, sign: char| tokens.get(n).is_some_and(|t| t.is(sign));
    for (at, token) in tokens.iter().enumerate() {
        let Some(named) = token.name().and_then(|name| by_name.get(name)) else {
            continue;
        };
        let before = |n: usize| at.checked_sub(n).map_or(usize::MAX, |at| at);
        let word = |n: usize| tokens.get(before(n)).and_then(Token::name);
        let hands = is(before(1), '(') && word(2).is_some_and(handed_by);
        let caller = if matches!(word(1), Some("def" | "function" | "class" | "import")) {
            continue;
        } else if is(at + 1, '(') {
            Caller::Call(at)
        } else if hands && is(at + 1, ')') && is(before(3), '.') {
            Caller::Each(primary(tokens, pairs, at - 3), at - 3)
        } else if hands && is(at + 1, ',') {
            Caller::Each(at + 2, pairs[at - 1])
        } else {
            Caller::Unknown
        };
        let is_member = is(before(1), '.');
        for n in named {
            let function = &mut found[*n];
            if function.at != at && (function.is_method || !is_member) {
                function.callers.push(caller);
            }
        }
    }
}

impl<'a> Code<'a> {
    /// The function around a place that has a parameter of this name, and which it is.
    pub(super) fn parameter(&self, name: &str, at: usize) -> Option<(&Function<'a>, usize)> {
        let around = self.functions.iter().rev().filter(|f| f.holds(at));
        around
            .filter(|f| !f.callers.is_empty())
            .find_map(|f| Some((f, f.parameters.iter().position(|p| p.name == name)?)))
    }

    /// What a call gives a parameter: all calls in turn.
    pub(super) fn argument(&self, function: &Function<'a>, n: usize) -> Option<Given<'a>> {
        let key = std::ptr::from_ref(&self.tokens[function.at]) as usize;
        let pick = self.choose(key, function.callers.len())?;
        let given = |at: usize, from: usize, to: usize, way: Way| {
            let expression = self.tokens.get(from..to)?;
            Some(Given {
                at,
                expression,
                way,
            })
        };
        let call = match function.callers.get(pick)? {
            Caller::Unknown => return None,
            Caller::Each(from, to) => {
                return given(*from, *from, *to, Way::Each).filter(|_| n == 0);
            }
            Caller::Call(at) => *at,
        };
        let parameter = function.parameters.get(n)?;
        let inner = self.tokens.get(call + 2..self.pairs[call + 1])?;
        self.pay(inner.len())?;
        let mut from = call + 2;
        for (place, part) in outermost(inner, ',').into_iter().enumerate() {
            let to = from + part.len();
            let named = match part {
                [Token::Name(name), Token::Sign('=' | ':'), rest @ ..] => {
                    Some(name).filter(|_| !rest.first().is_some_and(|t| t.is('=')))
                }
                // What is spread may be any of those behind it.
                [Token::Sign('*' | '.'), ..] => return None,
                _ => None,
            };
            let bare = |name: &'a str| name.trim_start_matches('$');
            match named {
                Some(name) if bare(name) == bare(parameter.name) => {
                    return given(call, from + 2, to, Way::Whole);
                }
                None if place == n && !part.is_empty() => {
                    return given(call, from, to, Way::Whole);
                }
                _ => {}
            }
            from = to + 1;
        }
        let (from, to) = parameter.default?;
        given(function.at, from, to, Way::Whole)
    }
}
