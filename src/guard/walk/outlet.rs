//! What a command prints, as far as the next command of a pipe, a substitution
//! or a file needs to know.
//!
//! Invariant: `Text` is said only where the text is known to the letter. What
//! is not in a table is unknown.

use super::{Command, Stream, Walker, filters};
use crate::guard::rules::net;
use crate::guard::word::{SECRET, Value, joined, unescape};

/// Commands that print one plain word.
const PLAIN: [&str; 14] = [
    "date",
    "nproc",
    "whoami",
    "hostname",
    "id",
    "uname",
    "wc",
    "seq",
    "expr",
    "sha256sum",
    "md5sum",
    "cksum",
    "tty",
    "arch",
];

/// Tools whose output is made to be evaluated.
const TOOLS: [&str; 24] = [
    "direnv",
    "ssh-agent",
    "pyenv",
    "rbenv",
    "nodenv",
    "goenv",
    "jenv",
    "mise",
    "rtx",
    "asdf",
    "conda",
    "mamba",
    "micromamba",
    "brew",
    "opam",
    "starship",
    "zoxide",
    "fnm",
    "luarocks",
    "dircolors",
    "keychain",
    "pip",
    "register-python-argcomplete",
    "thefuck",
];

/// What a command prints.
pub(super) fn of(command: &Command<'_>, walker: &Walker<'_>) -> Stream {
    let name = command.name;
    let args = command.args;
    match name {
        "echo" => echo(args),
        "printf" => printf(args),
        "cat" | "tee" | "pv" | "sponge" => passed(command, walker),
        "find" | "fd" | "fdfind" => Stream::Paths(super::many::roots(args)),
        "ls" | "git" => listing(command, walker),
        "pwd" => text(walker.here()),
        "basename" | "dirname" | "realpath" | "readlink" => path(name, args),
        "mktemp" => temporary(command, walker),
        "printenv" if args.iter().any(|a| !is_listing(a)) => Stream::Unknown,
        "env" | "printenv" => Stream::Secret,
        "set" if args.is_empty() => Stream::Secret,
        "gh" | "tea" if starts(args, &["auth", "token"]) => Stream::Secret,
        "jobs" | "pgrep-own" => Stream::Plain,
        "docker" | "podman" if starts(args, &["run"]) || starts(args, &["create"]) => Stream::Plain,
        "which" | "type" | "whereis" => program(args),
        "true" | "false" | ":" | "test" | "[" | "sleep" | "mkdir" | "touch" => Stream::Empty,
        _ if args
            .iter()
            .any(|a| matches!(a.text(), "completion" | "completions")) =>
        {
            Stream::Tool
        }
        _ if net::fetches(name) => Stream::Remote,
        _ if PLAIN.contains(&name) => Stream::Plain,
        _ if filters::is_filter(name) => filters::of(command, walker),
        _ if TOOLS.contains(&name) => Stream::Tool,
        _ => Stream::Unknown,
    }
}

/// Where a program lies: not in the worktree.
pub(super) fn program(args: &[Value]) -> Stream {
    let name = args.iter().find(|a| !a.text().starts_with('-'));
    match name.and_then(Value::known) {
        Some(name) if !name.contains('/') => Stream::Text(format!("/usr/bin/{name}\n")),
        Some(name) => Stream::Text(format!("{name}\n")),
        None => Stream::Unknown,
    }
}

pub(super) fn is_listing(arg: &Value) -> bool {
    arg.text().starts_with('-')
}

fn starts(args: &[Value], words: &[&str]) -> bool {
    args.len() >= words.len()
        && args
            .iter()
            .zip(words)
            .all(|(arg, word)| arg.text() == *word)
}

fn text(value: Value) -> Stream {
    super::run::as_stream(&value)
}

fn echo(args: &[Value]) -> Stream {
    let is_option = |a: &&Value| {
        let letters = a.text().strip_prefix('-').unwrap_or_default();
        !letters.is_empty() && letters.chars().all(|c| "neE".contains(c))
    };
    let options = args.iter().take_while(is_option).count();
    let escapes = args.iter().take(options).any(|a| a.text().contains('e'));
    let rest = args.get(options..).unwrap_or_default();
    let line = joined(rest, " ");
    if line.has(SECRET) || line.is_blank_mark() {
        return text(line);
    }
    let line = if escapes {
        Value::new(unescape(line.text()))
    } else {
        line
    };
    text(line)
}

fn printf(args: &[Value]) -> Stream {
    let args = match args {
        [option, _, rest @ ..] if option.text() == "-v" => rest,
        [dashes, rest @ ..] if dashes.text() == "--" => rest,
        all => all,
    };
    let Some((format, rest)) = args.split_first() else {
        return Stream::Empty;
    };
    if joined(args, " ").has(SECRET) {
        return Stream::Secret;
    }
    let mut values = rest.iter();
    let mut out = String::new();
    loop {
        let mut used = false;
        let mut chars = format.text().chars().peekable();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            match chars.next() {
                Some('%') => out.push('%'),
                Some('s' | 'd' | 'i') => {
                    out.push_str(values.next().map_or("", Value::text));
                    used = true;
                }
                Some('b') => {
                    out.push_str(&unescape(values.next().map_or("", Value::text)));
                    used = true;
                }
                _ => return Stream::Unknown,
            }
        }
        if !used || values.len() == 0 {
            return text(Value::new(unescape(&out)));
        }
    }
}

