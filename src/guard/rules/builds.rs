//! Build files that a text wrote itself, and builds told by options what to
//! run: makefiles, justfiles, scripts of packages.
//!
//! Invariant: a build file that nobody wrote here is the worktree's own and left
//! to the walls; one that is known is judged where it is run, as far as its
//! commands are known.

use super::fs::{self, Access};
use super::{remote, shell};
use crate::guard::args::{self, Spec};
use crate::guard::walk::{Command, Found, Stream, Walker, peel};
use crate::guard::word::Value;

/// How many functions and variables of a makefile are followed.
const FUNCTIONS_MAX: usize = 64;
const VARIABLES_MAX: usize = 256;

const MAKE: Spec = Spec {
    valued: "CfIjloWE",
    longs: &["directory", "file", "makefile", "jobs", "eval", "justfile"],
};

/// `make`, `just` and their like: tools, options and the build file.
pub(super) fn make(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let parsed = args::parse(command.args, &MAKE);
    fs::all(walker, Access::Write, parsed.values(&["C", "directory"]))?;
    for text in parsed.values(&["eval", "E"]) {
        recipes(walker, text.text())?;
    }
    let named = parsed.values(&["f", "file", "makefile", "justfile"]);
    for file in &named {
        if file.text() == "-"
            && let Stream::Text(text) = command.stdin
        {
            recipes(walker, text)?;
        }
        written(walker, file)?;
    }
    if named.is_empty() {
        let folder = parsed.value(&["C", "directory"]).cloned();
        let folder = folder.unwrap_or_else(|| Value::new("."));
        peel::inside(walker, &folder, |walker| {
            for name in [
                "GNUmakefile",
                "makefile",
                "Makefile",
                "justfile",
                "Justfile",
                ".justfile",
            ] {
                written(walker, &Value::new(name))?;
            }
            Ok(())
        })?;
    }
    for operand in &parsed.operands {
        let Some((name, _)) = operand.text().split_once('=') else {
            continue;
        };
        let value = operand.tail(name.len() + 1);
        if matches!(
            name,
            "SHELL" | "MAKE" | "CC" | "CXX" | "LD" | "AR" | "RM" | "INSTALL"
        ) && value.text().contains(' ')
        {
            walker.shell_text(&value)?;
        }
        functions(walker, value.text())?;
        if matches!(
            name,
            "DESTDIR" | "PREFIX" | "prefix" | "OUT" | "OUT_DIR" | "O"
        ) {
            fs::access(walker, Access::Write, &value)?;
        }
    }
    Ok(())
}

/// Options of make in its variable.
pub(super) fn flags(walker: &mut Walker<'_>, text: &str) -> Found {
    match text.split_once("--eval=").or(text.split_once("-E ")) {
        Some((_, code)) => recipes(walker, code),
        None => Ok(()),
    }
}

fn written(walker: &mut Walker<'_>, file: &Value) -> Found {
    match walker.content(file) {
        Stream::Remote => walker.deny(&remote::SCRIPT, &file.shown()),
        Stream::Text(text) => recipes(walker, &text),
        _ => Ok(()),
    }
}

/// The commands of a makefile's rules, and of its functions.
fn recipes(walker: &mut Walker<'_>, text: &str) -> Found {
    functions(walker, text)?;
    let names: Vec<(&str, &str)> = text
        .lines()
        .filter(|line| !line.starts_with([' ', '\t']))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.trim_end_matches([':', '?', '+']).trim(), value.trim()))
        .filter(|(name, _)| {
            !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        })
        .take(VARIABLES_MAX)
        .collect();
    for line in text.lines() {
        let inline = line
            .split_once(':')
            .and_then(|(_, rest)| rest.split_once(';'))
            .map(|(_, code)| code);
        let indented = line.starts_with([' ', '\t']).then(|| line.trim_start());
        if let Some(code) = indented.or(inline) {
            let code = as_shell(
                code.trim_start().trim_start_matches(['@', '-', '+']),
                &names,
            );
            walker.leniently(&code)?;
        }
    }
    Ok(())
}

/// A recipe as the shell gets it: variables of make are put in, or unknown.
fn as_shell(code: &str, names: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = code;
    while let Some(at) = rest.find('$') {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let close = match tail.as_bytes().get(1) {
            Some(b'(') => ')',
            Some(b'{') => '}',
            Some(b'$') => {
                out.push('$');
                rest = tail.get(2..).unwrap_or_default();
                continue;
            }
            _ => {
                out.push_str("${made}");
                rest = after_two(tail);
                continue;
            }
        };
        let inner = tail.get(2..).unwrap_or_default();
        let end = inner.find(close).unwrap_or(inner.len());
        let name = inner.get(..end).unwrap_or_default();
        match names.iter().rev().find(|(known, _)| *known == name) {
            Some((_, value)) if !value.contains('$') => out.push_str(value),
            _ if name == "RM" => out.push_str("rm -f"),
            _ => out.push_str("${made}"),
        }
        rest = inner.get(end + 1..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// What follows the first two characters.
fn after_two(text: &str) -> &str {
    let mut chars = text.chars();
    chars.next();
    chars.next();
    chars.as_str()
}

/// `$(shell …)`, which make runs while it reads.
fn functions(walker: &mut Walker<'_>, text: &str) -> Found {
    if text.matches("(shell ").count() > FUNCTIONS_MAX {
        return walker.deny(&shell::TOO_COMPLEX, "$(shell …)");
    }
    for (at, mark) in text.match_indices("(shell ") {
        let inner = text.get(at + mark.len()..).unwrap_or_default();
        let mut depth = 0_usize;
        let end = inner.find(|c| {
            match c {
                '(' => depth += 1,
                ')' if depth == 0 => return true,
                ')' => depth -= 1,
                _ => {}
            }
            false
        });
        let code = inner.get(..end.unwrap_or(inner.len())).unwrap_or_default();
        walker.leniently(&as_shell(code, &[]))?;
    }
    Ok(())
}

/// `npm test` and its like: the scripts of a package that this text wrote.
pub(super) fn package(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let words: Vec<&str> = command
        .args
        .iter()
        .map(Value::text)
        .filter(|word| !word.starts_with('-'))
        .collect();
    if words.starts_with(&["pkg", "set"]) {
        for arg in command.args {
            if arg.text().starts_with("scripts.")
                && let Some((name, _)) = arg.text().split_once('=')
            {
                let code = arg.text().get(name.len() + 1..).unwrap_or_default();
                let alias = format!("npm {}", name.trim_start_matches("scripts."));
                walker.state.aliases.insert(alias, code.to_owned());
            }
        }
    }
    let package = match walker.content(&Value::new("package.json")) {
        Stream::Text(text) => serde_json::from_str(&text).unwrap_or_default(),
        _ => serde_json::Value::Null,
    };
    let name = match words.as_slice() {
        ["run" | "run-script" | "rum", name, ..] => *name,
        ["t" | "tst", ..] => "test",
        ["i" | "ci" | "add" | "install", ..] | [] => "install",
        [name, ..] => name,
    };
    let also: &[&str] = if name == "install" { &["prepare"] } else { &[] };
    let names = [name.to_owned(), format!("pre{name}"), format!("post{name}")];
    for name in names.iter().map(String::as_str).chain(also.iter().copied()) {
        let set = walker.state.aliases.get(&format!("npm {name}")).cloned();
        let code = set.or_else(|| package["scripts"][name].as_str().map(str::to_owned));
        if let Some(code) = code {
            walker.leniently(&code)?;
        }
    }
    Ok(())
}
