//! Names of a code → the expressions they were given, the lists they stand for,
//! and what made the object whose method is called.
//!
//! Invariant: what a name was given last before it is asked for counts; what is
//! followed is counted, so that names which stand for each other end.

use super::functions::{self, Function};
use super::gifts::{self, Gift, Way};
use super::languages::Language;
use super::loops::{self, Item};
use super::paths::outermost;
use super::tokens::Token;
use super::ways::Ways;
use crate::guard::word::Value;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// How many expressions of a code are followed.
const FOLLOWED_MAX: usize = 6_000;
/// How many names one stands for in turn.
const FOLLOWED_DEEP_MAX: usize = 32;
/// How deep expressions nest in expressions.
const NESTED_MAX: usize = 96;
/// How many tokens a statement is followed over.
pub(super) const STATEMENT_TOKENS_MAX: usize = 512;
/// How many tokens cost as much as an expression that is followed.
const TOKENS_AS_ONE: usize = 256;

/// A code, and how much of it may still be followed: names that stand for two
/// others each would be followed without end.
#[derive(Debug)]
pub(super) struct Code<'a> {
    pub(super) tokens: &'a [Token],
    pub(super) language: &'a Language,
    /// The words of the command, as far as they are known.
    pub(super) argv: &'a [Value],
    /// For each bracket that opens, where it closes, and the other way round.
    pub(super) pairs: Vec<usize>,
    pub(super) functions: Vec<Function<'a>>,
    /// Where names are given something.
    gifts: HashMap<&'a str, Vec<Gift>>,
    /// Whether a function's own names may be those around it.
    shares: bool,
    left: Cell<usize>,
    deep: Cell<usize>,
    nested: Cell<usize>,
    /// Where the name stands that is asked for: what it was given last before counts.
    pub(super) at: Cell<usize>,
    /// Where the call stands that is judged.
    pub(super) judged: Cell<usize>,
    /// Whether that call does nothing to folders.
    pub(super) only_files: Cell<bool>,
    pub(super) ways: RefCell<Option<Ways>>,
}

/// What a name was given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given<'a> {
    pub(super) at: usize,
    pub(super) expression: &'a [Token],
    pub(super) way: Way,
}

impl<'a> Code<'a> {
    pub(super) fn new(tokens: &'a [Token], language: &'a Language, argv: &'a [Value]) -> Code<'a> {
        let pairs = pairs(tokens);
        let mut gifts: HashMap<&'a str, Vec<Gift>> = HashMap::new();
        for (name, gift) in gifts::find(tokens, &pairs, language) {
            gifts.entry(name).or_default().push(gift);
        }
        let shared = |t: &Token| matches!(t.name(), Some("global" | "nonlocal"));
        Code {
            tokens,
            language,
            argv,
            functions: functions::find(tokens, &pairs, language.name),
            pairs,
            gifts,
            shares: !matches!(language.name, "python" | "php") || tokens.iter().any(shared),
            left: Cell::new(FOLLOWED_MAX),
            deep: Cell::new(0),
            nested: Cell::new(0),
            at: Cell::new(tokens.len()),
            judged: Cell::new(0),
            only_files: Cell::new(false),
            ways: RefCell::new(None),
        }
    }

    pub(super) fn spend(&self) -> Option<()> {
        self.pay(0)
    }

    /// Counts what is followed, and the tokens that are gone over for it.
    pub(super) fn pay(&self, tokens: usize) -> Option<()> {
        let cost = 1 + tokens / TOKENS_AS_ONE;
        self.left.set(self.left.get().checked_sub(cost)?);
        Some(())
    }

    /// What a name was given last before it is asked for, or first after that, as in a
    /// function that is called later; a parameter by the calls of its function.
    pub(super) fn given(&self, name: &str) -> Option<Given<'a>> {
        let at = self.at.get();
        let parameter = self.parameter(name, at);
        let all = self.gifts.get(name).map_or(&[][..], Vec::as_slice);
        let (mut found, mut around) = (None, None);
        for gift in all.iter().take_while(|gift| gift.at < at) {
            self.spend()?;
            if gift.way == Way::Among && parameter.is_some() {
                continue;
            }
            let is_near = parameter.is_none_or(|(function, _)| function.holds(gift.at));
            if is_near {
                around = Some(gift);
                found = if self.is_seen(gift.at, at) {
                    around
                } else {
                    found
                };
            }
        }
        if let (None, Some((function, n))) = (found, parameter) {
            self.spend()?;
            return self.argument(function, n);
        }
        let later = || all.iter().find(|gift| gift.at >= at);
        let gift = found
            .or(around)
            .or_else(|| (self.deep.get() == 0).then(later)?)?;
        let to = match gift.to {
            Some(to) => to,
            None => self.ends(gift.from),
        };
        Some(Given {
            at: gift.at,
            expression: self.tokens.get(gift.from..to).unwrap_or_default(),
            way: gift.way,
        })
    }

