//! What surrounds the code of an interpreter on its command line: Python's
//! modules that unpack and run, awk's variables, the scripts of frameworks.
//!
//! Invariant: judged in addition to the code itself; a module or a script that
//! is not named here is left to the walls.

use super::languages::Language;
use crate::guard::args::Parsed;
use crate::guard::rules::{databases, fs};
use crate::guard::walk::{Command, Found, Walker};
use crate::guard::word::Value;
use std::fmt::Write as _;

pub(crate) fn judge(
    walker: &mut Walker<'_>,
    language: &'static Language,
    command: &Command<'_>,
    parsed: &Parsed<'_>,
) -> Found {
    match language.name {
        "awk" => return variables(walker, language, parsed),
        "python" => module(walker, language, parsed)?,
        _ => {}
    }
    let Some(script) = parsed.operands.first() else {
        return Ok(());
    };
    let name = script.text().rsplit('/').next().unwrap_or_default();
    let at = command
        .args
        .iter()
        .position(|arg| std::ptr::eq(arg, *script));
    if let Some(at) = at.filter(|_| databases::FRAMEWORKS.contains(&name)) {
        let inner = Command {
            name,
            args: command.args.get(at + 1..).unwrap_or_default(),
            word: script.text(),
            ..*command
        };
        return databases::judge(&inner, walker);
    }
    Ok(())
}

/// `python -m`: what the module does with the words behind it.
fn module(walker: &mut Walker<'_>, language: &'static Language, parsed: &Parsed<'_>) -> Found {
    let operands = &parsed.operands;
    match parsed.value(&["m"]).map_or("", Value::text) {
        "timeit" => {
            // The code that sets it up stands before what is measured.
            let lines: Vec<&str> = operands.iter().map(|v| v.text()).collect();
            super::judge(walker, language, &lines.join("\n"))
        }
        "zipfile" | "tarfile" if parsed.any(&["e", "extract"]) => {
            let to = operands.get(1).copied().cloned();
            let to = to.unwrap_or_else(|| Value::new("./."));
            fs::access(walker, fs::Access::Write, &to).map(|_| ())
        }
        "zipfile" | "tarfile" => {
            fs::all(walker, fs::Access::Write, parsed.values(&["c", "create"]))
        }
        "json.tool" => fs::all(walker, fs::Access::Write, operands.get(1).copied()),
        _ => Ok(()),
    }
}

/// awk's variables of the command line are given before its program runs.
fn variables(walker: &mut Walker<'_>, language: &'static Language, parsed: &Parsed<'_>) -> Found {
    let named = parsed.any(&["f", "e", "file", "source"]);
    let program = parsed.operands.first().filter(|_| !named);
    let Some(program) = program else {
        return Ok(());
    };
    let files = parsed.operands.iter().copied().skip(1);
    let mut code = String::new();
    for given in parsed.values(&["v", "assign"]).into_iter().chain(files) {
        if let Some((name, value)) = given.text().split_once('=')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"");
            // Writing to a text does not fail.
            let _ = writeln!(code, "{name}=\"{value}\";");
        }
    }
    if code.is_empty() {
        return Ok(());
    }
    code.push_str(program.text());
    super::judge(walker, language, &code)
}
