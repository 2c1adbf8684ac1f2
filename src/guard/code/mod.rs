//! One-liners of Python, JavaScript, Perl, Ruby, PHP, Lua and awk → what they
//! remove, write, read and run, as far as their text shows it.
//!
//! Invariant: a call that destroys is judged by its target like a command; one
//! whose target cannot be seen is denied. Calls that a text hides on purpose
//! are left to the walls: a program's file could hold the same.

mod aliases;
mod calls;
mod data;
mod languages;
mod paths;
mod rarer;
mod tokens;

use super::rules::{self, fs, remote, shell};
use super::walk::{Found, Stream, Walker};
use super::word::{OPAQUE, Value};
use calls::Arg;
pub(crate) use languages::{Act, Language, language};
use tokens::Token;

/// Judges the code of an interpreter.
pub(crate) fn judge(walker: &mut Walker<'_>, language: &'static Language, code: &str) -> Found {
    let tokens = tokens::read(code, language);
    by_line(walker, language, code)?;
    hidden(walker, &tokens, code)?;
    data::environment(walker, &tokens)?;
    for call in calls::find(&tokens, language) {
        let arg = |n: usize| call.args.get(n);
        match call.act {
            Act::Delete => each_path(walker, fs::Access::Delete, &call.args, call.name)?,
            Act::Write => path(walker, fs::Access::Write, arg(0), call.name)?,
            Act::WriteSecond => path(walker, fs::Access::Write, arg(1), call.name)?,
            Act::Move => {
                path(walker, fs::Access::Delete, arg(0), call.name)?;
                path(walker, fs::Access::Write, arg(1), call.name)?;
            }
            Act::Read => {
                if let Some(value) = arg(0).and_then(Arg::value) {
                    fs::access(walker, fs::Access::Read, &at_home(walker, value))?;
                }
            }
            Act::Open => open(walker, &call.args)?,
            Act::Shell => shell_call(walker, &call)?,
            Act::Program => program(walker, &call)?,
            Act::Fork => walker.deny(&rules::processes::FORK_BOMB, call.name)?,
            Act::Kill => walker.deny(&rules::processes::KILL, call.name)?,
            Act::Evaluate => {
                let fetched = ["urlopen", "requests", "fetch", "http", "urllib", "curl"];
                if fetched.iter().any(|w| code.contains(w)) {
                    walker.deny(&remote::SCRIPT, call.name)?;
                }
                let decoded = [
                    "b64decode",
                    "fromhex",
                    "decompress",
                    "atob",
                    "base64",
                    "rot13",
                    "pack(",
                ];
                if decoded.iter().any(|w| code.contains(w)) {
                    walker.doubtful(&shell::UNKNOWN_CODE, call.name)?;
                }
            }
        }
    }
    data::network(walker, code)?;
    data::statements(walker, &tokens, language)
}

