//! Shells and interpreters: the code they are given, by option, file or pipe.
//!
//! Invariant: code that can be read is judged; code that comes from the network
//! or from nobody knows where is denied; a file of the worktree that this text
//! did not write is left to the walls.

use super::{Command, Found, Stream, Walker, written};
use crate::guard::args::{self, Spec};
use crate::guard::code;
use crate::guard::place::Place;
use crate::guard::rules::{fs, net, processes, remote, shell};
use crate::guard::word::{OPAQUE, PRIVATE, REMOTE, SECRET, Value};

/// Shells, whose code is judged by the same walk.
const SHELLS: [&str; 10] = [
    "sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "rbash", "fish", "yash",
];

/// What `$0` stands for in a text that is no script.
pub(super) const ITSELF: &str = "/proc/self/script";

const SHELL_SPEC: Spec = Spec {
    valued: "oO",
    longs: &["rcfile", "init-file"],
};

/// Interprets; none when the program is no interpreter.
pub(super) fn run(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Option<Stream>> {
    // The shell by the link to its own program.
    let itself = command.name == "exe" && command.word.starts_with("/proc/");
    if SHELLS.contains(&command.name) || itself {
        let outer = walker.state.variables.clone();
        for (name, value) in command.env.iter().filter(|(name, _)| is_inherited(name)) {
            walker.state.set(name, vec![value.clone()]);
        }
        let out = run_shell(command, walker)?;
        walker.state.variables = outer;
        return Ok(Some(out));
    }
    let Some(language) = code::language(command.name) else {
        return Ok(None);
    };
    run_language(command, language, walker)?;
    Ok(Some(Stream::Unknown))
}

/// Whether a shell takes a variable from its environment as it is.
fn is_inherited(name: &str) -> bool {
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name && !matches!(name, "IFS" | "PWD" | "OLDPWD")
}

fn run_shell(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Stream> {
    // Options of a shell end at its first operand; `-c` may stand among others.
    let mut args = command.args.iter();
    let mut takes_code = false;
    let mut reads_input = false;
    let mut reads_settings = command.name == "zsh";
    let mut first = None;
    while let Some(arg) = args.next() {
        let text = arg.text();
        if text == "--" {
            first = args.next();
            break;
        }
        let is_option = text.len() > 1 && text.starts_with(['-', '+']);
        if !is_option {
            first = Some(arg);
            break;
        }
        if text.starts_with("--") {
            reads_settings |= text == "--login";
            let longs = SHELL_SPEC.longs;
            if longs.iter().any(|l| text.get(2..) == Some(*l))
                && let Some(file) = args.next()
            {
                let stream = script_of(walker, file);
                shell_stream(walker, &stream, file, false)?;
            }
            continue;
        }
        takes_code |= text.contains('c');
        reads_input |= text.contains('s');
        reads_settings |= text.starts_with('-') && text.contains(['i', 'l']);
        if SHELL_SPEC.valued.chars().any(|c| text.ends_with(c)) {
            args.next();
        }
    }
    let rest: Vec<Value> = args.cloned().collect();
    if reads_settings {
        written::profiles(command, walker)?;
    }
    match first {
        Some(code) if takes_code => {
            if let Some(zero) = rest.first() {
                walker.state.set("0", vec![zero.clone()]);
            }
            let out = with_args(walker, rest.get(1..), |walker| walker.shell_output(code))?;
            walker.state.variables.remove("0");
            Ok(out)
        }
        Some(file) if file.text() == ITSELF => {
            walker.deny(&processes::FORK_BOMB, "this shell")?;
            Ok(Stream::Unknown)
        }
        Some(file) if !reads_input => {
            let stream = script_of(walker, file);
            if stream == Stream::Unknown {
                written::by_code(walker, file)?;
            }
            walker.state.set("0", vec![file.clone()]);
            let out = with_args(walker, Some(&rest), |walker| {
                shell_stream(walker, &stream, file, false)
            })?;
            walker.state.variables.remove("0");
            Ok(out)
        }
        _ => {
            let stdin = command.stdin.clone();
            shell_stream(walker, &stdin, &Value::new("standard input"), true)
        }
    }
}

fn with_args<T>(
    walker: &mut Walker<'_>,
    args: Option<&[Value]>,
    run: impl FnOnce(&mut Walker<'_>) -> Found<T>,
) -> Found<T> {
    let args = args.unwrap_or_default().to_vec();
    let kept = std::mem::replace(&mut walker.state.positional, args);
    let out = run(walker)?;
    walker.state.positional = kept;
    Ok(out)
}

/// What a script's file holds; a name that is not known may be any file.
fn script_of(walker: &Walker<'_>, file: &Value) -> Stream {
    if file.has(REMOTE) {
        return Stream::Remote;
    }
    match walker.content(file) {
        Stream::Unknown if file.is_open() => Stream::Secret,
        Stream::Own | Stream::Private | Stream::Program(_) => Stream::Unknown,
        other => other,
    }
}

/// Judges what flows into a shell; `piped` when it comes by a pipe, where
/// unknown code is denied, and not by a file of the worktree.
fn shell_stream(
    walker: &mut Walker<'_>,
    stream: &Stream,
    from: &Value,
    piped: bool,
) -> Found<Stream> {
    match stream {
        Stream::Text(text) => {
            let text = text.clone();
            return walker.apart(&text, Stream::Unknown);
        }
        Stream::Remote => walker.deny(&remote::SCRIPT, &from.shown())?,
        Stream::Empty | Stream::Tool | Stream::Own => {}
        Stream::Unknown if !piped => {}
        _ => walker.doubtful(&shell::UNKNOWN_CODE, &from.shown())?,
    }
    Ok(Stream::Unknown)
}

fn run_language(
    command: &Command<'_>,
    language: &'static code::Language,
    walker: &mut Walker<'_>,
) -> Found {
    let parsed = args::parse(
        command.args,
        &Spec {
            valued: language.valued,
            longs: language.longs,
        },
    );
    code::modules::judge(walker, language, command, &parsed)?;
    if matches!(language.name, "perl" | "ruby") && parsed.has("i") {
        fs::all(walker, fs::Access::Write, parsed.operands.iter().copied())?;
    }
    if parsed
        .value(&["m"])
        .is_some_and(|m| m.text() == "http.server")
    {
        return served(walker, command.args);
    }
    modules(&parsed, language, walker)?;
    if language.name == "awk" && parsed.value(&["i"]).is_some_and(|v| v.text() == "inplace") {
        let skipped = usize::from(!parsed.any(&["f", "e", "file", "source"]));
        let files = parsed.operands.iter().copied().skip(skipped);
        fs::all(walker, fs::Access::Write, files)?;
    }
    let mut has_code = false;
    if language.name == "node" && parsed.operand(0) == Some("eval") {
        has_code = true;
        if let Some(code) = parsed.operands.get(1) {
            judge_value(walker, language, code, &[])?;
        }
    }
    for flag in language.code {
        for value in parsed.values_of(flag) {
            has_code = true;
            let argv = words(command, language, value, false);
            judge_value(walker, language, value, &argv)?;
        }
    }
    if has_code || parsed.has("m") && language.name == "python" {
        return Ok(());
    }
    if let Some(url) = parsed
        .operands
        .iter()
        .take(2)
        .find(|v| v.text().starts_with("http"))
    {
        return walker.deny(&remote::SCRIPT, url.text());
    }
    from_file(command, language, &parsed, walker)
}

/// Code that a file holds, or that flows in.
fn from_file(
    command: &Command<'_>,
    language: &'static code::Language,
    parsed: &args::Parsed<'_>,
    walker: &mut Walker<'_>,
) -> Found {
    match parsed.operands.first() {
        Some(file) if language.inline_first => judge_value(walker, language, file, &[]),
        Some(file) if file.text() != "-" => match script_of(walker, file) {
            Stream::Text(text) => judge_code(
                walker,
                language,
                &text,
                &words(command, language, file, true),
            ),
            Stream::Remote => walker.deny(&remote::SCRIPT, &file.shown()),
            Stream::Secret => walker.doubtful(&shell::UNKNOWN_CODE, &file.shown()),
            _ => Ok(()),
        },
        _ if parsed.has("V") || parsed.has("version") || parsed.has("help") => Ok(()),
        _ => match command.stdin {
            Stream::Text(text) => {
                let dash = command.args.iter().find(|arg| arg.text() == "-");
                let argv = dash.map(|dash| words(command, language, dash, true));
                judge_code(walker, language, text, &argv.unwrap_or_default())
            }
            Stream::Remote => walker.deny(&remote::SCRIPT, "standard input"),
            Stream::Empty | Stream::Own => Ok(()),
            _ => walker.doubtful(&shell::UNKNOWN_CODE, "standard input"),
        },
    }
}

/// What an option has loaded or run by its name.
fn modules(
    parsed: &args::Parsed<'_>,
    language: &'static code::Language,
    walker: &mut Walker<'_>,
) -> Found {
    match (language.name, parsed.value(&["m"])) {
        ("python", Some(name)) => match name.text() {
            "venv" | "virtualenv" => {
                fs::all(walker, fs::Access::Write, parsed.operands.iter().copied())
            }
            "pytest" => written::tests(walker),
            _ => written::module(walker, language, name),
        },
        ("node", _) => {
            for name in parsed.values(&["r", "require", "import", "loader"]) {
                written::module(walker, language, name)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The words of the command as the code behind one of them sees them, up to the first that
/// is not known; `is_file` when that one names a file.
fn words(
    command: &Command<'_>,
    language: &code::Language,
    code: &Value,
    is_file: bool,
) -> Vec<Value> {
    let at = command.args.iter().position(|arg| arg == code);
    let behind = at.and_then(|at| command.args.get(at + 1..));
    let behind = behind.unwrap_or_default();
    if behind.iter().any(|arg| arg.text().starts_with('-')) {
        return Vec::new();
    }
    // What stands before the operands: the program, and the script.
    let skipped = match language.name {
        "node" if is_file => 2,
        "python" | "php" | "node" => 1,
        _ => 0,
    };
    let before = std::iter::repeat_n(Value::mark(OPAQUE), skipped);
    let mut found: Vec<Value> = before.collect();
    for arg in behind {
        // Words that are not known, and patterns, may be several.
        if arg.has_mark() {
            found.push(Value::mark(OPAQUE));
            break;
        }
        found.push(arg.clone());
        if arg.glob {
            found.push(Value::mark(OPAQUE));
            break;
        }
    }
    found
}

fn judge_value(
    walker: &mut Walker<'_>,
    language: &'static code::Language,
    value: &Value,
    argv: &[Value],
) -> Found {
    if value.has(REMOTE) {
        return walker.deny(&remote::SCRIPT, &value.shown());
    }
    if value.is_blank_mark()
        && [OPAQUE, SECRET, PRIVATE]
            .iter()
            .any(|mark| value.has(*mark))
    {
        return walker.doubtful(&shell::UNKNOWN_CODE, &value.shown());
    }
    judge_code(walker, language, value.text(), argv)
}

/// Judges a code, and the written files that it loads.
fn judge_code(
    walker: &mut Walker<'_>,
    language: &'static code::Language,
    code: &str,
    argv: &[Value],
) -> Found {
    code::judge_with(walker, language, code, argv)?;
    written::remember(walker, code);
    written::loaded(walker, language, code)
}

/// Judges a script by its first line.
pub(super) fn script(walker: &mut Walker<'_>, text: &str) -> Found {
    let first = text.lines().next().unwrap_or_default();
    let program = first.trim_start_matches("#!").split_whitespace();
    let name = program
        .map(|word| word.rsplit('/').next().unwrap_or(word))
        .find(|word| *word != "env" && !word.starts_with('-'))
        .unwrap_or_default();
    match code::language(name) {
        Some(language) => code::judge(walker, language, text),
        None => Ok(()),
    }
}

/// A server of files: only what is the run's own.
fn served(walker: &Walker<'_>, args: &[Value]) -> Found {
    let at = args
        .iter()
        .position(|a| matches!(a.text(), "-d" | "--directory"));
    if let Some(folder) = at.and_then(|at| args.get(at + 1)) {
        let place = walker.target(folder, true).place;
        if !matches!(place, Place::Worktree | Place::Tmp | Place::Root) {
            return walker.deny(&net::UPLOAD, &folder.shown());
        }
    }
    Ok(())
}
