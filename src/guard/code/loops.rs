//! What a loop goes over → its items: those of a list, the entries of a folder,
//! what a pattern matches, the operands of the command.
//!
//! Invariant: all items count, one in each way (`Code::each_way`); an entry of
//! a folder may be the git directory, unless only files are meant or the code
//! chooses by the name.

use super::gifts::Way;
use super::names::{Code, Given};
use super::paths::{known, literal, outermost};
use super::tokens::Token;
use crate::guard::word::Value;

/// An item.
pub(super) enum Item<'a> {
    Is(&'a [Token]),
    Text(Value),
    /// The names in a folder of a walk.
    Names,
    /// It cannot be told.
    Unknown,
    /// What it goes over is nothing that is known here.
    Other,
}

/// The item for which a name of a loop stands.
pub(super) fn item<'a>(given: &Given<'a>, all: &Code<'a>) -> Item<'a> {
    let part = match given.way {
        Way::Part(n) => Some(n),
        _ => None,
    };
    let found = all.follow(given.at, || Some(each(given.expression, part, all)));
    found.unwrap_or(Item::Unknown)
}

fn each<'a>(over: &'a [Token], part: Option<usize>, all: &Code<'a>) -> Item<'a> {
    let found = all.nest(|| Some(item_of(over, part, all)));
    found.unwrap_or(Item::Unknown)
}

fn item_of<'a>(over: &'a [Token], part: Option<usize>, all: &Code<'a>) -> Item<'a> {
    match over {
        [Token::Name(name)] | [Token::Sign('@'), Token::Name(name)] if !is_words(name) => {
            return named(name, part, all);
        }
        [Token::Sign('('), inner @ .., Token::Sign(')')] if outermost(inner, ',').len() == 1 => {
            return each(inner, part, all);
        }
        [Token::Sign('{'), inner @ .., Token::Sign('}')] => {
            return field(over, inner, part.unwrap_or(0), all);
        }
        _ => {}
    }
    if let Some(found) = operands(over, all) {
        return found;
    }
    if let Some(items) = all.items(over) {
        if let [one] = items.as_slice()
            && let Some(at) = one.iter().position(|t| t.name() == Some("for"))
        {
            return chosen(one, at, part, all);
        }
        let item = all.choose(key(over), items.len());
        let item = item.and_then(|n| items.get(n)).copied();
        return match (item, part) {
            (Some([Token::Sign('*'), ..]) | None, _) => Item::Unknown,
            (Some(item), None) => Item::Is(item),
            (Some(item), Some(n)) => {
                let parts = all.items(item).unwrap_or_default();
                parts.get(n).map_or(Item::Unknown, |part| Item::Is(part))
            }
        };
    }
    called(over, part, all)
}

fn key(over: &[Token]) -> usize {
    over.as_ptr() as usize
}

/// What a name stands for, gone over.
fn named<'a>(name: &str, part: Option<usize>, all: &Code<'a>) -> Item<'a> {
    let Some(given) = all.given(name) else {
        return Item::Unknown;
    };
    let found = all.follow(given.at, || {
        Some(match given.way {
            Way::Whole => each(given.expression, part, all),
            Way::More => Item::Unknown,
            Way::Each | Way::Part(_) | Way::Among => match item(&given, all) {
                Item::Is(inner) => each(inner, part, all),
                // Another choice than that of the folder.
                Item::Names => one_of(
                    given.expression.get(1..).unwrap_or_default(),
                    entries(all, None),
                    all,
                ),
                _ => Item::Unknown,
            },
        })
    });
    match found {
        None | Some(Item::Other) => Item::Unknown,
        Some(item) => item,
    }
}

/// The names or the values of a dictionary.
fn field<'a>(over: &[Token], inner: &'a [Token], n: usize, all: &Code<'a>) -> Item<'a> {
    let mut fields = outermost(inner, ',');
    fields.retain(|field| !field.is_empty());
    let field = all.choose(key(over), fields.len()).map(|n| fields[n]);
    let parts = field.map(|field| outermost(field, ':')).unwrap_or_default();
    match parts.as_slice() {
        [name, value] => Item::Is(if n == 0 { name } else { value }),
        // A set has no values.
        [item] if n == 0 => Item::Is(item),
        _ => Item::Unknown,
    }
}

