//! `read` and `mapfile`: what flows in → the variables that take it.
//!
//! Invariant: a line that is known is split as the shell splits it, by the
//! separators in force, the last name takes the rest; of anything else each
//! name holds all that it may be. Several lines are several possible values.

use super::state::Variable;
use super::{Command, Found, Stream, Walker, substitute};
use crate::guard::word::{OPAQUE, PLAIN, PRIVATE, REMOTE, SECRET, Value};

/// How many lines are followed as possible values.
const LINES_MAX: usize = 8;

/// What is asked for.
#[derive(Default)]
struct Asked {
    names: Vec<String>,
    /// The name of a list.
    list: Option<String>,
    /// What ends a line; the empty text is the end of all.
    end: Option<String>,
    /// Backslashes are kept.
    is_raw: bool,
    /// Only a part is taken.
    is_partial: bool,
}

/// Variables that take what flows in.
pub(super) fn run(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let is_map = command.name != "read";
    let asked = asked(command, is_map);
    let names = asked.names.iter().chain(&asked.list);
    for name in names.clone() {
        walker.index(&Value::new(name.as_str()))?;
    }
    let by = separators(command, walker);
    let variables = &mut walker.state.variables;
    match (lines(command.stdin, &asked), by) {
        (Some(lines), _) if is_map => {
            let all: Vec<Value> = lines.into_iter().map(Value::new).collect();
            for name in names {
                variables.insert(name.clone(), vec![all.clone()]);
            }
        }
        (Some(lines), Some(by)) => {
            if let Some(name) = &asked.list {
                let items = |line: &&str| split(line, &by, usize::MAX);
                variables.insert(name.clone(), lines.iter().map(items).collect());
            }
            let row = |line: &&str| split(line, &by, asked.names.len());
            let rows: Vec<Vec<Value>> = lines.iter().map(row).collect();
            for (n, name) in asked.names.iter().enumerate() {
                let field = |row: &Vec<Value>| vec![row.get(n).cloned().unwrap_or_default()];
                variables.insert(name.clone(), rows.iter().map(field).collect());
            }
        }
        _ => {
            let values = unsplit(command.stdin);
            for name in names {
                variables.insert(name.clone(), values.clone());
            }
        }
    }
    walker.state.is_forked = walker.state.variables.values().any(|v| v.len() > 1);
    Ok(())
}

/// The lines that flow in, where each is known as it is taken.
fn lines<'a>(stdin: &'a Stream, asked: &Asked) -> Option<Vec<&'a str>> {
    let Stream::Text(text) = stdin else {
        return None;
    };
    if asked.is_partial || !asked.is_raw && text.contains('\\') {
        return None;
    }
    let lines: Vec<&str> = match &asked.end {
        None => text.lines().take(LINES_MAX + 1).collect(),
        Some(end) if end.is_empty() => vec![text],
        Some(end) => text.split(end.as_str()).take(LINES_MAX + 1).collect(),
    };
    (lines.len() <= LINES_MAX).then_some(lines)
}

/// The names of variables and what the options say.
fn asked(command: &Command<'_>, is_map: bool) -> Asked {
    let (valued, partial) = if is_map {
        ("dnOsuCc", "nOs")
    } else {
        ("dnNptuia", "nN")
    };
    let mut asked = Asked {
        is_raw: is_map,
        ..Asked::default()
    };
    let mut args = command.args.iter();
    while let Some(arg) = args.next() {
        let text = arg.text();
        if text == "--" {
            asked.names.extend(args.map(|name| name.text().to_owned()));
            break;
        }
        let Some(letters) = text.strip_prefix('-') else {
            asked.names.push(text.to_owned());
            continue;
        };
        for (at, letter) in letters.char_indices() {
            asked.is_raw |= letter == 'r';
            asked.is_partial |= partial.contains(letter);
            if !valued.contains(letter) {
                continue;
            }
            let glued = letters.get(at + 1..).unwrap_or_default();
            let value = if glued.is_empty() {
                args.next().map(Value::text)
            } else {
                Some(glued)
            };
            match letter {
                'a' => asked.list = value.map(str::to_owned),
                'd' => asked.end = value.map(str::to_owned),
                _ => {}
            }
            break;
        }
    }
    if asked.names.is_empty() && asked.list.is_none() {
        let usual = if is_map { "MAPFILE" } else { "REPLY" };
        asked.names.push(usual.to_owned());
    }
    asked
}

/// What the line is split by, where that is known.
fn separators(command: &Command<'_>, walker: &Walker<'_>) -> Option<String> {
    match command.variable("IFS", &walker.state) {
        Some(value) => value.known().map(str::to_owned),
        None => Some(" \t\n".to_owned()),
    }
}

/// A line as so many fields: blanks among the separators are worth nothing at the
/// ends, and any number of them is one; each other separator ends a field. What is
/// not known in it may be several fields.
fn split(line: &str, by: &str, fields: usize) -> Vec<Value> {
    let whole = Value::new(line);
    if fields > 1 && whole.is_open() {
        let marks = [SECRET, PRIVATE, REMOTE];
        let mark = marks.into_iter().find(|mark| whole.has(*mark));
        let count = if fields == usize::MAX { 1 } else { fields };
        return vec![Value::mark(mark.unwrap_or(OPAQUE)); count];
    }
    let is_blank = |c: char| c.is_whitespace() && by.contains(c);
    let mut out = Vec::new();
    let mut rest = line.trim_matches(is_blank);
    while !rest.is_empty() && out.len() + 1 < fields {
        let end = rest.find(|c| by.contains(c)).unwrap_or(rest.len());
        let (field, after) = rest.split_at(end);
        out.push(Value::new(field));
        let after = after.trim_start_matches(is_blank);
        let ended = after.strip_prefix(|c| by.contains(c)).unwrap_or(after);
        rest = ended.trim_start_matches(is_blank);
    }
    if !rest.is_empty() {
        out.push(Value::new(rest));
    }
    out
}

/// What any name may hold when the line is not known.
fn unsplit(stdin: &Stream) -> Variable {
    match stdin {
        Stream::Paths(roots) if !roots.is_empty() => roots
            .iter()
            .map(|root| vec![substitute::below(root)])
            .collect(),
        Stream::Plain => vec![vec![Value::mark(PLAIN)]],
        Stream::Secret => vec![vec![Value::mark(SECRET)]],
        Stream::Private => vec![vec![Value::mark(PRIVATE)]],
        _ => vec![vec![Value::mark(OPAQUE)]],
    }
}

#[test]
fn lines_are_split_as_the_shell_splits_them() {
    let seen = |line, by, fields| -> Vec<String> {
        let values = split(line, by, fields);
        values.iter().map(|v| v.text().to_owned()).collect()
    };
    assert_eq!(seen("  a  b c ", " \t\n", 2), ["a", "b c"]);
    assert_eq!(seen("a, b,,c", ",", 9), ["a", " b", "", "c"]);
    assert_eq!(seen("a , b", " ,", 9), ["a", "b"]);
    assert_eq!(seen(" a b ", "", 3), [" a b "]);
}
