//! Tokens → where names are given something, and by which expression: `x = …`,
//! `for x in …`, `with … as x`, `….forEach(x => …)`, `….each { |x| … }`.
//!
//! Invariant: linear in the tokens; only what a loop hands out one by one is an
//! item of its expression.

use super::languages::Language;
use super::names::{STATEMENT_TOKENS_MAX, handed_by, primary};
use super::tokens::Token;
use std::collections::HashSet;

/// How many tokens the names of a loop are.
const TARGETS_MAX: usize = 24;

/// How a name gets what its expression stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Whole,
    /// Joined to what it was given before.
    More,
    /// One item after the other.
    Each,
    /// A part of each item, by its place.
    Part(usize),
    /// One item, where it is compared with all.
    Among,
}

impl Way {
    /// Whether it is an item, or a part of one.
    pub(super) fn is_item(self) -> bool {
        matches!(self, Way::Each | Way::Part(_) | Way::Among)
    }
}

/// One name that is given something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gift {
    pub(super) at: usize,
    /// Where its expression begins.
    pub(super) from: usize,
    /// Where it ends, unless its statement says so.
    pub(super) to: Option<usize>,
    pub(super) way: Way,
}

/// All gifts of a code with their names, in the order of the code.
pub(super) fn find<'a>(
    tokens: &'a [Token],
    pairs: &[usize],
    language: &Language,
) -> Vec<(&'a str, Gift)> {
    let mut found = Vec::new();
    let scan = Scan {
        tokens,
        pairs,
        language,
    };
    for (at, token) in tokens.iter().enumerate() {
        let Some(name) = token.name() else {
            continue;
        };
        if let Some((from, way)) = set(tokens, at) {
            let to = None;
            found.push((name, Gift { at, from, to, way }));
        }
        match name {
            "for" | "foreach" => scan.looped(at, &mut found),
            "in" => scan.member(at, &mut found),
            "as" => scan.opened(at, &mut found),
            _ if handed_by(name) => scan.handed(at, &mut found),
            _ => {}
        }
    }
    // What is given in another way counts there: a comparison may fail.
    let given = |(_, gift): &&(&str, Gift)| gift.way != Way::Among;
    let others: HashSet<&str> = found.iter().filter(given).map(|(name, _)| *name).collect();
    found.retain(|(name, gift)| gift.way != Way::Among || !others.contains(name));
    found.sort_by_key(|(_, gift)| gift.at);
    found
}

/// `x = …`, `x += …`, `x .= …`: where the expression begins.
fn set(tokens: &[Token], at: usize) -> Option<(usize, Way)> {
    let sign = |n: usize| match tokens.get(at + n) {
        Some(Token::Sign(sign)) => *sign,
        _ => ' ',
    };
    if matches!(sign(1), '+' | '.') && sign(2) == '=' {
        return Some((at + 3, Way::More));
    }
    (sign(1) == '=' && !matches!(sign(2), '=' | '>' | '~')).then_some((at + 2, Way::Whole))
}

struct Scan<'a, 'p> {
    tokens: &'a [Token],
    pairs: &'p [usize],
    language: &'p Language,
}

