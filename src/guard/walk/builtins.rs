//! The shell's own commands that change what later commands mean.
//!
//! Invariant: a builtin that takes code (`eval`, `trap`, `source`) has it
//! judged; one that moves the shell moves the state; all others are left to
//! the rules.

use super::parameters::is_secret_name;
use super::{Command, Found, State, Stream, Walker, read, substitute};
use crate::guard::rules::{fs, shell};
use crate::guard::word::{OPAQUE, SECRET, Value, joined};

/// Runs a builtin; none when it is no builtin that matters here.
pub(super) fn run(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Option<Stream>> {
    let args = command.args;
    match command.name {
        "cd" | "chdir" => cd(command, walker),
        "pushd" => match args.iter().find(|a| !is_option(a)) {
            Some(to) if is_turn(to.text()) => turn(to.text(), &mut walker.state),
            None => turn("+1", &mut walker.state),
            Some(_) => {
                let here = walker.state.cwds.clone();
                walker.state.stack.push(here);
                cd(command, walker);
            }
        },
        "popd" => {
            let next = walker.state.stack.pop();
            let is_known = args.is_empty() || args.iter().all(|a| a.text() == "+0");
            walker.state.cwds = next.filter(|_| is_known).unwrap_or_else(|| vec![None]);
        }
        "export" | "declare" | "typeset" if lists(args) => return Ok(Some(Stream::Secret)),
        "export" | "declare" | "typeset" | "local" | "readonly" if tells(args, &walker.state) => {
            return Ok(Some(Stream::Secret));
        }
        "export" | "declare" | "typeset" | "local" | "readonly" => {
            let own = command.name != "export" && command.name != "readonly";
            declares(args, own, walker)?;
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
            if let Some(at) = parameters(args) {
                walker.state.positional = args.get(at..).unwrap_or_default().to_vec();
            }
            return Ok(None);
        }
        "mapfile" | "readarray" if args.iter().any(|a| a.text() == "-C") => return Ok(None),
        "read" | "mapfile" | "readarray" => read::run(command, walker)?,
        "shopt" if args.iter().any(|a| a.text() == "-s") => {
            if args.iter().any(|a| a.text() == "dotglob") {
                walker.makes(fs::DOTGLOB.to_owned());
            }
            return Ok(None);
        }
        "exit" | "return" | "break" | "continue" => {
            walker.state.has_left = true;
            walker.leaves |= command.name != "exit";
        }
        "eval" => return evaluate(args, walker).map(Some),
        "trap" => return trap(args, walker).map(Some),
        "source" | "." => return source(command, walker).map(Some),
        _ => return names(command, walker),
    }
    Ok(Some(Stream::Empty))
}

/// Where the words begin that `set` makes the parameters; none when it sets none.
fn parameters(args: &[Value]) -> Option<usize> {
    let mut at = 0;
    loop {
        let text = args.get(at)?.text();
        at += 1;
        match text {
            "--" => return Some(at),
            "-" => return (at < args.len()).then_some(at),
            // The name of an option stands in the next word.
            _ if text.starts_with(['-', '+']) => at += usize::from(text.ends_with('o')),
            _ => return Some(at - 1),
        }
    }
}

fn is_turn(text: &str) -> bool {
    let number = text.strip_prefix(['+', '-']).unwrap_or_default();
    !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
}

/// Turns the stack of folders, as `pushd +1` does; what is not there is not known.
fn turn(text: &str, state: &mut State) {
    let mut folders = vec![state.cwds.clone()];
    folders.extend(state.stack.drain(..).rev());
    let by = text
        .get(1..)
        .and_then(|number| number.parse::<usize>().ok());
    let by = by.filter(|by| *by < folders.len() && folders.len() > 1);
    match by {
        Some(by) if text.starts_with('+') => folders.rotate_left(by),
        Some(by) => folders.rotate_right(by + 1),
        None => folders = vec![vec![None]],
    }
    let mut folders = folders.into_iter();
    state.cwds = folders.next().unwrap_or_else(|| vec![None]);
    state.stack = folders.rev().collect();
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
fn names(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Option<Stream>> {
    let args = command.args;
    if matches!(command.name, "getopts" | "printf" | "unset" | "wait") {
        let skipped = usize::from(command.name == "getopts");
        let named = args.iter().skip(skipped);
        let is_text = command.name == "printf" && args.first().is_none_or(|a| a.text() != "-v");
        for arg in named.take(if is_text { 0 } else { 2 }) {
            walker.index(arg)?;
        }
    }
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
                walker.state.functions.unset(arg.text());
            }
        }
        // What will be written to it is not known when it is read.
        "mkfifo" => {
            for arg in args.iter().filter(|a| !a.text().starts_with('-')) {
                let path = walker.target(arg, true).path;
                walker.state.files.insert(path, Stream::Unknown);
            }
            return Ok(None);
        }
        "shift" => {
            let by = args
                .first()
                .and_then(|a| a.text().parse().ok())
                .unwrap_or(1);
            let by = walker.state.positional.len().min(by);
            walker.state.positional.drain(..by);
        }
        _ => return Ok(None),
    }
    Ok(Some(Stream::Empty))
}

/// Moves the shell; a folder that is not known makes the place unknown.
fn cd(command: &Command<'_>, walker: &mut Walker<'_>) {
    let operand = command.args.iter().find(|a| !is_option(a));
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
    let looks_in = command.env.iter().rev().find(|(name, _)| name == "CDPATH");
    let looks_in = match looks_in {
        Some((_, folders)) => !folders.text().is_empty(),
        None => walker.state.get("CDPATH").is_some(),
    };
    if looks_in && !to.text().starts_with(['/', '.']) {
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
fn declares(args: &[Value], own: bool, walker: &mut Walker<'_>) -> Found {
    let has = |letter: char| {
        args.iter()
            .any(|a| a.text().starts_with('-') && a.text().contains(letter))
    };
    let (refers, counts) = (has('n'), has('i'));
    for arg in args.iter().filter(|a| !a.text().starts_with(['-', '+'])) {
        let (name, value) = match arg.text().split_once('=') {
            Some((name, _)) => (name, Some(arg.tail(name.len() + 1))),
            None => (arg.text(), None),
        };
        walker.index(&Value::new(name))?;
        let name = name.trim_end_matches('+').to_owned();
        if own {
            walker.state.locals.push(name.clone());
        }
        if counts {
            walker.state.numbers.insert(name.clone());
        }
        if let Some(value) = &value
            && (walker.state.numbers.contains(&name) || own && refers)
        {
            walker.evaluated(value.text())?;
        }
        match value {
            // A name for another variable: its value is whatever that one has later.
            Some(_) if own && refers => walker.state.set(&name, vec![Value::mark(OPAQUE)]),
            Some(value) => walker.state.set(&name, vec![value]),
            None => {}
        }
    }
    Ok(())
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
