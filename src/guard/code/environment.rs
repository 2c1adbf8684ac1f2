//! What a code shows of the environment it runs in.
//!
//! Invariant: a variable may be read, names may be listed and the environment
//! handed on; what shows all values, or a secret of them, is denied.

use super::tokens::Token;
use crate::guard::rules::secrets;
use crate::guard::walk::{Found, Walker, parameters};

/// Calls that show what they are given.
const SHOWS: [&str; 21] = [
    "p",
    "pp",
    "print",
    "printf",
    "puts",
    "say",
    "echo",
    "warn",
    "write",
    "print_r",
    "var_dump",
    "Dumper",
    "inspect",
    "log",
    "dumps",
    "stringify",
    "pprint",
    "send",
    "post",
    "error",
    "info",
];

/// Calls that make of a dictionary its names or less.
const NAMES_ONLY: [&str; 9] = [
    "sorted", "list", "len", "set", "tuple", "iter", "join", "bool", "type",
];

/// How many tokens behind the environment a choice among its variables is looked for.
const CHOICE_TOKENS_MAX: usize = 32;

/// How many other names of the environment are followed.
const NAMES_MAX: usize = 8;

/// The environment, and secrets of it that the code names.
pub(super) fn judge(walker: &Walker<'_>, tokens: &[Token]) -> Found {
    const NAMES: [&str; 9] = [
        "environ", "environb", "getenv", "env", "ENV", "ENVIRON", "$_ENV", "$ENV", "$_SERVER",
    ];
    let named = |t: &Token| t.name().is_some_and(|name| NAMES.contains(&name));
    if !tokens.iter().any(named) {
        return Ok(());
    }
    let shows = |t: &Token| t.name().is_some_and(|name| SHOWS.contains(&name));
    if tokens.iter().any(shows) {
        bare(walker, tokens)?;
    }
    whole(walker, tokens)?;
    for token in tokens {
        let name = token.name().or(token.text()).unwrap_or_default();
        let is_variable = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if is_variable && parameters::is_secret_name(name) {
            walker.deny(&secrets::SHOW, name)?;
        }
    }
    Ok(())
}

/// The whole environment where it is a value of its own, in a code that shows something.
fn bare(walker: &Walker<'_>, tokens: &[Token]) -> Found {
    const ASKS: [&str; 8] = [
        "fetch", "key", "keys", "has_key", "include", "dig", "delete", "slice",
    ];
    let by_name =
        |t: &Token| t.name() == Some("$ENV") || t.text().is_some_and(|text| text.contains("$ENV{"));
    let values = tokens.iter().any(by_name);
    for (at, token) in tokens.iter().enumerate() {
        let is = |n: usize, sign: char| tokens.get(at + n).is_some_and(|t| t.is(sign));
        let asks = is(1, '.')
            && tokens
                .get(at + 2)
                .and_then(Token::name)
                .is_some_and(|name| ASKS.contains(&name));
        // `keys %ENV`
        let names = !values
            && at.checked_sub(2).and_then(|n| tokens[n].name()) == Some("keys")
            && tokens[at - 1].is('%');
        let whole = match token.name() {
            Some("ENV" | "ENVIRON" | "$_ENV" | "$_SERVER") => {
                !(is(1, '[') || is(1, '{') || asks || names)
            }
            Some("getenv") => is(1, '(') && is(2, ')'),
            _ => false,
        };
        if whole {
            walker.deny(&secrets::SHOW, "the environment")?;
        }
    }
    Ok(())
}

/// A code and the names that stand for its environment.
struct Environment<'a> {
    tokens: &'a [Token],
    /// `from os import environ`, `{env} = process`.
    alone: Vec<&'a str>,
    /// `e = os.environ`.
    others: Vec<&'a str>,
}

impl<'a> Environment<'a> {
    fn new(tokens: &'a [Token]) -> Environment<'a> {
        let mut found = Environment {
            tokens,
            alone: Vec::new(),
            others: Vec::new(),
        };
        let name = |at: usize| tokens.get(at).and_then(Token::name);
        let is = |at: usize, sign: char| tokens.get(at).is_some_and(|t| t.is(sign));
        for at in 0..tokens.len() {
            if name(at) == Some("import") && name(at + 1) == Some("environ") {
                found.alone.push("environ");
            }
            if is(at, '}') && is(at + 1, '=') && name(at + 2) == Some("process") {
                found.alone.push("env");
            }
        }
        for at in 0..tokens.len() {
            let Some(to) = name(at).filter(|_| is(at + 1, '=') && !is(at + 2, '=')) else {
                continue;
            };
            // `dict(os.environ…)`, `{**os.environ…}`, `{...process.env…}`
            let mut from = at + 2;
            if name(from) == Some("dict") || is(from, '{') {
                let skipped = |t: &&Token| matches!(t, Token::Sign('{' | '(' | '*' | '.'));
                from += usize::from(!is(from, '{'));
                let rest = tokens.get(from..).unwrap_or_default();
                from += rest.iter().take(5).take_while(skipped).count();
            }
            let at = [from, from + 2].into_iter().find(|at| found.is_it(*at));
            let part = at.is_some_and(|at| {
                is(at + 1, '[') || is(at + 1, '.') && name(at + 2) != Some("copy")
            });
            if at.is_some() && !part && found.others.len() < NAMES_MAX {
                found.others.push(to);
            }
        }
        found
    }

    fn name(&self, at: usize) -> Option<&'a str> {
        self.tokens.get(at).and_then(Token::name)
    }