/// Languages whose commands are lines of words.
fn by_line(walker: &mut Walker<'_>, language: &Language, code: &str) -> Found {
    match language.name {
        "tcl" => {
            for line in code.lines().flat_map(|l| l.split(';')) {
                let line = line.trim_start();
                let words = ["exec ", "spawn ", "system "]
                    .iter()
                    .find_map(|p| line.split_once(p));
                if let Some((_, words)) = words {
                    walker.shell_text(&Value::new(words.trim_end_matches(']')))?;
                }
                if let Some((_, words)) = line.split_once("file delete") {
                    walker.shell_text(&Value::new(format!("rm {words}")))?;
                }
            }
        }
        "powershell" => {
            for line in code.lines().flat_map(|l| l.split(';')) {
                let line = line.trim_start();
                let removes = [
                    "Remove-Item",
                    "ri ",
                    "del ",
                    "rd ",
                    "erase ",
                    "Clear-Content",
                ];
                if let Some(words) = removes.iter().find_map(|p| line.strip_prefix(p)) {
                    walker.shell_text(&Value::new(format!("rm {words}")))?;
                }
            }
        }
        "groovy" if code.contains(".execute(") => {
            for text in code.split(['"', '\'']).skip(1).step_by(2) {
                walker.shell_text(&Value::new(text))?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn path(walker: &Walker<'_>, access: fs::Access, arg: Option<&Arg>, name: &str) -> Found {
    let Some(arg) = arg else { return Ok(()) };
    let value = arg.value().unwrap_or_else(|| Value::mark(OPAQUE));
    let value = at_home(walker, value);
    if value.is_blank_mark() {
        return walker.doubtful(&fs::DELETE_OUTSIDE, name);
    }
    fs::access(walker, access, &value).map(|_| ())
}

/// How long `~tmp` is.
const OWN_TMP_ROOT: usize = 4;

/// A `~` that the code's own calls expand.
fn at_home(walker: &Walker<'_>, value: Value) -> Value {
    if value.text().starts_with(paths::OWN_TMP) {
        let rest = value.text().get(OWN_TMP_ROOT..).unwrap_or_default();
        return Value::new(format!("{}{rest}", walker.scene.tmp));
    }
    match value.text().strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            Value::new(format!("{}{rest}", walker.scene.home))
        }
        _ => value,
    }
}

fn each_path(walker: &Walker<'_>, access: fs::Access, args: &[Arg], name: &str) -> Found {
    if args.is_empty() {
        return walker.doubtful(&fs::DELETE_OUTSIDE, name);
    }
    path(walker, access, args.first(), name)?;
    // Perl and PHP take several; options of others are no paths.
    for arg in args.iter().skip(1).filter(|a| a.is_plain_text()) {
        path(walker, access, Some(arg), name)?;
    }
    Ok(())
}

/// `open`: the mode decides.
fn open(walker: &Walker<'_>, args: &[Arg]) -> Found {
    let texts: Vec<Value> = args
        .iter()
        .map(|a| a.value().unwrap_or_else(|| Value::mark(OPAQUE)))
        .map(|value| at_home(walker, value))
        .collect();
    let is_mode = |v: &Value| {
        let text = v.text();
        !text.is_empty() && text.len() <= 3 && text.chars().all(|c| "rwaxbt+><|".contains(c))
    };
    let mode = texts
        .iter()
        .skip(1)
        .find(|v| is_mode(v))
        .map_or("r", Value::text);
    let file = texts.iter().find(|v| !is_mode(v) && !v.is_blank_mark());
    let glued = file.map(|v| v.text().trim_start()).unwrap_or_default();
    if mode.contains('|') || glued.ends_with('|') || glued.starts_with('|') {
        return Ok(());
    }
    let writes = mode.contains(['w', 'a', 'x', '+', '>']) || glued.starts_with('>');
    match file {
        Some(file) if writes => {
            let cut = file.text().len() - file.text().trim_start_matches(['>', ' ']).len();
            fs::access(walker, fs::Access::Write, &file.tail(cut)).map(|_| ())
        }
        Some(file) => fs::access(walker, fs::Access::Read, file).map(|_| ()),
        None if writes => walker.doubtful(&fs::WRITE_OUTSIDE, "open"),
        None => Ok(()),
    }
}

/// A command: one text for a shell, or a list of words.
fn shell_call(walker: &mut Walker<'_>, call: &calls::Call<'_>) -> Found {
    match call.args.first() {
        None => Ok(()),
        Some(Arg::List(words)) => {
            let argv: Vec<Value> = words
                .iter()
                .map(|w| w.clone().unwrap_or_else(|| Value::mark(OPAQUE)))
                .collect();
            walker.run_aside(&argv)
        }
        Some(first) => {
            let Some(text) = first.value().filter(|v| !v.is_blank_mark()) else {
                return walker.doubtful(&shell::UNKNOWN_CODE, call.name);
            };
            // `execFile("rm", ["-rf", x])` and `system("rm", "-rf", x)`: words, not a text.
            let mut argv = vec![text.clone()];
            for arg in call.args.iter().skip(1) {
                match arg {
                    Arg::List(words) => argv.extend(
                        words
                            .iter()
                            .map(|w| w.clone().unwrap_or_else(|| Value::mark(OPAQUE))),
                    ),
                    Arg::Text(value) => argv.push(value.clone()),
                    Arg::Unknown => {}
                }
            }
            if argv.len() > 1 && !text.text().contains(' ') {
                return walker.run_aside(&argv);
            }
            walker.shell_text(&text)
        }
    }
}

/// A program and its words: a list that begins with its name, or words that do.
fn program(walker: &mut Walker<'_>, call: &calls::Call<'_>) -> Found {
    let skipped = usize::from(call.name.starts_with("spawn"));
    let value = |arg: &Arg| arg.value().unwrap_or_else(|| Value::mark(OPAQUE));
    let mut args = call.args.iter().skip(skipped);
    let Some(name) = args.next().map(value) else {
        return Ok(());
    };
    let mut argv = vec![name];
    match args.next() {
        Some(Arg::List(words)) => argv.extend(
            words
                .iter()
                .skip(1)
                .map(|word| word.clone().unwrap_or_else(|| Value::mark(OPAQUE))),
        ),
        // The first of the words is the name once more.
        Some(_) => argv.extend(args.map(value)),
        None => {}
    }
    walker.run_aside(&argv)
}

/// Calls that are put together from texts: every text may be the command.
fn hidden(walker: &mut Walker<'_>, tokens: &[Token], code: &str) -> Found {
    const WAYS: [&str; 6] = [
        "getattr(",
        "__import__",
        "globals()",
        "eval(",
        "Function(",
        "send(",
    ];
    if !WAYS.iter().any(|way| code.contains(way)) {
        return Ok(());
    }
    for text in tokens.iter().filter_map(Token::text) {
        if text.contains(' ') && text.len() < 400 {
            let parses = super::syntax::parse(text, true).is_ok();
            if parses {
                let out = walker.apart(text, Stream::Unknown)?;
                walker.aside(&out)?;
            }
        }
    }
    Ok(())
}
