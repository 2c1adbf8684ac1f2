//! One-liners of Python, JavaScript, Perl, Ruby, PHP, Lua and awk → what they
//! remove, write, read and run, as far as their text shows it.
//!
//! Invariant: a call that destroys is judged by its target like a command; one
//! whose target cannot be seen is denied. Calls that a text hides on purpose
//! are left to the walls: a program's file could hold the same.

mod aliases;
mod calls;
mod data;
mod environment;
mod functions;
mod gifts;
mod languages;
mod loops;
pub(crate) mod modules;
mod names;
mod paths;
mod rarer;
mod templates;
mod tokens;
mod ways;

use super::place::Place;
use super::rules::{self, fs, remote, shell};
use super::walk::{Found, Stream, Walker};
use super::word::{OPAQUE, Value};
use calls::Arg;
pub(crate) use languages::{Act, Language, language};
use tokens::Token;

/// How deep texts are evaluated by texts.
const EVALUATED_DEEP_MAX: usize = 4;

/// How much longer than a code all texts together are that it evaluates.
const EVALUATED_TIMES_MAX: usize = 4;

/// Judges the code of an interpreter.
pub(crate) fn judge(walker: &mut Walker<'_>, language: &'static Language, code: &str) -> Found {
    judge_with(walker, language, code, &[])
}

/// Judges it with the words of its command, as far as they are known.
pub(crate) fn judge_with(
    walker: &mut Walker<'_>,
    language: &'static Language,
    code: &str,
    argv: &[Value],
) -> Found {
    let kept = walker.state.cwds.clone();
    let left = &mut (code.len() * EVALUATED_TIMES_MAX);
    evaluated(walker, language, code, (0, left, argv))?;
    walker.state.cwds = kept;
    Ok(())
}

/// How deep an evaluated text is, how many bytes of them may follow, and the command's words.
type Bounds<'a> = (usize, &'a mut usize, &'a [Value]);

fn evaluated(
    walker: &mut Walker<'_>,
    language: &'static Language,
    code: &str,
    bounds: Bounds<'_>,
) -> Found {
    let (deep, left, argv) = bounds;
    let tokens = tokens::read(code, language);
    by_line(walker, language, code)?;
    hidden(walker, &tokens, code)?;
    environment::judge(walker, &tokens)?;
    for call in calls::find(&tokens, language, argv) {
        let arg = |n: usize| call.args.get(n);
        match call.act {
            Act::Delete => each_path(walker, fs::Access::Delete, &call.args)?,
            Act::Write => path(walker, fs::Access::Write, arg(0))?,
            Act::WriteSecond => path(walker, fs::Access::Write, arg(1))?,
            Act::Move => {
                path(walker, fs::Access::Delete, arg(0))?;
                path(walker, fs::Access::Write, arg(1))?;
            }
            Act::Read => {
                if let Some(value) = arg(0).and_then(Arg::value) {
                    fs::access(walker, fs::Access::Read, &at_home(walker, value))?;
                }
            }
            Act::Open => open(walker, language, &call)?,
            Act::Shell => shell_call(walker, &call)?,
            Act::Program => program(walker, &call)?,
            Act::Fork => walker.deny(&rules::processes::FORK_BOMB, call.name)?,
            Act::Kill => signal(walker, language, &call, code)?,
            Act::Enter => enter(walker, arg(0)),
            Act::Evaluate => {
                decoded(walker, &call, code)?;
                if let Some(text) = evaluates(walker, &call, code)? {
                    *left = left.saturating_sub(text.len());
                    if deep >= EVALUATED_DEEP_MAX || *left == 0 {
                        walker.deny(&shell::TOO_COMPLEX, call.name)?;
                    }
                    evaluated(walker, language, &text, (deep + 1, &mut *left, argv))?;
                }
            }
        }
    }
    data::network(walker, &tokens, code)?;
    data::clients(walker, &tokens, code)?;
    data::statements(walker, &tokens, language)
}

/// What a code evaluates, where it is fetched or decoded first.
fn decoded(walker: &Walker<'_>, call: &calls::Call<'_>, code: &str) -> Found {
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
    Ok(())
}

/// The text that a call evaluates: its argument, or what flows in where it reads that.
fn evaluates(walker: &Walker<'_>, call: &calls::Call<'_>, code: &str) -> Found<Option<String>> {
    const READS: [&str; 5] = ["input(", "stdin", "STDIN", "gets", "readline"];
    match call.args.first() {
        Some(Arg::Text(text)) => return Ok(Some(text.text().to_owned())),
        Some(_) if READS.iter().any(|reads| code.contains(reads)) => {}
        _ => return Ok(None),
    }
    match walker.content(&Value::new("/dev/stdin")) {
        Stream::Text(text) => Ok(Some(text)),
        Stream::Remote => {
            walker.deny(&remote::SCRIPT, "standard input")?;
            Ok(None)
        }
        _ => Ok(None),
    }
}

