//! Names of a code → the expressions they were given, the lists they stand for,
//! and what made the object whose method is called.
//!
//! Invariant: what a name was given last before it is asked for counts; what is
//! followed is counted, so that names which stand for each other end.

use super::languages::Language;
use super::paths::outermost;
use super::tokens::Token;
use std::cell::Cell;

/// How many expressions of a code are followed.
const FOLLOWED_MAX: usize = 2_000;
/// How many names one stands for in turn.
const FOLLOWED_DEEP_MAX: usize = 32;
/// How many tokens a statement is followed over.
const STATEMENT_TOKENS_MAX: usize = 512;

/// A code, and how much of it may still be followed: names that stand for two
/// others each would be followed without end.
#[derive(Debug)]
pub(super) struct Code<'a> {
    pub(super) tokens: &'a [Token],
    pub(super) language: &'a Language,
    /// Where names are given something.
    gifts: Vec<usize>,
    left: Cell<usize>,
    deep: Cell<usize>,
    /// Where the name stands that is asked for: what it was given last before counts.
    pub(super) at: Cell<usize>,
}

impl<'a> Code<'a> {
    pub(super) fn new(tokens: &'a [Token], language: &'a Language) -> Code<'a> {
        let gives = |at: &usize| tokens[*at].name().is_some() && is_given(tokens, *at);
        Code {
            tokens,
            language,
            gifts: (0..tokens.len()).filter(gives).collect(),
            left: Cell::new(FOLLOWED_MAX),
            deep: Cell::new(0),
            at: Cell::new(tokens.len()),
        }
    }

    pub(super) fn spend(&self) -> Option<()> {
        self.left.set(self.left.get().checked_sub(1)?);
        Some(())
    }

    /// What a name was given last before it is asked for, or first after that, as in a
    /// function that is called later: where, and by what expression.
    pub(super) fn given(&self, name: &str) -> Option<(usize, &'a [Token])> {
        let mut found = None;
        for at in &self.gifts {
            if self.tokens[*at].name() != Some(name) {
                continue;
            }
            self.spend()?;
            if *at < self.at.get() {
                found = Some(*at);
            } else {
                let later = self.deep.get() == 0;
                found = found.or(later.then_some(*at));
                break;
            }
        }
        let at = found?;
        let sign = self.tokens.get(at + 1).is_some_and(|t| t.is('='));
        let from = at
            + if sign || looped(self.tokens, at) {
                2
            } else {
                3
            };
        let rest = self.tokens.get(from..).unwrap_or_default();
        let rest = rest.get(..STATEMENT_TOKENS_MAX).unwrap_or(rest);
        Some((
            at,
            rest.get(..statement_end(rest, self.language))
                .unwrap_or_default(),
        ))
    }

    /// Follows what a name was given at a place; none where it leads too deep.
    pub(super) fn follow<T>(&self, at: usize, what: impl FnOnce() -> Option<T>) -> Option<T> {
        let deep = self.deep.get();
        if deep >= FOLLOWED_DEEP_MAX {
            return None;
        }
        let kept = self.at.replace(at);
        self.deep.set(deep + 1);
        let found = what();
        self.deep.set(deep);
        self.at.set(kept);
        found
    }

    /// The items of a list, or of a name that was given one.
    pub(super) fn items(&self, part: &'a [Token]) -> Option<Vec<&'a [Token]>> {
        let inner = part
            .get(1..part.len().saturating_sub(1))
            .unwrap_or_default();
        let is = |open: char, close: char| {
            part.len() > 1
                && part.first().is_some_and(|t| t.is(open))
                && part.last().is_some_and(|t| t.is(close))
        };
        match part {
            [Token::Name(name)] => {
                let (at, expression) = self.given(name)?;
                self.follow(at, || self.items(expression))
            }
            [Token::Sign('@'), name] => {
                let (at, expression) = self.given(name.name()?)?;
                self.follow(at, || self.items(expression))
            }
            [Token::Sign('*'), rest @ ..] if !rest.is_empty() => {
                self.spend()?;
                self.items(rest)
            }
            _ if is('[', ']') || is('(', ')') && outermost(inner, ',').len() > 1 => {
                let items = outermost(inner, ',').into_iter();
                Some(items.filter(|item| !item.is_empty()).collect())
            }
            _ => None,
        }
    }

    /// What makes the object whose method stands here: `Path` in `Path("x").open()`, and
    /// where `p = Path("x")` in `p.open()`; else the object's own name.
    pub(super) fn maker(&self, at: usize) -> Option<&'a str> {
        let before = |n: usize| at.checked_sub(n).and_then(|i| self.tokens.get(i));
        if !before(1)?.is('.') {
            return None;
        }
        let object = before(2)?;
        if object.is(')') {
            return made_by(self.tokens, opening(self.tokens, at.checked_sub(2)?)?);
        }
        let name = object.name()?;
        let made = self.given(name).and_then(|(_, expression)| {
            let open = expression.iter().position(|t| t.is('('))?;
            made_by(expression, open).filter(|maker| PATHS.contains(maker))
        });
        made.or(Some(name))
    }
}

/// What makes a path of a text.
pub(super) const PATHS: [&str; 5] = ["Path", "PosixPath", "PurePath", "Pathname", "file"];

/// The name before a bracket, or before its `new`.
pub(super) fn made_by(tokens: &[Token], open: usize) -> Option<&str> {
    let name = tokens.get(open.checked_sub(1)?)?.name()?;
    if name == "new" && tokens.get(open.checked_sub(2)?)?.is('.') {
        return tokens.get(open.checked_sub(3)?)?.name();
    }
    Some(name)
}

pub(super) fn looped(tokens: &[Token], at: usize) -> bool {
    matches!(tokens.get(at + 1).and_then(Token::name), Some("in" | "of"))
}

/// Whether a name is given something: `x = …`, `x += …`, `x .= …`, `for x in …`.
fn is_given(tokens: &[Token], at: usize) -> bool {
    let sign = |n: usize| match tokens.get(at + n) {
        Some(Token::Sign(sign)) => *sign,
        _ => ' ',
    };
    let grows = matches!(sign(1), '+' | '.') && sign(2) == '=';
    let is_set = sign(1) == '=' && !matches!(sign(2), '=' | '>' | '~');
    grows || is_set || looped(tokens, at)
}

/// A statement ends at `;`, or where a new name follows a value.
fn statement_end(rest: &[Token], language: &Language) -> usize {
    // What stands side by side is joined in awk, where a line ends a statement.
    let joins = language.name == "awk";
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
            Token::Name(_)
                if depth == 0 && n > 0 && !joins && !matches!(rest[n - 1], Token::Sign(_)) =>
            {
                return n;
            }
            _ => {}
        }
    }
    rest.len()
}

/// Where the bracket opens that closes here.
pub(super) fn opening(tokens: &[Token], close: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for n in (close.saturating_sub(STATEMENT_TOKENS_MAX)..close).rev() {
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