    /// Where the statement ends whose expression begins here; a list is gone over at once.
    fn ends(&self, from: usize) -> usize {
        let opens = |t: &Token| matches!(t, Token::Sign('(' | '[' | '{'));
        let in_brackets = self.tokens.get(from).is_some_and(opens);
        let from = match in_brackets {
            true => self.tokens.len().min(self.pairs[from] + 1),
            false => from,
        };
        let rest = self.tokens.get(from..).unwrap_or_default();
        let rest = rest.get(..STATEMENT_TOKENS_MAX).unwrap_or(rest);
        from + statement_end(rest, in_brackets, self.language)
    }

    /// Whether a name that is given something in one place is the same in another: what
    /// only a function sees is its own.
    fn is_seen(&self, given: usize, at: usize) -> bool {
        let declared = given
            .checked_sub(1)
            .and_then(|n| self.tokens[n].name())
            .is_some_and(|word| matches!(word, "const" | "let" | "var"));
        let foreign = |f: &&Function<'_>| f.holds(given) && !f.holds(at);
        (self.shares && !declared) || !self.functions.iter().any(|f| foreign(&f))
    }

    /// Follows an expression in another one; none where they nest too deep.
    pub(super) fn nest<T>(&self, what: impl FnOnce() -> Option<T>) -> Option<T> {
        self.spend()?;
        let nested = self.nested.get();
        if nested >= NESTED_MAX {
            return None;
        }
        self.nested.set(nested + 1);
        let found = what();
        self.nested.set(nested);
        found
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
                let given = self.given(name)?;
                match given.way {
                    way if way.is_item() => match loops::item(&given, self) {
                        Item::Is(inner) => self.follow(given.at, || self.items(inner)),
                        _ => None,
                    },
                    _ => self.follow(given.at, || self.items(given.expression)),
                }
            }
            [Token::Sign('@'), name @ Token::Name(_)] => self.items(std::slice::from_ref(name)),
            [Token::Sign('*'), rest @ ..] if !rest.is_empty() => self.nest(|| self.items(rest)),
            _ if is('[', ']') || is('(', ')') && outermost(inner, ',').len() > 1 => {
                self.pay(inner.len())?;
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
        let made = self.given(name).and_then(|given| {
            let open = given.expression.iter().position(|t| t.is('('))?;
            made_by(given.expression, open).filter(|maker| PATHS.contains(maker))
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

/// Methods and functions that hand each item of something to a function.
pub(super) fn handed_by(name: &str) -> bool {
    matches!(
        name,
        "forEach"
            | "map"
            | "filter"
            | "flatMap"
            | "each"
            | "each_with_index"
            | "each_entry"
            | "every"
            | "some"
            | "select"
            | "reject"
            | "collect"
    )
}

/// Where the expression begins that ends here: names, calls and texts behind dots.
pub(super) fn primary(tokens: &[Token], pairs: &[usize], end: usize) -> usize {
    let mut n = end;
    while let Some(last) = n.checked_sub(1) {
        match &tokens[last] {
            Token::Sign(')' | ']' | '}') => {
                let open = pairs[last].min(last);
                n = open;
                let bare = open.checked_sub(1).map(|n| &tokens[n]);
                if matches!(bare, Some(Token::Name(_) | Token::Sign(')' | ']'))) {
                    continue;
                }
            }
            Token::Name(_) | Token::Text(_) | Token::Template(_) => n = last,
            _ => return n,
        }
        match n.checked_sub(1) {
            Some(dot) if tokens[dot].is('.') => n = dot,
            _ => return n,
        }
    }
    n
}

/// For each bracket its other one; one without is the end of the code.
fn pairs(tokens: &[Token]) -> Vec<usize> {
    let mut pairs = vec![tokens.len(); tokens.len()];
    let mut open = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Sign('(' | '[' | '{') => open.push(at),
            Token::Sign(')' | ']' | '}') => {
                if let Some(from) = open.pop() {
                    pairs[from] = at;
                    pairs[at] = from;
                }
            }
            _ => {}
        }
    }
    pairs
}

/// A statement ends at `;`, or where a new name follows a value, of which brackets may be
/// left out at its beginning.
fn statement_end(rest: &[Token], in_brackets: bool, language: &Language) -> usize {
    // What stands side by side is joined in awk, where a line ends a statement.
    let joins = language.name == "awk";
    // Nothing stands there in JavaScript, where a line ends one.
    let behind_closing = |n: usize, name: &str| {
        let closed = |t: &Token| matches!(t, Token::Sign(')' | ']' | '}'));
        let goes_on = matches!(name, "in" | "of" | "instanceof" | "as");
        let closes = n.checked_sub(1).map_or(in_brackets, |n| closed(&rest[n]));
        language.name == "node" && !goes_on && closes
    };
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
            Token::Name(name) if depth == 0 && behind_closing(n, name) => return n,
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
