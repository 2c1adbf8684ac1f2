//! Programs that run another program: taken off, and what is inside is run.
//!
//! Invariant: a wrapper never makes what it wraps allowed. Its own options are
//! read by its own table; if nothing is left to run, nothing is wrong with it.

use super::wrappers::{LAUNCHER_VALUES, LAUNCHERS, WRAPPERS, Wrapper};
use super::{Command, Found, Stream, Walker, many};
use crate::guard::args::{self, Spec};
use crate::guard::rules::fs;
use crate::guard::word::{Value, joined};

/// Takes one wrapper off; none when the program is none.
pub(super) fn run(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Option<Stream>> {
    let args = command.args;
    let out = match command.name {
        "command" => {
            let asks = args
                .first()
                .is_some_and(|a| matches!(a.text(), "-v" | "-V"));
            if asks {
                return Ok(Some(super::outlet::program(args)));
            }
            let rest = operand(args, "", &[], 0).unwrap_or(args.len());
            walker.run(tail(args, rest), command.stdin.clone(), command.env)?
        }
        "builtin" => {
            let (word, rest) = match args.split_first() {
                Some((word, rest)) => (word.text(), rest),
                None => return Ok(Some(Stream::Empty)),
            };
            let inner = Command {
                name: word,
                args: rest,
                word,
                ..*command
            };
            match super::builtins::run(&inner, walker)? {
                Some(out) => out,
                None => walker.run(args, command.stdin.clone(), command.env)?,
            }
        }
        "env" => return env(command, walker).map(Some),
        "xargs" => many::xargs(command, walker)?,
        "parallel" => many::parallel(command, walker)?,
        "find" | "bfs" => {
            fs::find(command, walker)?;
            many::find(command, walker)?
        }
        "fd" | "fdfind" => many::fd(command, walker)?,
        "ssh" | "mosh" | "autossh" => away(command, walker, "BbcDEeFIiJLlmOoPpQRSWw", &[])?,
        "docker" | "podman" | "nerdctl" | "docker-compose" | "kubectl" | "oc" => {
            return contained(command, walker);
        }
        "chroot" => {
            let at = operand(args, "", &["userspec", "groups"], 0).map_or(args.len(), |at| at + 1);
            outside(walker, tail(args, at), command)?
        }
        "nsenter" => {
            let at = operand(args, "tSGrw", &["target", "setuid", "setgid"], 0);
            outside(walker, tail(args, at.unwrap_or(args.len())), command)?
        }
        "su" | "runuser" | "script" | "flock" | "watch" | "hyperfine" | "tmux" | "screen"
        | "at" | "batch" => return texts(command, walker),
        "nix-shell" => {
            let parsed = args::parse(
                args,
                &Spec {
                    valued: "pA",
                    longs: &["run", "command"],
                },
            );
            for text in parsed.values(&["run", "command"]) {
                walker.shell_text(text)?;
            }
            Stream::Unknown
        }
        name if name.starts_with("ld-linux") || name.starts_with("ld-musl") => {
            walker.run(args, command.stdin.clone(), command.env)?
        }
        name => {
            if let Some(text) = called_text(name, args) {
                return walker.shell_text(&text).map(Some);
            }
            if let Some(at) = launcher(name, args) {
                return walker
                    .run(tail(args, at), command.stdin.clone(), command.env)
                    .map(Some);
            }
            let Some(wrapper) = WRAPPERS.iter().find(|w| w.names.contains(&name)) else {
                return Ok(None);
            };
            return wrapped(wrapper, command, walker).map(Some);
        }
    };
    Ok(Some(out))
}

fn tail(args: &[Value], from: usize) -> &[Value] {
    args.get(from..).unwrap_or_default()
}

fn wrapped(wrapper: &Wrapper, command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Stream> {
    let args = command.args;
    let Some(mut at) = operand(args, wrapper.valued, wrapper.longs, wrapper.operands) else {
        return Ok(Stream::Unknown);
    };
    let mut env = command.env.to_vec();
    while wrapper.assigns
        && let Some((name, _)) = args.get(at).and_then(|a| assignment(a))
    {
        env.push((name.to_owned(), args[at].tail(name.len() + 1)));
        at += 1;
    }
    let kept = walker.state.clone();
    if wrapper.names.contains(&"sudo")
        && let Some(dir) = args::parse(
            &args[..at],
            &Spec {
                valued: wrapper.valued,
                longs: wrapper.longs,
            },
        )
        .value(&["D", "chdir"])
    {
        enter(walker, dir);
    }
    let out = walker.run(tail(args, at), command.stdin.clone(), &env)?;
    walker.restore(kept);
    Ok(out)
}

/// Where the operand behind `skipped` others stands.
pub(super) fn operand(
    args: &[Value],
    valued: &str,
    longs: &[&str],
    skipped: usize,
) -> Option<usize> {
    let mut at = 0;
    let mut skipped = skipped;
    loop {
        let text = args.get(at)?.text();
        if text == "--" {
            at += 1;
            return (at + skipped < args.len()).then_some(at + skipped);
        }
        if let Some(long) = text.strip_prefix("--") {
            at += 1 + usize::from(longs.contains(&long));
        } else if text.len() > 1 && text.starts_with('-') {
            let takes = text
                .char_indices()
                .skip(1)
                .find(|(_, c)| valued.contains(*c));
            let last = takes.is_some_and(|(n, c)| n + c.len_utf8() == text.len());
            at += 1 + usize::from(last);
        } else if skipped > 0 {
            skipped -= 1;
            at += 1;
        } else {
            return Some(at);
        }
    }
}

fn assignment(arg: &Value) -> Option<(&str, &str)> {
    let (name, value) = arg.text().split_once('=')?;
    let mut chars = name.chars();
    let begins = chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    (begins && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')).then_some((name, value))
}

fn enter(walker: &mut Walker<'_>, dir: &Value) {
    let target = walker.target(dir, true);
    let known = target.place != crate::guard::place::Place::Unknown;
    walker.state.cwds = vec![known.then_some(target.path)];
}

/// Runs an argv in a folder, as `env -C`, `make -C` and their like do.
pub(crate) fn inside<T>(
    walker: &mut Walker<'_>,
    dir: &Value,
    run: impl FnOnce(&mut Walker<'_>) -> Found<T>,
) -> Found<T> {
    let kept = walker.state.cwds.clone();
    enter(walker, dir);
    let out = run(walker)?;
    walker.state.cwds = kept;
    Ok(out)
}

fn env(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Stream> {
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
                let Some((name, _)) = assignment(arg) else {
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
    walker.shell_text(&joined(&words, " "))
}

/// Where the command behind a launcher's words and options stands.
fn launcher(name: &str, args: &[Value]) -> Option<usize> {
    let words = LAUNCHERS.iter().find(|(launcher, words)| {
        *launcher == name
            && words.len() <= args.len()
            && words
                .iter()
                .zip(args)
                .all(|(word, arg)| arg.text() == *word)
    })?;
    let mut at = words.1.len();
    if name == "rustup" || name == "direnv" {
        at += 1;
    }
    while let Some(arg) = args.get(at) {
        match arg.text() {
            "--" => return Some(at + 1),
            // The command of some is a text, of others an option's value.
            "-c" | "--command" if name == "nix" => return Some(at + 1),
            text if LAUNCHER_VALUES.contains(&text) => at += 2,
            text if text.starts_with('-') => at += 1,
            // A profile or a tool that stands before `--`.
            _ if ["mise", "aws-vault", "opam", "nix"].contains(&name)
                && args
                    .iter()
                    .skip(at)
                    .any(|a| matches!(a.text(), "--" | "-c" | "--command")) =>
            {
                at += 1;
            }
            _ => break,
        }
    }
    Some(at)
}

/// Launchers and watchers that take a text for a shell.
fn called_text(name: &str, args: &[Value]) -> Option<Value> {
    let after = |options: &[&str]| {
        args.iter().enumerate().find_map(|(n, a)| {
            if options.contains(&a.text()) {
                return args.get(n + 1).cloned();
            }
            let (option, _) = a.text().split_once('=')?;
            (options.contains(&option) && option.starts_with("--"))
                .then(|| a.tail(option.len() + 1))
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
        "gdb" | "lldb" => {
            let text = after(&["-ex", "--eval-command", "-o"])?;
            let code = ["shell ", "!", "platform shell "]
                .iter()
                .find_map(|p| text.text().strip_prefix(p));
            code.map(Value::new)
        }
        "expect" => {
            let text = after(&["-c"])?;
            text.text()
                .trim_start()
                .strip_prefix("spawn ")
                .map(Value::new)
        }
        "zip" => after(&["-TT", "--unzip-command"]),
        "compgen" | "mapfile" | "readarray" => after(&["-C"]),
        _ => None,
    }
}

/// What follows runs on another machine or in another root: all paths are outside.
fn outside(walker: &mut Walker<'_>, argv: &[Value], command: &Command<'_>) -> Found<Stream> {
    walker.away += 1;
    let out = walker.run(argv, command.stdin.clone(), &[])?;
    walker.away -= 1;
    Ok(out.filtered())
}

fn away(
    command: &Command<'_>,
    walker: &mut Walker<'_>,
    valued: &'static str,
    longs: &'static [&'static str],
) -> Found<Stream> {
    let args = command.args;
    crate::guard::rules::net::judge(command, walker)?;
    let Some(host) = operand(args, valued, longs, 0) else {
        return Ok(Stream::Unknown);
    };
    let rest = tail(args, host + 1);
    walker.away += 1;
    if rest.is_empty() {
        if let Stream::Text(text) = command.stdin {
            walker.apart(text, Stream::Unknown)?;
        }
    } else {
        walker.shell_text(&joined(rest, " "))?;
    }
    walker.away -= 1;
    Ok(Stream::Unknown)
}

/// `docker exec`, `kubectl exec`: what runs there is judged as elsewhere.
fn contained(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Option<Stream>> {
    let args = command.args;
    let exec = args.iter().position(|a| a.text() == "exec");
    let Some(exec) = exec.filter(|at| tail(args, 0).iter().take(*at).all(|a| a.text() != "run"))
    else {
        return Ok(None);
    };
    let rest = tail(args, exec + 1);
    let dashes = rest.iter().position(|a| a.text() == "--");
    let valued = if command.name == "kubectl" {
        "cfn"
    } else {
        "euw"
    };
    let at = dashes.or_else(|| operand(rest, valued, &["env", "user", "workdir", "index"], 0));
    let Some(at) = at else {
        return Ok(Some(Stream::Unknown));
    };
    outside(walker, tail(rest, at + 1), command).map(Some)
}

/// Programs that take a shell's text.
fn texts(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Option<Stream>> {
    let args = command.args;
    let spec = match command.name {
        "su" | "runuser" => Spec {
            valued: "cgGsuw",
            longs: &["command", "shell", "group", "user"],
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
    };
    let parsed = args::parse(args, &spec);
    for text in parsed.values(&["c", "command", "prepare", "cleanup", "setup"]) {
        if command.name != "tmux" {
            walker.shell_text(text)?;
        }
    }
    match command.name {
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
                walker.apart(text, Stream::Unknown)?;
            }
            Stream::Empty => {}
            _ => walker.doubtful(&crate::guard::rules::shell::UNKNOWN_CODE, "at")?,
        },
        _ => {}
    }
    Ok(Some(Stream::Unknown))
}