/// `[x for y in … if …]`
fn chosen<'a>(whole: &'a [Token], at: usize, part: Option<usize>, all: &Code<'a>) -> Item<'a> {
    let (head, rest) = whole.split_at(at);
    let near = rest.iter().position(|t| t.name() == Some("in"));
    let Some(over) = near.and_then(|n| rest.get(n + 1..)) else {
        return Item::Unknown;
    };
    let ends = over
        .iter()
        .position(|t| matches!(t.name(), Some("if" | "for")));
    let over = over.get(..ends.unwrap_or(over.len())).unwrap_or_default();
    if let ([name], [_, target, _, ..]) = (head, rest)
        && name == target
    {
        return each(over, part, all);
    }
    let inside = std::ptr::from_ref(&whole[at]) as usize;
    let first = all.tokens.as_ptr() as usize;
    let place = inside.saturating_sub(first) / size_of::<Token>() + whole.len() - at;
    let value = all.follow(place, || known(head, all));
    value.map_or(Item::Unknown, Item::Text)
}

fn is_words(name: &str) -> bool {
    matches!(name, "argv" | "ARGV" | "$ARGV" | "$argv")
}

/// `sys.argv[1:]`, `process.argv.slice(2)`, `@ARGV`: the operands of the command.
fn operands<'a>(over: &'a [Token], all: &Code<'a>) -> Option<Item<'a>> {
    let at = over.iter().position(|t| t.name().is_some_and(is_words))?;
    let from = match over.get(at + 1..)? {
        [] => 0,
        [
            Token::Sign('['),
            Token::Name(n),
            Token::Sign(':'),
            Token::Sign(']'),
        ] => n.parse().ok()?,
        [
            Token::Sign('.'),
            Token::Name(slice),
            Token::Sign('('),
            Token::Name(n),
            Token::Sign(')'),
        ] if slice == "slice" => n.parse().ok()?,
        _ => return None,
    };
    let words = all.argv.get(from..).unwrap_or_default();
    Some(one_of(over, words.to_vec(), all))
}

/// One of several values.
fn one_of<'a>(over: &[Token], values: Vec<Value>, all: &Code<'a>) -> Item<'a> {
    let value = all.choose(key(over), values.len());
    let value = value.and_then(|n| values.get(n)).cloned();
    value.map_or(Item::Unknown, Item::Text)
}

/// The entries of a folder, or their names.
fn entries(all: &Code<'_>, folder: Option<&str>) -> Vec<Value> {
    let in_folder = |name: &str| match folder {
        Some(folder) => literal(&format!("{folder}/{name}")),
        None => literal(name),
    };
    let mut found = vec![in_folder("*")];
    if !all.only_files.get() && !narrows(all) {
        found.push(in_folder(".git"));
    }
    found
}

/// Whether the code chooses by a name before the call that is judged.
fn narrows(all: &Code<'_>) -> bool {
    const CHOOSES: [&str; 10] = [
        "endswith",
        "startswith",
        "endsWith",
        "startsWith",
        "suffix",
        "fnmatch",
        "match",
        "splitext",
        "extname",
        "test",
    ];
    let before = all.tokens.get(..all.judged.get()).unwrap_or_default();
    let compared = |at: usize| {
        let is = |n: usize| before.get(n).is_some_and(|t| t.is('='));
        is(at) && at > 0 && is(at - 1) && before.get(at + 1).and_then(Token::text).is_some()
    };
    (0..before.len()).any(|at| {
        before[at]
            .name()
            .is_some_and(|name| CHOOSES.contains(&name))
            || before[at].text() == Some(".git")
            || compared(at)
    })
}