impl<'a> Scan<'a, '_> {
    fn is(&self, at: usize, sign: char) -> bool {
        self.tokens.get(at).is_some_and(|t| t.is(sign))
    }

    fn name(&self, at: usize) -> Option<&'a str> {
        self.tokens.get(at).and_then(Token::name)
    }

    /// Names of a loop: one stands for each item, several for the parts of each.
    fn give(
        &self,
        names: &[(usize, &'a str)],
        in_parts: bool,
        range: (usize, usize),
        out: &mut Vec<(&'a str, Gift)>,
    ) {
        for (n, (at, name)) in names.iter().enumerate() {
            let way = if in_parts { Way::Part(n) } else { Way::Each };
            let (from, to) = range;
            let gift = Gift {
                at: *at,
                from,
                to: Some(to),
                way,
            };
            out.push((name, gift));
        }
    }

    fn looped(&self, at: usize, out: &mut Vec<(&'a str, Gift)>) {
        match self.language.name {
            "perl" => self.perl(at, out),
            "php" => self.php(at, out),
            _ => {
                let mut names = Vec::new();
                let mut brackets = false;
                for n in at + 1..at + TARGETS_MAX {
                    match self.tokens.get(n) {
                        Some(Token::Name(word)) if matches!(word.as_str(), "in" | "of") => {
                            let range = (n + 1, self.iterated(n + 1));
                            let in_parts = names.len() > 1 || brackets;
                            return self.give(&names, in_parts, range, out);
                        }
                        Some(Token::Name(word))
                            if matches!(word.as_str(), "const" | "let" | "var" | "await") => {}
                        Some(Token::Name(name)) => names.push((n, name.as_str())),
                        Some(Token::Sign('[')) => brackets = true,
                        Some(Token::Sign(',' | '(' | ')' | ']')) => {}
                        _ => return,
                    }
                }
            }
        }
    }

    /// `for my $f (…)`, `for (…)`, `… for …;`
    fn perl(&self, at: usize, out: &mut Vec<(&'a str, Gift)>) {
        let mut n = at + 1;
        n += usize::from(matches!(self.name(n), Some("my" | "our")));
        let named = self.name(n).filter(|name| name.starts_with('$'));
        let (target, open) = match named {
            Some(name) if self.is(n + 1, '(') => ((n, name), n + 1),
            _ => ((at, "$_"), n),
        };
        let range = match self.is(open, '(') {
            true => (open + 1, self.pairs[open]),
            false => (open, self.iterated(open)),
        };
        let inner = self.tokens.get(range.0..range.1).unwrap_or_default();
        if !inner.iter().any(|t| t.is(';')) {
            self.give(&[target], false, range, out);
        }
    }

    /// `foreach (… as $key => $value)`
    fn php(&self, at: usize, out: &mut Vec<(&'a str, Gift)>) {
        if !self.is(at + 1, '(') {
            return;
        }
        let end = self.pairs[at + 1];
        let inner = self.tokens.get(at + 2..end).unwrap_or_default();
        let Some(by) = inner.iter().position(|t| t.name() == Some("as")) else {
            return;
        };
        let by = at + 2 + by;
        let names = (by + 1..end).filter_map(|n| Some((n, self.name(n)?)));
        let names: Vec<(usize, &str)> = names.collect();
        self.give(&names, names.len() > 1, (at + 2, by), out);
    }

    /// `x in ["a", "b"]` outside of a loop: where it holds, it is one of these.
    fn member(&self, at: usize, out: &mut Vec<(&'a str, Gift)>) {
        let target = at.checked_sub(1).and_then(|n| Some((n, self.name(n)?)));
        let loops = |n: usize| matches!(self.name(n), Some("for" | "const" | "let" | "var"));
        let is_loop = at.checked_sub(2).is_none_or(|n| {
            loops(n) || self.is(n, ',') || self.is(n, '(') && n > 0 && loops(n - 1)
        });
        if let Some(target) = target.filter(|_| !is_loop)
            && (self.is(at + 1, '[') || self.is(at + 1, '('))
        {
            let (at, name) = target;
            let gift = Gift {
                at,
                from: at + 2,
                to: Some(self.pairs[at + 2] + 1),
                way: Way::Among,
            };
            out.push((name, gift));
        }
    }

    /// `with tempfile.TemporaryDirectory() as d`
    fn opened(&self, at: usize, out: &mut Vec<(&'a str, Gift)>) {
        let closes = at.checked_sub(1).is_some_and(|n| self.is(n, ')'));
        if let Some(name) = self.name(at + 1).filter(|_| closes) {
            let gift = Gift {
                at: at + 1,
                from: primary(self.tokens, self.pairs, at),
                to: Some(at),
                way: Way::Whole,
            };
            out.push((name, gift));
        }
    }

    /// `….forEach(x => …)`, `….map(function (x) …)`, `….each { |x| … }`, `….each do |x| …`
    fn handed(&self, at: usize, out: &mut Vec<(&'a str, Gift)>) {
        if !at.checked_sub(1).is_some_and(|n| self.is(n, '.')) {
            return;
        }
        let range = (primary(self.tokens, self.pairs, at - 1), at - 1);
        let mut n = at + 2;
        let opens = self.is(at + 1, '{') || self.name(at + 1) == Some("do");
        if opens && self.is(n, '|') {
            let inner = self.tokens.iter().skip(n + 1).take(TARGETS_MAX);
            let end = n + 1 + inner.take_while(|t| !t.is('|')).count();
            let names = (n + 1..end).filter_map(|n| Some((n, self.name(n)?)));
            let mut names: Vec<(usize, &str)> = names.collect();
            // The second is a number.
            if self.name(at) == Some("each_with_index") {
                names.truncate(1);
            }
            return self.give(&names, names.len() > 1, range, out);
        }
        if !self.is(at + 1, '(') {
            return;
        }
        n += usize::from(self.name(n) == Some("async"));
        n += usize::from(self.name(n) == Some("function"));
        let arrow = self.is(n + 1, '=') && self.is(n + 2, '>');
        if let Some(name) = self.name(n).filter(|_| arrow) {
            return self.give(&[(n, name)], false, range, out);
        }
        if !self.is(n, '(') {
            return;
        }
        if self.is(n + 1, '[') {
            let names = (n + 2..self.pairs[n + 1]).filter_map(|n| Some((n, self.name(n)?)));
            let names: Vec<(usize, &str)> = names.collect();
            self.give(&names, true, range, out);
        } else if let Some(name) = self.name(n + 1) {
            self.give(&[(n + 1, name)], false, range, out);
        }
    }

    /// Where what a loop goes over ends.
    fn iterated(&self, from: usize) -> usize {
        let mut n = from;
        let end = self.tokens.len().min(from + STATEMENT_TOKENS_MAX);
        while n < end {
            match &self.tokens[n] {
                Token::Sign('(' | '[') => n = self.pairs[n],
                Token::Sign('{') if n > from => return n,
                Token::Sign('{') => n = self.pairs[n],
                Token::Sign(')' | ']' | '}' | ':' | ';') => return n,
                Token::Name(name)
                    if matches!(name.as_str(), "if" | "for" | "do" | "async" | "else") =>
                {
                    return n;
                }
                _ => {}
            }
            n += 1;
        }
        n.min(self.tokens.len())
    }
}
