//! Options and variables by which a program starts another one: `cargo --config`,
//! `go -exec`, `TAR_OPTIONS`, `GIT_ASKPASS`.
//!
//! Invariant: a variable that holds a program's options is judged as if these
//! stood among its words; a text for a shell is judged as one; what makes a
//! program load code that nobody can read here is denied.

use super::peel::operand;
use super::{Command, Found, Walker};
use crate::guard::rules::guard;
use crate::guard::word::Value;

/// Programs, and the variables that hold options of theirs.
const OPTIONS: [(&str, &str); 4] = [
    ("tar", "TAR_OPTIONS"),
    ("bsdtar", "TAR_OPTIONS"),
    ("rsync", "RSYNC_OPTIONS"),
    ("zip", "ZIPOPT"),
];

/// Judges what surrounds a command; its words, where a variable adds to them.
pub(super) fn judge(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Option<Vec<Value>>> {
    match command.name {
        "git" => {
            let named = |a: &&Value| a.text().starts_with("--exec-path=");
            if let Some(path) = command.args.iter().find(named) {
                walker.deny(&guard::GIT_PROGRAM, path.text())?;
            }
        }
        "cargo" => {
            for (n, arg) in command.args.iter().enumerate() {
                let text = match arg.text().strip_prefix("--config") {
                    Some("") => command.args.get(n + 1).cloned(),
                    Some(glued) if glued.starts_with('=') => Some(arg.tail("--config=".len())),
                    _ => None,
                };
                if let Some(program) = text.as_ref().and_then(setting) {
                    walker.shell_text(&program)?;
                }
            }
        }
        "go" if begins(command.args, &["env", "-w"]) => {
            for setting in command.args.iter().skip(2) {
                if ["-toolexec", "-exec="]
                    .iter()
                    .any(|o| setting.text().contains(o))
                {
                    walker.deny(&guard::PRELOAD, setting.text())?;
                }
            }
        }
        _ => {}
    }
    Ok(added(command, walker))
}

fn begins(args: &[Value], words: &[&str]) -> bool {
    args.len() >= words.len()
        && args
            .iter()
            .zip(words)
            .all(|(arg, word)| arg.text() == *word)
}

/// The words of a command with the options that a variable adds.
fn added(command: &Command<'_>, walker: &Walker<'_>) -> Option<Vec<Value>> {
    let (_, variable) = OPTIONS
        .iter()
        .find(|(program, _)| *program == command.name)?;
    let value = command.variable(variable, &walker.state)?;
    let mut words: Vec<Value> = value.text().split_whitespace().map(Value::new).collect();
    words.extend_from_slice(command.args);
    Some(words)
}

/// Launchers and watchers that take a text for a shell.
pub(super) fn called_text(name: &str, args: &[Value]) -> Option<Value> {
    // Options behind the first operand are another program's.
    let own = match name {
        "npx" => operand(args, "pcw", &["package", "call", "workspace"], 0),
        "npm" => operand(args, "pcw", &["package", "call"], 1),
        _ => None,
    };
    let after = |options: &[&str]| {
        args.iter()
            .take(own.unwrap_or(args.len()))
            .enumerate()
            .find_map(|(n, a)| {
                if options.contains(&a.text()) {
                    return args.get(n + 1).cloned();
                }
                let (option, _) = a.text().split_once('=')?;
                (options.contains(&option) && option.len() > 2).then(|| a.tail(option.len() + 1))
            })
    };
    match name {
        "npx" => after(&["-c", "--call"]),
        "npm"
            if args
                .first()
                .is_some_and(|a| matches!(a.text(), "exec" | "x")) =>
        {
            after(&["-c", "--call"])
        }
        "cargo" if args.first().is_some_and(|a| a.text() == "watch") => after(&["-s", "--shell"]),
        "nodemon" => after(&["-x", "--exec"]),
        "man" => after(&["-P", "--pager", "-H", "--html"]),
        "split" => after(&["--filter"]),
        "sort" => after(&["--compress-program"]),
        "go" => after(&["-exec", "-toolexec", "-vettool", "--exec", "--toolexec"]),
        "rg" => after(&["--pre", "--hostname-bin"]),
        "fzf" => after(&["--preview"]),
        "scp" | "sftp" => after(&["-S"]),
        "expect" => {
            let text = after(&["-c"])?;
            text.text()
                .trim_start()
                .strip_prefix("spawn ")
                .map(Value::new)
        }
        "nix-shell" => after(&["--run", "--command"]),
        "zip" => after(&["-TT", "--unzip-command"]),
        "compgen" | "mapfile" | "readarray" => after(&["-C"]),
        _ => None,
    }
}

/// The program that a setting of cargo names: `target.x.runner="…"` or a list of words.
fn setting(text: &Value) -> Option<Value> {
    let (key, value) = text.text().split_once('=')?;
    let names = [
        "runner",
        "linker",
        "rustc",
        "rustdoc",
        "rustc-wrapper",
        "rustc-workspace-wrapper",
    ];
    let last = key.trim().rsplit('.').next()?;
    if !names.contains(&last.trim_matches(['"', '\''])) {
        return None;
    }
    let words = value.trim().trim_start_matches('[').trim_end_matches(']');
    let words: Vec<&str> = match value.trim().starts_with('[') {
        true => words
            .split(',')
            .map(|word| word.trim().trim_matches(['"', '\'']))
            .collect(),
        false => vec![words.trim_matches(['"', '\''])],
    };
    Some(Value::new(words.join(" ")))
}
