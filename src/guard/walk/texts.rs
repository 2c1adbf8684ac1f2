//! Programs that are given a shell's text: `env -S`, `su -c`, `watch`, `flock`,
//! `npx -c` and their like.
//!
//! Invariant: the text is judged in addition to whatever else the program is
//! given to run.

use super::peel::{inside, operand, tail};
use super::{Command, Found, Stream, Walker};
use crate::guard::args::{self, Spec};
use crate::guard::word::{Value, joined};

/// The options of such a program that take values.
fn spec_of(name: &str) -> Spec {
    match name {
        "su" | "runuser" => Spec {
            valued: "cgGsuw",
            longs: &["command", "shell", "group", "user"],
        },
        "lftp" => Spec {
            valued: "cefpu",
            longs: &["norc"],
        },
        "script" => Spec {
            valued: "cEIOoBmTt",
            longs: &["command"],
        },
        "flock" => Spec {
            valued: "cwE",
            longs: &["command", "timeout"],
        },
        "watch" => Spec {
            valued: "n",
            longs: &["interval"],
        },
        "hyperfine" => Spec {
            valued: "wrmMpscLPDnN",
            longs: &[
                "warmup",
                "runs",
                "prepare",
                "cleanup",
                "setup",
                "export-json",
            ],
        },
        _ => Spec {
            valued: "fqtsSnc",
            longs: &[],
        },
    }
}

/// Programs that take a shell's text.
pub(super) fn texts(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Option<Stream>> {
    let args = command.args;
    let spec = spec_of(command.name);
    let parsed = args::parse(args, &spec);
    for text in parsed.values(&["c", "command", "prepare", "cleanup", "setup"]) {
        if !matches!(command.name, "tmux" | "lftp") {
            walker.shell_text(text)?;
        }
    }
    match command.name {
        "sg" if parsed.value(&["c"]).is_none() => {
            walker.shell_text(&joined(tail(args, 1), " "))?;
        }
        "lftp" => {
            for text in parsed.values(&["c", "e"]) {
                let escapes = text.text().split([';', '\n']);
                for code in escapes.filter_map(|part| part.trim_start().strip_prefix('!')) {
                    walker.shell_text(&Value::new(code))?;
                }
            }
        }
        "watch" => {
            let at = operand(args, spec.valued, spec.longs, 0).unwrap_or(args.len());
            if at < args.len() {
                walker.shell_text(&joined(tail(args, at), " "))?;
            }
        }
        "flock" => {
            if let Some(at) = operand(args, spec.valued, spec.longs, 1)
                && !parsed.any(&["c", "command"])
            {
                return walker
                    .run(tail(args, at), command.stdin.clone(), command.env)
                    .map(Some);
            }
        }
        "hyperfine" => {
            for text in &parsed.operands {
                walker.shell_text(text)?;
            }
        }
        "tmux" => {
            for text in parsed.operands.iter().skip(1) {
                walker.shell_text(text)?;
            }
        }
        "screen" => {
            let at = operand(args, "SscehtT", &[], 0).unwrap_or(args.len());
            return walker
                .run(tail(args, at), Stream::Unknown, command.env)
                .map(Some);
        }
        "at" | "batch" => match command.stdin {
            Stream::Text(text) => {
                let out = walker.apart(text, Stream::Unknown)?;
                walker.aside(&out)?;
            }
            Stream::Empty => {}
            _ => walker.doubtful(&crate::guard::rules::shell::UNKNOWN_CODE, "at")?,
        },
        _ => {}
    }
    Ok(Some(Stream::Unknown))
}

/// `env -S`: a text that is split into words, and the words that follow it.
fn split_text(walker: &mut Walker<'_>, glued: Option<Value>, rest: &[Value]) -> Found<Stream> {
    let mut words: Vec<Value> = glued.into_iter().collect();
    for (n, arg) in rest.iter().enumerate() {
        let is_text = n == 0 && words.is_empty();
        words.push(if is_text {
            arg.clone()
        } else {
            Value::new(super::run::requoted(arg))
        });
    }
    walker.shell_output(&joined(&words, " "))
}

pub(super) fn env(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Stream> {
    let args = command.args;
    let mut env = command.env.to_vec();
    let (mut at, mut dir) = (0, None);
    while let Some(arg) = args.get(at) {
        let text = arg.text();
        at += 1;
        if text == "--" {
            continue;
        }
        let split = ["--split-string=", "-S"]
            .iter()
            .find_map(|p| text.strip_prefix(p));
        if let Some(rest) = split.or((text == "--split-string").then_some("")) {
            let glued = (!rest.is_empty()).then(|| arg.tail(text.len() - rest.len()));
            return split_text(walker, glued, tail(args, at));
        }
        match text {
            "-u" | "--unset" => at += 1,
            "-C" | "--chdir" => {
                dir = args.get(at).cloned();
                at += 1;
            }
            _ if text.starts_with("--chdir=") => dir = Some(arg.tail(8)),
            _ if text.starts_with('-') => {
                // A bundle may end in -S, as in `env -iS 'rm x'`.
                if !text.starts_with("--") && text.ends_with('S') {
                    return split_text(walker, None, tail(args, at));
                }
            }
            _ => {
                let Some((name, _)) = text.split_once('=').filter(|(name, _)| !name.is_empty())
                else {
                    at -= 1;
                    break;
                };
                env.push((name.to_owned(), arg.tail(name.len() + 1)));
            }
        }
    }
    let rest = tail(args, at);
    if rest.is_empty() {
        return Ok(Stream::Secret);
    }
    let stdin = command.stdin.clone();
    match dir {
        Some(dir) => inside(walker, &dir, |walker| walker.run(rest, stdin, &env)),
        None => walker.run(rest, stdin, &env),
    }
}