    fn is(&self, at: usize, sign: char) -> bool {
        self.tokens.get(at).is_some_and(|t| t.is(sign))
    }

    /// Whether the environment stands here.
    fn is_it(&self, at: usize) -> bool {
        let Some(name) = self.name(at) else {
            return false;
        };
        let is_member = at.checked_sub(1).is_some_and(|n| self.is(n, '.'));
        let of = at.checked_sub(2).and_then(|n| self.name(n));
        if is_member {
            // `{...process.env}` has dots before what it spreads.
            return matches!(
                (of, name),
                (Some("os"), "environ" | "environb") | (Some("process"), "env")
            ) || at.checked_sub(2).is_some_and(|n| self.is(n, '.'))
                && self.others.contains(&name);
        }
        let defines = at
            .checked_sub(1)
            .and_then(|n| self.name(n))
            .is_some_and(|before| matches!(before, "import" | "as"))
            || self.is(at + 1, '=') && !self.is(at + 2, '=')
            || self.is(at + 1, '}');
        !defines && (self.alone.contains(&name) || self.others.contains(&name))
    }

    /// The token before the environment's expression.
    fn before(&self, at: usize) -> Option<&'a Token> {
        let is_member = at.checked_sub(1).is_some_and(|n| self.is(n, '.'));
        let from = if is_member { 3 } else { 1 };
        self.tokens.get(at.checked_sub(from)?)
    }

    /// Whether what follows chooses among the variables by a text that is no secret's.
    fn chooses(&self, at: usize) -> bool {
        let rest = self.tokens.get(at + 1..).unwrap_or_default();
        let near = rest.get(..CHOICE_TOKENS_MAX).unwrap_or(rest);
        let by = near
            .iter()
            .position(|t| matches!(t.name(), Some("if" | "filter")));
        let Some(by) = by else { return false };
        let harmless =
            |text: &str| text.len() > 1 && !parameters::is_secret_name(&text.to_ascii_uppercase());
        let text = near.iter().skip(by).find_map(Token::text);
        text.is_some_and(harmless)
    }
}

/// The whole environment, shown.
fn whole(walker: &Walker<'_>, tokens: &[Token]) -> Found {
    let found = Environment::new(tokens);
    let shows = |name: &str| SHOWS.contains(&name);
    let any_shows = tokens.iter().filter_map(Token::name).any(shows);
    let looped = (0..tokens.len()).any(|at| {
        let before = found.before(at);
        let of = before.and_then(Token::name) == Some("in");
        let keys = at.checked_sub(4).and_then(|n| found.name(n)) == Some("keys");
        found.is_it(at) && (of || keys)
    });
    let mut open: Vec<(&str, bool)> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Sign('(') => {
                let name = at.checked_sub(1).and_then(|n| found.name(n));
                let name = name.unwrap_or_default();
                let inside = open.last().is_some_and(|(_, shown)| *shown);
                // Names are no secrets.
                open.push((name, name != "keys" && (shows(name) || inside)));
            }
            Token::Sign(')') => {
                open.pop();
            }
            Token::Name(_) if found.is_it(at) => {
                let (around, shown) = open.last().copied().unwrap_or_default();
                let member = found.name(at + 2).filter(|_| found.is(at + 1, '.'));
                let values = matches!(member, Some("items" | "values"))
                    || matches!(around, "entries" | "values") && member.is_none();
                let by_name =
                    found.is(at + 1, '[') && found.name(at + 2).is_some() && found.is(at + 3, ']');
                let one = member.is_some() || found.is(at + 1, '[');
                let asked = found.before(at).and_then(Token::name) == Some("in");
                let all = shown && !one && !asked && !NAMES_ONLY.contains(&around);
                let alone = tokens.len() == 3;
                let flows = any_shows && !found.chooses(at) && (values || by_name && looped);
                if all || alone || flows {
                    walker.deny(&secrets::SHOW, "the environment")?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}
