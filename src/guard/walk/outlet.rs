//! What a command prints, as far as the next command of a pipe, a substitution
//! or a file needs to know.
//!
//! Invariant: `Text` is said only where the text is known to the letter. What
//! is not in a table is unknown.

use super::{Command, Stream, Walker};
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

/// Commands that pass on what flows into them, some of it or changed.
const FILTERS: [&str; 22] = [
    "grep", "egrep", "fgrep", "rg", "head", "tail", "sort", "uniq", "cut", "tr", "sed", "awk",
    "gawk", "tac", "rev", "base64", "gunzip", "zcat", "gzip", "xxd", "column", "jq",
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
        _ if FILTERS.contains(&name) => filter(command, walker),
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

fn is_listing(arg: &Value) -> bool {
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

/// What the files hold that a filter names.
fn files(command: &Command<'_>, walker: &Walker<'_>) -> Stream {
    let operands = command.args.iter().filter(|a| !is_listing(a));
    operands.fold(Stream::Empty, |out, file| out.then(walker.content(file)))
}

fn filter(command: &Command<'_>, walker: &Walker<'_>) -> Stream {
    let lists = command.name.ends_with("rg") || command.name.ends_with("grep");
    let letters = |a: &Value| {
        a.text().starts_with('-') && !a.text().starts_with("--") && a.text().contains(['l', 'L'])
    };
    let by_name = |a: &Value| a.text().starts_with("--files");
    if lists && command.args.iter().any(|a| letters(a) || by_name(a)) {
        let operands: Vec<&Value> = command
            .args
            .iter()
            .filter(|a| !a.text().starts_with('-'))
            .collect();
        let paths = operands.get(1..).unwrap_or_default();
        if paths.is_empty() {
            return Stream::Paths(vec![Value::new(".")]);
        }
        return Stream::Paths(paths.iter().map(|p| (*p).clone()).collect());
    }
    match command.stdin {
        Stream::Empty => match files(command, walker) {
            known @ (Stream::Remote | Stream::Secret | Stream::Private) => known,
            _ => Stream::Unknown,
        },
        // Names that are no secret's, or how many there are.
        Stream::Secret if lists && asks_for_others(command.args) => Stream::Unknown,
        Stream::Secret if names_only(command) => Stream::Unknown,
        // A program may turn names into anything.
        Stream::Paths(_)
            if ["sed", "awk", "gawk", "tr", "base64", "xxd", "jq"].contains(&command.name) =>
        {
            Stream::Unknown
        }
        other => other.clone().filtered(),
    }
}

/// Whether a search of the environment is for what holds no secret.
fn asks_for_others(args: &[Value]) -> bool {
    if args
        .iter()
        .any(|a| matches!(a.text(), "-c" | "-q" | "--count" | "--quiet"))
    {
        return true;
    }
    if args
        .iter()
        .any(|a| matches!(a.text(), "-v" | "--invert-match"))
    {
        return false;
    }
    let pattern = args.iter().find(|a| !is_listing(a)).map(Value::text);
    let pattern = pattern.unwrap_or_default().to_ascii_uppercase();
    let words = pattern.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let holds = |word: &&&str| {
        word.len() < 2
            || SECRETS
                .iter()
                .any(|s| s.contains(**word) || s.len() > 3 && word.contains(s))
    };
    !words.is_empty() && words.iter().find(holds).is_none()
}

/// Parts of names and values that say a secret.
const SECRETS: [&str; 12] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "APIKEY",
    "KEY",
    "CREDENTIAL",
    "AUTH",
    "PRIVATE",
    "ANTHROPIC",
    "OPENAI",
    "GEMINI",
];

/// `cut -d= -f1`, `awk -F= '{print $1}'`: names without what they hold.
fn names_only(command: &Command<'_>) -> bool {
    let has = |text: &str| command.args.iter().any(|a| a.text() == text);
    match command.name {
        "cut" => has("-d=") && (has("-f1") || has("-f 1")),
        "awk" => has("-F=") && has("{print $1}"),
        "sed" => command.args.iter().any(|a| a.text().starts_with("s/=.*/")),
        _ => false,
    }
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
        return Stream::Paths(if none {
            vec![Value::new(".")]
        } else {
            operands
        });
    }
    let words: Vec<&str> = operands.iter().map(Value::text).collect();
    match words.first().copied() {
        Some("ls-files" | "grep") => Stream::Paths(vec![Value::new(".")]),
        Some("diff") if command.args.iter().any(|a| a.text().starts_with("--name-")) => {
            Stream::Paths(vec![Value::new(".")])
        }
        Some("rev-parse") if command.args.iter().any(|a| a.text() == "--show-toplevel") => {
            Stream::Text(format!("{}\n", walker.scene.worktree))
        }
        Some("rev-parse" | "merge-base" | "describe" | "rev-list" | "hash-object") => Stream::Plain,
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
