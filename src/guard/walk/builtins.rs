//! The shell's own commands that change what later commands mean.
//!
//! Invariant: a builtin that takes code (`eval`, `trap`, `source`) has it
//! judged; one that moves the shell moves the state; all others are left to
//! the rules.

use super::parameters::is_secret_name;
use super::{Command, Found, State, Stream, Walker, substitute};
use crate::guard::rules::shell;
use crate::guard::word::{OPAQUE, SECRET, Value, joined};

/// Runs a builtin; none when it is no builtin that matters here.
pub(super) fn run(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Option<Stream>> {
    let args = command.args;
    match command.name {
        "cd" | "chdir" => cd(args, walker),
        "pushd" => {
            let here = walker.state.cwds.clone();
            walker.state.stack.push(here);
            cd(args, walker);
        }
        "popd" => {
            walker.state.cwds = walker.state.stack.pop().unwrap_or_else(|| vec![None]);
        }
        "export" | "declare" | "typeset" if lists(args) => return Ok(Some(Stream::Secret)),
        "export" | "declare" | "typeset" | "local" | "readonly" if tells(args, &walker.state) => {
            return Ok(Some(Stream::Secret));
        }
        "export" | "declare" | "typeset" | "local" | "readonly" => {
            let own = command.name != "export" && command.name != "readonly";
            declares(args, own, &mut walker.state);
        }
        "let" => {
            for arg in args {
                walker.index(arg)?;
                walker.sum(arg.text())?;
            }
        }
        "test" | "[" => {
            for arg in args {
                walker.index(arg)?;
            }
            return Ok(None);
        }
        "set" => {
            let at = args.iter().position(|a| a.text() == "--");
            if let Some(at) = at {
                walker.state.positional = args.get(at + 1..).unwrap_or_default().to_vec();
            }
            return Ok(None);
        }
        "mapfile" | "readarray" if args.iter().any(|a| a.text() == "-C") => return Ok(None),
        "read" | "mapfile" | "readarray" => read(command, &mut walker.state),
        "exit" | "return" | "break" | "continue" => walker.state.has_left = true,
        "eval" => return evaluate(args, walker).map(Some),
        "trap" => return trap(args, walker).map(Some),
        "source" | "." => return source(command, walker).map(Some),
        _ => return Ok(names(command, walker)),
    }
    Ok(Some(Stream::Empty))
}

/// Whether all variables with their values are asked for.
fn lists(args: &[Value]) -> bool {
    let letters = |a: &Value| {
        let letters = a.text().strip_prefix('-').unwrap_or("?");
        !letters.is_empty() && letters.chars().all(|c| "xpg".contains(c))
    };
    args.iter().all(letters)
}

/// Whether `-p` is asked to print a variable that holds a secret.
fn tells(args: &[Value], state: &State) -> bool {
    let (options, names): (Vec<&Value>, Vec<&Value>) =
        args.iter().partition(|a| a.text().starts_with('-'));
    let holds = |name: &&Value| match state.get(name.text()) {
        Some(values) => values.iter().any(|value| value.has(SECRET)),
        None => is_secret_name(name.text()),
    };
    options.iter().any(|a| a.text().contains('p')) && names.iter().any(holds)
}

/// Builtins that give names a meaning.
fn names(command: &Command<'_>, walker: &mut Walker<'_>) -> Option<Stream> {
    let args = command.args;
    match command.name {
        "getopts" => {
            for arg in args.iter().skip(1) {
                walker.state.set(arg.text(), vec![Value::mark(OPAQUE)]);
            }
            walker.state.set("OPTARG", vec![Value::mark(OPAQUE)]);
        }
        "printf" if args.first().is_some_and(|a| a.text() == "-v") => {
            let out = super::outlet::of(command, walker);
            let name = args.get(1).map(|a| a.text().to_owned()).unwrap_or_default();
            walker.state.set(&name, substitute::values(out));
        }
        "alias" => {
            for arg in args {
                if let Some((name, value)) = arg.text().split_once('=') {
                    walker
                        .state
                        .aliases
                        .insert(name.to_owned(), value.to_owned());
                }
            }
        }
        "unalias" => {
            for arg in args {
                walker.state.aliases.remove(arg.text());
            }
        }
        "hash" if args.first().is_some_and(|a| a.text() == "-p") => {
            if let [_, path, name, ..] = args {
                let (name, path) = (name.text().to_owned(), path.text().to_owned());
                walker.state.aliases.insert(name, path);
            }
        }
        "unset" => {
            for arg in args {
                walker.state.set(arg.text(), Vec::new());
                walker.state.functions.remove(arg.text());
            }
        }
        "shift" => {
            let by = args
                .first()
                .and_then(|a| a.text().parse().ok())
                .unwrap_or(1);
            let by = walker.state.positional.len().min(by);
            walker.state.positional.drain(..by);
        }
        _ => return None,
    }
    Some(Stream::Empty)
}

/// Moves the shell; a folder that is not known makes the place unknown.
fn cd(args: &[Value], walker: &mut Walker<'_>) {
    let operand = args.iter().find(|a| !is_option(a));
    let before = walker.state.cwd().map(str::to_owned);
    let home = Value::new(walker.scene.home);
    let to = match operand.map(Value::text) {
        None => home,
        Some("-") => walker
            .state
            .back
            .clone()
            .map_or(Value::mark(OPAQUE), Value::new),
        Some(_) => operand.cloned().unwrap_or_default(),
    };
    let mut cwds = Vec::new();
    if walker.state.get("CDPATH").is_some() && !to.text().starts_with(['/', '.']) {
        walker.state.cwds = vec![None];
        return;
    }
    for cwd in &walker.state.cwds {
        let target =
            super::place::target(walker.scene, &walker.state.links, cwd.as_deref(), &to, true);
        let unknown = target.place == crate::guard::place::Place::Unknown || to.has_mark();
        let next = (!unknown && !to.text().is_empty()).then_some(target.path);
        if !cwds.contains(&next) {
            cwds.push(next);
        }
    }
    walker.state.cwds = cwds;
    walker.state.back = before;
}

fn is_option(arg: &Value) -> bool {
    matches!(arg.text(), "-P" | "-L" | "-e" | "-@" | "--" | "-n")
}

/// `declare`, `export` and their like; `own` when a function keeps them to itself.
fn declares(args: &[Value], own: bool, state: &mut State) {
    let refers = args
        .iter()
        .any(|a| a.text().starts_with('-') && a.text().contains('n'));
    for arg in args.iter().filter(|a| !a.text().starts_with('-')) {
        let (name, value) = match arg.text().split_once('=') {
            Some((name, _)) => (name, Some(arg.tail(name.len() + 1))),
            None => (arg.text(), None),
        };
        let name = name.trim_end_matches('+').to_owned();
        if own {
            state.locals.push(name.clone());
        }
        match value {
            // A name for another variable: its value is whatever that one has later.
            Some(_) if own && refers => state.set(&name, vec![Value::mark(OPAQUE)]),
            Some(value) => state.set(&name, vec![value]),
            None => {}
        }
    }
}

/// A variable that takes what flows in.
fn read(command: &Command<'_>, state: &mut State) {
    let values = match command.stdin {
        Stream::Paths(roots) if !roots.is_empty() => roots
            .iter()
            .map(|root| vec![substitute::below(root)])
            .collect(),
        Stream::Text(text) if text.lines().count() <= 8 => text
            .lines()
            .map(|line| vec![Value::new(line.trim())])
            .collect(),
        Stream::Plain => vec![vec![Value::mark(crate::guard::word::PLAIN)]],
        secret if secret.is_secret() => vec![vec![Value::mark(SECRET)]],
        Stream::Private => vec![vec![Value::mark(crate::guard::word::PRIVATE)]],
        _ => vec![vec![Value::mark(OPAQUE)]],
    };
    let is_read = command.name == "read";
    let values = if is_read {
        values
    } else {
        // All lines are one array.
        vec![values.into_iter().flatten().collect()]
    };
    let mut args = command.args.iter();
    let mut named = false;
    while let Some(arg) = args.next() {
        match arg.text() {
            "-d" | "-n" | "-u" => {
                args.next();
            }
            "-N" | "-p" | "-t" | "-i" if is_read => {
                args.next();
            }
            "-O" | "-s" | "-c" | "-C" if !is_read => {
                args.next();
            }
            "-a" => {}
            text if text.starts_with('-') => {}
            name => {
                named = true;
                state.variables.insert(name.to_owned(), values.clone());
            }
        }
    }
    if !named {
        for name in ["REPLY", "MAPFILE"] {
            state.variables.insert(name.to_owned(), values.clone());
        }
    }
    state.is_forked = state.variables.values().any(|v| v.len() > 1);
}

fn evaluate(args: &[Value], walker: &mut Walker<'_>) -> Found<Stream> {
    let args = match args {
        [dashes, rest @ ..] if dashes.text() == "--" => rest,
        all => all,
    };
    if args.is_empty() {
        return Ok(Stream::Empty);
    }
    let text = joined(args, " ");
    if text.is_blank_mark() || text.has(crate::guard::word::REMOTE) {
        return walker.shell_output(&text);
    }
    walker.text(text.text(), Stream::Empty)
}

/// The text of a trap runs later, in this shell.
fn trap(args: &[Value], walker: &mut Walker<'_>) -> Found<Stream> {
    let text = args
        .iter()
        .find(|a| !matches!(a.text(), "--" | "-l" | "-p"));
    if let Some(text) = text.filter(|t| !t.text().is_empty() && t.text() != "-") {
        walker.shell_text(text)?;
    }
    Ok(Stream::Empty)
}

/// `source` runs a file in this shell: what this text wrote to it is judged.
fn source(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Stream> {
    let Some(file) = command.args.iter().find(|a| a.text() != "--") else {
        return Ok(Stream::Empty);
    };
    match walker.content(file) {
        Stream::Text(text) => walker.text(&text, Stream::Empty),
        Stream::Tool | Stream::Empty => Ok(Stream::Empty),
        Stream::Remote => {
            walker.deny(&crate::guard::rules::remote::SCRIPT, &file.shown())?;
            Ok(Stream::Unknown)
        }
        _ if file.text() == "/dev/stdin" || file.text().starts_with("/dev/fd/") => {
            match command.stdin {
                Stream::Text(text) => walker.text(text, Stream::Empty),
                _ => {
                    walker.doubtful(&shell::UNKNOWN_CODE, &file.shown())?;
                    Ok(Stream::Unknown)
                }
            }
        }
        _ if file.is_open() => {
            walker.doubtful(&shell::UNKNOWN_CODE, &file.shown())?;
            Ok(Stream::Unknown)
        }
        _ => Ok(Stream::Unknown),
    }
}
