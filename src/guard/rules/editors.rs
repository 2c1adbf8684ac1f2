//! Editors: commands and files in the scripts that they are given.
//!
//! Invariant: a script's shell commands are judged like any other; what it
//! writes is judged like a redirection.

use super::fs::{self, Access};
use crate::guard::args::{self, Parsed, Spec};
use crate::guard::walk::{Command, Found, Stream, Walker};
use crate::guard::word::Value;

const fn spec(valued: &'static str, longs: &'static [&'static str]) -> Spec {
    Spec { valued, longs }
}

/// Editors run commands and write files by their scripts.
pub(super) fn judge(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let parsed = args::parse(
        command.args,
        &spec("cSuiTwWp", &["cmd", "eval", "execute", "load"]),
    );
    for script in parsed.values(&["c", "cmd"]) {
        ex(walker, script.text())?;
    }
    for operand in &parsed.operands {
        if let Some(script) = operand.text().strip_prefix('+') {
            ex(walker, script)?;
        }
    }
    opened(command, &parsed, walker)?;
    for lisp in parsed.values(&["eval", "execute"]) {
        lisp_code(walker, lisp.text())?;
    }
    if let Stream::Text(text) = command.stdin {
        for line in text.lines() {
            if let Some(shell) = line.trim_start_matches(':').strip_prefix('!') {
                walker.shell_text(&Value::new(shell))?;
            }
        }
    }
    let files = parsed.operands.iter().copied();
    fs::all(
        walker,
        Access::Write,
        files.filter(|v| !v.text().starts_with('+')),
    )
}

/// Files that the commands open, where any of them writes.
fn opened(command: &Command<'_>, parsed: &Parsed<'_>, walker: &Walker<'_>) -> Found {
    const WRITES: [&str; 9] = ["w", "wq", "x", "wa", "wqa", "xa", "up", "update", "write"];
    const OPENS: [&str; 8] = [
        "e", "edit", "sp", "split", "vs", "vsplit", "tabe", "tabedit",
    ];
    let scripts = parsed.values(&["c", "cmd"]).into_iter().map(Value::text);
    let plus = parsed
        .operands
        .iter()
        .filter_map(|v| v.text().strip_prefix('+'));
    let input = match command.stdin {
        Stream::Text(text) => text.as_str(),
        _ => "",
    };
    let verbs: Vec<(&str, &str)> = scripts
        .chain(plus)
        .chain(input.lines())
        .flat_map(|script| script.split('|'))
        .map(|one| one.trim_start_matches([':', ' ']))
        .map(|one| one.split_once(' ').unwrap_or((one, "")))
        .map(|(verb, rest)| (verb.trim().trim_end_matches('!'), rest.trim()))
        .collect();
    if !verbs.iter().any(|(verb, _)| WRITES.contains(verb)) {
        return Ok(());
    }
    for (verb, file) in verbs {
        if OPENS.contains(&verb) && !file.is_empty() {
            fs::access(walker, Access::Write, &Value::new(file))?;
        }
    }
    Ok(())
}

/// What Lisp in an editor removes or runs.
fn lisp_code(walker: &mut Walker<'_>, code: &str) -> Found {
    let texts: Vec<&str> = code.split('"').skip(1).step_by(2).collect();
    if code.contains("delete-") || code.contains("rename-file") || code.contains("write-region") {
        for text in &texts {
            fs::access(walker, Access::Delete, &Value::new(*text))?;
        }
    }
    if code.contains("shell-command") || code.contains("call-process") {
        walker.shell_text(&Value::new(texts.join(" ")))?;
    }
    Ok(())
}

/// A command of ex: its shell after `!`, its calls, and where it writes.
fn ex(walker: &mut Walker<'_>, script: &str) -> Found {
    let text = script.trim_start_matches([':', ' ']);
    let calls = [
        "system(",
        "systemlist(",
        "termopen(",
        "jobstart(",
        "job_start(",
        "execute(",
    ];
    let texts: Vec<&str> = text.split(['"', '\'']).skip(1).step_by(2).collect();
    if calls.iter().any(|call| text.contains(call)) {
        for code in &texts {
            walker.shell_text(&Value::new(*code))?;
        }
    }
    if text.contains("delete(") || text.contains("writefile(") || text.contains("rename(") {
        fs::all(
            walker,
            Access::Delete,
            &texts.iter().map(|t| Value::new(*t)).collect::<Vec<_>>(),
        )?;
    }
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    let verb = verb.trim_end_matches('!');
    if matches!(verb, "w" | "write" | "sav" | "saveas" | "wq" | "x") && !rest.starts_with('!') {
        let file = rest.trim();
        if !file.is_empty() {
            fs::access(walker, Access::Write, &Value::new(file))?;
        }
    }
    let language = match verb {
        "lua" => "lua",
        "py" | "py3" | "python" | "python3" => "python",
        "perl" => "perl",
        "ruby" => "ruby",
        _ => "",
    };
    if let Some(language) = crate::guard::code::language(language) {
        return crate::guard::code::judge(walker, language, rest);
    }
    match text.find('!') {
        Some(at) => {
            let code = text.get(at + 1..).unwrap_or_default();
            walker.shell_text(&Value::new(code)).map(|_| ())
        }
        None => Ok(()),
    }
}