/// A folder that the code goes to: what it names from then on lies there.
fn enter(walker: &mut Walker<'_>, folder: Option<&Arg>) {
    let Some(folder) = folder else { return };
    let value = folder.value().unwrap_or_else(|| Value::mark(OPAQUE));
    let target = walker.target(&at_home(walker, value), true);
    let known = target.place != Place::Unknown;
    walker.state.cwds = vec![known.then_some(target.path)];
}

/// A signal: Perl and Ruby name it first, the others the process.
fn signal(walker: &Walker<'_>, language: &Language, call: &calls::Call<'_>, code: &str) -> Found {
    let first = usize::from(matches!(language.name, "perl" | "ruby"));
    let parent = ["getppid", "ppid"].iter().any(|name| code.contains(name));
    let number = call.args.get(first).and_then(Arg::value);
    let number = number.unwrap_or_else(|| Value::mark(OPAQUE));
    rules::processes::signalled(walker, (!parent).then_some(&number), call.name)
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

/// A path that nobody knows: `loss` says so.
fn unknown(walker: &Walker<'_>, access: fs::Access) -> Found {
    let rule = match access {
        fs::Access::Delete => &fs::DELETE_OUTSIDE,
        _ => &fs::WRITE_OUTSIDE,
    };
    walker.doubtful(rule, &Value::mark(OPAQUE).shown())
}

fn path(walker: &Walker<'_>, access: fs::Access, arg: Option<&Arg>) -> Found {
    let Some(arg) = arg else { return Ok(()) };
    let value = arg.value().unwrap_or_else(|| Value::mark(OPAQUE));
    let value = at_home(walker, value);
    if value.is_blank_mark() {
        return unknown(walker, access);
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

fn each_path(walker: &Walker<'_>, access: fs::Access, args: &[Arg]) -> Found {
    match args.first() {
        None => return unknown(walker, access),
        Some(Arg::List(items)) => {
            for item in items {
                let item = item.clone().map_or(Arg::Unknown, Arg::Text);
                path(walker, access, Some(&item))?;
            }
        }
        first => path(walker, access, first)?,
    }
    // Perl and PHP take several; options of others are no paths.
    for arg in args.iter().skip(1).filter(|a| a.is_plain_text()) {
        path(walker, access, Some(arg))?;
    }
    Ok(())
}

/// `open`: the mode decides.
fn open(walker: &mut Walker<'_>, language: &Language, call: &calls::Call<'_>) -> Found {
    let texts: Vec<Value> = call
        .args
        .iter()
        .map(|a| a.value().unwrap_or_else(|| Value::mark(OPAQUE)))
        .map(|value| at_home(walker, value))
        .collect();
    let is_mode = |v: &Value| {
        let text = v.text();
        let letters = |c: char| "rwaxbt+><|".contains(c);
        let pipes = matches!(text, "|-" | "-|");
        pipes || !text.is_empty() && text.len() <= 3 && text.chars().all(letters)
    };
    let at = texts.iter().skip(1).position(is_mode).map(|at| at + 1);
    let mode = at.and_then(|at| texts.get(at)).map_or("r", Value::text);
    let is_file = |v: &&Value| !is_mode(v) && !v.is_blank_mark();
    // A file may have the name of a mode.
    let first = texts.first().filter(|v| !v.is_blank_mark());
    let file = texts.iter().find(is_file).or(first);
    if matches!(language.name, "perl" | "ruby") {
        let glued = file.map(|v| v.text().trim()).unwrap_or_default();
        if glued.starts_with('|') || glued.ends_with('|') {
            return walker.shell_text(&Value::new(glued.trim_matches('|')));
        }
        if let Some(at) = at.filter(|_| mode.contains('|')) {
            return match texts.get(at + 1..).unwrap_or_default() {
                [text] => walker.shell_text(text),
                words => walker.run_aside(words),
            };
        }
    }
    let glued = file.map(|v| v.text().trim_start()).unwrap_or_default();
    let writes = mode.contains(['w', 'a', 'x', '+', '>']) || glued.starts_with('>');
    match file {
        Some(file) if writes => {
            let cut = file.text().len() - file.text().trim_start_matches(['>', ' ']).len();
            fs::access(walker, fs::Access::Write, &file.tail(cut)).map(|_| ())
        }
        Some(file) => fs::access(walker, fs::Access::Read, file).map(|_| ()),
        None if writes => unknown(walker, fs::Access::Write),
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
            // A list of one text may be a shell's.
            match argv.as_slice() {
                [text] if text.text().contains(' ') => walker.shell_text(text),
                argv => walker.run_aside(argv),
            }
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