/// A call that gives something to go over.
fn called<'a>(over: &'a [Token], part: Option<usize>, all: &Code<'a>) -> Item<'a> {
    if let [Token::Name(name), pattern @ ..] = over
        && name == "glob"
        && pattern.len() == 1
    {
        return known(pattern, all).map_or(Item::Unknown, Item::Text);
    }
    let Some((name, object, args)) = last_call(over) else {
        return Item::Other;
    };
    let first = args.first().copied().unwrap_or_default();
    let text = |part: &[Token]| known(part, all);
    match name {
        "sorted" | "list" | "set" | "reversed" | "tuple" | "iter" | "tqdm" | "from" => {
            each(first, part, all)
        }
        "sort" | "uniq" if first.is_empty() => each(object, part, all),
        "zip" => match part.and_then(|n| args.get(n)) {
            Some(arg) => each(arg, None, all),
            None => Item::Unknown,
        },
        "values" => each(if first.is_empty() { object } else { first }, Some(1), all),
        "enumerate" => match part {
            Some(1) => each(first, None, all),
            _ => Item::Unknown,
        },
        "items" => each(object, part.or(Some(0)), all),
        "entries" if !first.is_empty() && part.is_some() => each(first, part, all),
        "keys" => each(if first.is_empty() { object } else { first }, Some(0), all),
        "glob" | "globSync" | "iglob" | "rglob" => {
            let is_module = matches!(object, [] | [Token::Name(_)])
                && object
                    .iter()
                    .all(|t| matches!(t.name(), Some("glob" | "Dir" | "fs")));
            match (text(first), is_module) {
                (Some(pattern), true) => Item::Text(pattern),
                (Some(pattern), false) => match text(object) {
                    Some(folder) => {
                        below(over, folder.text(), pattern.text(), name == "rglob", all)
                    }
                    None => Item::Unknown,
                },
                (None, _) => Item::Unknown,
            }
        }
        "listdir" | "readdirSync" | "children" => one_of(over, entries(all, None), all),
        "iterdir" => match text(object) {
            Some(folder) => one_of(over, entries(all, Some(folder.text())), all),
            None => Item::Unknown,
        },
        "walk" => match (part, text(first)) {
            (Some(0), Some(root)) => {
                let root = root.text();
                let mut found = vec![literal(root), literal(&format!("{root}/*"))];
                if !narrows(all) {
                    found.push(literal(&format!("{root}/.git")));
                }
                one_of(over, found, all)
            }
            (Some(1 | 2), _) => Item::Names,
            _ => Item::Unknown,
        },
        "split" if first.is_empty() => match text(object) {
            Some(words) => {
                let words = words.text().split_whitespace().map(literal).collect();
                one_of(over, words, all)
            }
            None => Item::Unknown,
        },
        _ => Item::Other,
    }
}

/// What a pattern of a path's own method matches.
fn below<'a>(over: &[Token], folder: &str, pattern: &str, deep: bool, all: &Code<'a>) -> Item<'a> {
    let plain = pattern.trim_matches(['*', '/', '.']).is_empty();
    let mut found = vec![literal(&format!("{folder}/{pattern}"))];
    if deep {
        found.push(literal(&format!("{folder}/*/{pattern}")));
    }
    if plain && !narrows(all) {
        // These match hidden names too.
        found.push(literal(&format!("{folder}/.git/HEAD")));
    }
    one_of(over, found, all)
}

/// A call's name, the object before it and its arguments.
type Last<'a> = (&'a str, &'a [Token], Vec<&'a [Token]>);

/// The call with which an expression ends.
fn last_call(over: &[Token]) -> Option<Last<'_>> {
    if !over.last()?.is(')') && !over.last()?.is(']') {
        return None;
    }
    let mut depth = 0_usize;
    let open = over.iter().rposition(|token| {
        match token {
            Token::Sign(')' | ']') => depth += 1,
            Token::Sign('(' | '[') => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })?;
    let name = over.get(open.checked_sub(1)?)?.name()?;
    let args = outermost(over.get(open + 1..over.len() - 1)?, ',');
    if over[open].is('[') {
        // `Dir["x"]`
        return (name == "Dir").then_some(("glob", &[], args));
    }
    let object = match open.checked_sub(2) {
        Some(dot) if over[dot].is('.') => over.get(..dot)?,
        Some(_) => return None,
        None => &[],
    };
    Some((name, object, args))
}