/// What `cat` and its like pass on: their input or the files they name.
fn passed(command: &Command<'_>, walker: &Walker<'_>) -> Stream {
    let files: Vec<&Value> = command
        .args
        .iter()
        .filter(|a| !a.text().starts_with('-') || a.text() == "-")
        .collect();
    if files.is_empty() || command.name != "cat" {
        return command.stdin.clone();
    }
    let mut out = Stream::Empty;
    for file in files {
        out = out.then(if file.text() == "-" {
            command.stdin.clone()
        } else {
            walker.content(file)
        });
    }
    out
}

/// `ls`, and what git lists: names below the working directory or the operands.
fn listing(command: &Command<'_>, walker: &Walker<'_>) -> Stream {
    let operands: Vec<Value> = command
        .args
        .iter()
        .filter(|a| !a.text().starts_with('-'))
        .cloned()
        .collect();
    if command.name == "ls" {
        let none = operands.is_empty();
        let mut listed = if none {
            vec![Value::new(".")]
        } else {
            operands
        };
        let is_hidden_shown = |a: &Value| {
            let text = a.text();
            let short = text.starts_with('-') && !text.starts_with("--");
            short && text.contains(['a', 'A']) || matches!(text, "--all" | "--almost-all")
        };
        if none && command.args.iter().any(is_hidden_shown) {
            listed.push(Value::pattern("./.*"));
        }
        return Stream::Paths(listed);
    }
    let words: Vec<&str> = operands.iter().map(Value::text).collect();
    match words.first().copied() {
        Some("ls-files" | "grep") => Stream::Paths(vec![Value::new(".")]),
        Some("diff") if command.args.iter().any(|a| a.text().starts_with("--name-")) => {
            Stream::Paths(vec![Value::new(".")])
        }
        Some("rev-parse") => located(command.args, walker.scene.worktree),
        Some("merge-base" | "describe" | "rev-list" | "hash-object") => Stream::Plain,
        Some("branch" | "symbolic-ref") => Stream::Plain,
        _ => Stream::Unknown,
    }
}

fn path(name: &str, args: &[Value]) -> Stream {
    let operand = args.iter().find(|a| !a.text().starts_with('-'));
    let Some(text) = operand.filter(|a| !a.is_open()).map(Value::text) else {
        return if name == "basename" {
            Stream::Plain
        } else {
            Stream::Unknown
        };
    };
    let trimmed = text.trim_end_matches('/');
    let out = match (name, trimmed.rsplit_once('/')) {
        // Where a text that is no file lies, nobody asks: it is here.
        ("dirname", _) if text == super::interpret::ITSELF => ".",
        ("basename", Some((_, last))) => last,
        ("dirname", Some(("", _))) => "/",
        ("dirname", Some((folder, _))) => folder,
        ("dirname", None) => ".",
        _ => text,
    };
    Stream::Text(format!("{out}\n"))
}

/// `mktemp` makes a name of its own, in the temporary directory unless told otherwise.
fn temporary(command: &Command<'_>, walker: &Walker<'_>) -> Stream {
    let own = Value::new(walker.scene.tmp);
    let set = command.env.iter().rev().find(|(name, _)| name == "TMPDIR");
    let set = set.map(|(_, folder)| folder);
    let usual = set.or_else(|| walker.state.get("TMPDIR").and_then(|v| v.first()));
    let mut folder = Some(usual.unwrap_or(&own));
    let mut args = command.args.iter();
    while let Some(arg) = args.next() {
        match arg.text() {
            "-p" => folder = args.next(),
            "-d" | "-q" | "-t" | "-u" | "-dt" | "-dq" | "-td" => {}
            text if text.starts_with("--tmpdir=") => return Stream::Unknown,
            text if text.starts_with('-') => {}
            template if template.contains('/') => {
                return text(arg.clone());
            }
            _ => {}
        }
    }
    match folder {
        Some(folder) if folder.is_open() => Stream::Unknown,
        Some(folder) => Stream::Text(format!("{}/mktemp\n", folder.text())),
        None => Stream::Unknown,
    }
}

/// What `git rev-parse` says: a place, or a plain word.
fn located(args: &[Value], worktree: &str) -> Stream {
    let has = |names: &[&str]| args.iter().position(|arg| names.contains(&arg.text()));
    let inner = has(&["--git-path"]).and_then(|at| args.get(at + 1));
    let place = if let Some(inner) = inner {
        format!("{worktree}/.git/{}", inner.text())
    } else if has(&["--git-dir", "--absolute-git-dir", "--git-common-dir"]).is_some() {
        format!("{worktree}/.git")
    } else if has(&["--show-toplevel"]).is_some() {
        worktree.to_owned()
    } else {
        return Stream::Plain;
    };
    Stream::Text(format!("{place}\n"))
}
