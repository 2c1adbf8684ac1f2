//! Programs that run another program: taken off, and what is inside is run.
//!
//! Invariant: a wrapper never makes what it wraps allowed. Its own options are
//! read by its own table; if nothing is left to run, nothing is wrong with it.

use super::surroundings::called_text;
use super::texts::{env, texts};
use super::wrappers::{LAUNCHER_VALUES, LAUNCHERS, WRAPPERS, Wrapper, program_of};
use super::{Command, Found, Stream, Walker, many};
use crate::guard::args::{self, NONE, Parsed};
use crate::guard::rules::{fs, remote};
use crate::guard::word::{Value, joined};

/// Takes one wrapper off; none when the program is none.
pub(super) fn run(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Option<Stream>> {
    let args = command.args;
    let out = match command.name {
        "command" => match shell_own(command, walker)? {
            Some(out) => out,
            None => return Ok(Some(Stream::Empty)),
        },
        "builtin" => match builtin(command, walker)? {
            Some(out) => out,
            None => walker.run(args, command.stdin.clone(), command.env)?,
        },
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
        "jobs" if args.first().is_some_and(|a| a.text() == "-x") => {
            walker.command(tail(args, 1), command.stdin.clone(), command.env)?
        }
        // Words of zsh: what follows is looked up as if it stood alone.
        "noglob" | "nocorrect" => walker.command(args, command.stdin.clone(), command.env)?,
        "su" | "runuser" | "sg" | "lftp" | "script" | "flock" | "watch" | "hyperfine" | "tmux"
        | "screen" | "at" | "batch" => return texts(command, walker),
        name if name.starts_with("ld-linux") || name.starts_with("ld-musl") => {
            walker.run(args, command.stdin.clone(), command.env)?
        }
        name => {
            return match super::started::run(command, walker)? {
                Some(out) => Ok(Some(out)),
                None => by_table(name, command, walker),
            };
        }
    };
    Ok(Some(out))
}

/// `command`, which also only asks where a program is.
fn shell_own(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Option<Stream>> {
    let args = command.args;
    if args
        .first()
        .is_some_and(|a| matches!(a.text(), "-v" | "-V"))
    {
        return Ok(Some(super::outlet::program(args)));
    }
    let at = operand(args, "", &[], 0).unwrap_or(args.len());
    walker
        .run(tail(args, at), command.stdin.clone(), command.env)
        .map(Some)
}

/// `builtin`, which passes a function of the same name by.
fn builtin(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Option<Stream>> {
    let Some((word, args)) = command.args.split_first() else {
        return Ok(Some(Stream::Empty));
    };
    let word = word.text();
    let inner = Command {
        name: word,
        args,
        word,
        ..*command
    };
    super::builtins::run(&inner, walker)
}

/// Launchers and wrappers that differ only in their options.
fn by_table(name: &str, command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Option<Stream>> {
    let args = command.args;
    if let Some(text) = called_text(name, args) {
        walker.shell_text(&text)?;
    }
    if let Some(at) = launcher(name, args) {
        // One word with blanks is a text: some launchers give it to a shell.
        if let [text] = tail(args, at)
            && text.text().contains(' ')
        {
            return walker.shell_output(text).map(Some);
        }
        let fetches = matches!(args.first().map(Value::text), Some("dlx" | "x" | "exec"));
        let argv = tail(args, at);
        let out = if fetches && ["npm", "pnpm", "yarn", "bun"].contains(&name) {
            fetched(argv, command, walker)?
        } else {
            walker.run(argv, command.stdin.clone(), command.env)?
        };
        return Ok(Some(out));
    }
    let Some(wrapper) = WRAPPERS.iter().find(|w| w.names.contains(&name)) else {
        return Ok(None);
    };
    wrapped(wrapper, command, walker).map(Some)
}

pub(super) fn tail(args: &[Value], from: usize) -> &[Value] {
    args.get(from..).unwrap_or_default()
}

/// The options of a wrapper, before what it wraps.
pub(crate) fn options<'a>(command: &Command<'a>) -> Parsed<'a> {
    let wrapper = WRAPPERS.iter().find(|w| w.names.contains(&command.name));
    let spec = wrapper.map_or(NONE, Wrapper::spec);
    let at = operand(command.args, spec.valued, spec.longs, 0);
    let options = command.args.get(..at.unwrap_or(command.args.len()));
    args::parse(options.unwrap_or_default(), &spec)
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
    if ["npx", "bunx", "pnpx"].contains(&command.name) {
        return fetched(tail(args, at), command, walker);
    }
    let kept = walker.state.clone();
    if ["sudo", "systemd-run"].contains(&command.name) {
        let options = options(command);
        for set in options.values(&["E", "setenv"]) {
            if let Some((name, _)) = assignment(set) {
                env.push((name.to_owned(), set.tail(name.len() + 1)));
            }
        }
        if let Some(dir) = options.value(&["D", "chdir", "working-directory"]) {
            enter(walker, dir);
        }
    }
    let out = walker.run(tail(args, at), command.stdin.clone(), &env)?;
    walker.restore(kept);
    Ok(out)
}

/// A package that is fetched where it is missing, and its program run.
fn fetched(argv: &[Value], command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Stream> {
    let Some((package, rest)) = argv.split_first() else {
        return Ok(Stream::Unknown);
    };
    if package.text().contains("://") {
        walker.deny(&remote::SCRIPT, package.text())?;
    }
    let program = if package.has_mark() || package.glob {
        package.clone()
    } else {
        Value::new(program_of(package.text()))
    };
    let argv = [&[program], rest].concat();
    walker.run(&argv, command.stdin.clone(), command.env)
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
            let out = walker.apart(text, Stream::Unknown)?;
            walker.aside(&out)?;
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
    if crate::guard::rules::owned::is_inside(command, walker) {
        return Ok(Some(Stream::Unknown));
    }
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
