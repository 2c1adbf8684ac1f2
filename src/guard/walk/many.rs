//! Programs that run a command once for each of many things: `xargs`,
//! `parallel`, `find -exec`, `fd -x`.
//!
//! Invariant: the command is judged with what it would be given: the names
//! that flow in, the paths below where the search begins, or nobody knows.

use super::peel::operand;
use super::substitute::below;
use super::{Command, Found, Stream, Walker};
use crate::guard::place::Place;
use crate::guard::rules::{fs, searches};
use crate::guard::word::{OPAQUE, PLAIN, PRIVATE, SECRET, Value, joined};

/// What a stream is as the arguments that `xargs` makes of it.
fn items(stream: &Stream) -> Vec<Value> {
    match stream {
        Stream::Empty => Vec::new(),
        Stream::Text(text) => text.split_whitespace().map(Value::new).collect(),
        Stream::Paths(roots) => roots.iter().map(below).collect(),
        Stream::Plain => vec![Value::mark(PLAIN)],
        Stream::Secret => vec![Value::mark(SECRET)],
        Stream::Private => vec![Value::mark(PRIVATE)],
        _ => vec![Value::mark(OPAQUE)],
    }
}

pub(super) fn xargs(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Stream> {
    let args = command.args;
    let longs = [
        "arg-file",
        "delimiter",
        "max-lines",
        "max-args",
        "max-procs",
        "max-chars",
        "process-slot-var",
        "replace",
    ];
    let at = operand(args, "aEIdLnPsR", &longs[..7], 0).unwrap_or(args.len());
    let mut mark = None;
    let options = args.get(..at).unwrap_or_default();
    for (n, option) in options.iter().enumerate() {
        let text = option.text();
        if text == "-I" || text == "-J" {
            mark = options.get(n + 1).map(Value::text);
        } else if let Some(rest) = text.strip_prefix("-I").or(text.strip_prefix("--replace=")) {
            mark = Some(rest);
        } else if text == "-i" || text == "--replace" {
            mark = Some("{}");
        }
    }
    let by_line = mark.is_some()
        || options.iter().any(|o| {
            o.text().starts_with("-d")
                || o.text().starts_with("-0")
                || o.text().starts_with("--null")
                || o.text().starts_with("--delim")
        });
    let mut given = match command.stdin {
        Stream::Text(text) if by_line => text
            .split(['\n', '\0'])
            .filter(|l| !l.is_empty())
            .map(Value::new)
            .collect(),
        stream => items(stream),
    };
    if options
        .iter()
        .any(|o| matches!(o.text(), "-a") || o.text().starts_with("--arg-file"))
    {
        given = vec![Value::mark(OPAQUE)];
    }
    let inner = args.get(at..).unwrap_or_default();
    if inner.is_empty() {
        return Ok(command.stdin.clone());
    }
    Ok(each(walker, inner, mark, &given)?.filtered())
}

/// Runs an argv with things put in place of a mark, or behind it.
fn each(
    walker: &mut Walker<'_>,
    argv: &[Value],
    mark: Option<&str>,
    given: &[Value],
) -> Found<Stream> {
    let kept = walker.state.clone();
    let mut out = Stream::Empty;
    if let Some(mark) = mark {
        for one in given.iter().take(16) {
            let argv: Vec<Value> = argv.iter().map(|arg| put(arg, mark, one)).collect();
            out = out.then(walker.run(&argv, Stream::Empty, &[])?);
        }
        if given.len() > 16 {
            let argv: Vec<Value> = argv
                .iter()
                .map(|arg| put(arg, mark, &Value::mark(OPAQUE)))
                .collect();
            out = out.then(walker.run(&argv, Stream::Empty, &[])?);
        }
    } else {
        let mut argv = argv.to_vec();
        argv.extend_from_slice(given);
        out = out.then(walker.run(&argv, Stream::Empty, &[])?);
    }
    walker.restore(kept);
    Ok(out)
}

fn put(arg: &Value, mark: &str, one: &Value) -> Value {
    if mark.is_empty() || !arg.text().contains(mark) {
        return arg.clone();
    }
    let text = arg.text().replace(mark, one.text());
    if one.glob || arg.glob {
        Value::pattern(text)
    } else {
        Value::new(text)
    }
}

pub(super) fn parallel(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Stream> {
    let args = command.args;
    let at = operand(
        args,
        "jnNLPSaIC",
        &[
            "jobs", "joblog", "arg-file", "colsep", "delay", "retries", "timeout", "results",
        ],
        0,
    );
    let rest = args.get(at.unwrap_or(args.len())..).unwrap_or_default();
    let from = rest.iter().position(|a| a.text().starts_with(":::"));
    let (argv, given) = match from {
        Some(at) => {
            let given = rest.get(at + 1..).unwrap_or_default();
            (rest.get(..at).unwrap_or_default(), given.to_vec())
        }
        None => (rest, items(command.stdin)),
    };
    if argv.is_empty() {
        // Each thing is a command by itself.
        for text in &given {
            walker.shell_text(text)?;
        }
        return Ok(Stream::Unknown);
    }
    let text = joined(argv, " ");
    let has_mark = text.text().contains("{}");
    for one in &given {
        let quoted = Value::new(super::run::requoted(one));
        let text = if has_mark {
            put(&text, "{}", &quoted)
        } else {
            Value::new(format!("{} {}", text.text(), quoted.text()))
        };
        walker.shell_text(&text)?;
    }
    Ok(Stream::Unknown)
}

pub(super) fn find(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Stream> {
    let roots = roots(command.args);
    let patterns = searches::patterns(command.args);
    let secret = |root| searches::found(walker, root, &patterns).map(Value::new);
    let secrets: Vec<Value> = roots.iter().filter_map(secret).collect();
    let mut args = command.args.iter().enumerate();
    while let Some((at, arg)) = args.next() {
        let runs = ["-exec", "-execdir", "-ok", "-okdir"].contains(&arg.text());
        if !runs {
            continue;
        }
        let rest = command.args.get(at + 1..).unwrap_or_default();
        let ends = |a: &Value| a.text() == ";";
        let plus = |n: usize| n > 0 && rest[n].text() == "+" && rest[n - 1].text() == "{}";
        let end = (0..rest.len()).find(|n| ends(&rest[*n]) || plus(*n));
        let argv = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        // A search for anything hands on where it begins, and the git directory in it.
        let all = !fs::narrows(command.args);
        let given: Vec<Value> = roots
            .iter()
            .map(|root| if all { root.clone() } else { found(root) })
            .chain(secrets.iter().cloned())
            .collect();
        let out = each(walker, argv, Some("{}"), &given)?;
        walker.aside(&out)?;
        if let Some(end) = end {
            args.nth(end);
        }
    }
    let mut handed = roots;
    if !fs::narrows(command.args) {
        let whole = handed
            .iter()
            .any(|root| walker.target(root, true).place == Place::Root);
        handed.extend(whole.then(|| Value::pattern("./.*")));
    }
    handed.extend(secrets);
    Ok(Stream::Paths(handed))
}

/// What a search hands on: it may be anything below, and the root too.
fn found(root: &Value) -> Value {
    if root.is_open() {
        root.clone()
    } else {
        below(root)
    }
}

/// Where a search begins.
pub(crate) fn roots(args: &[Value]) -> Vec<Value> {
    let skipped = args
        .iter()
        .skip_while(|a| matches!(a.text(), "-L" | "-H" | "-P"));
    let roots: Vec<Value> = skipped
        .take_while(|a| !a.text().starts_with(['-', '(', '!']))
        .cloned()
        .collect();
    if roots.is_empty() {
        vec![Value::new(".")]
    } else {
        roots
    }
}

pub(super) fn fd(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Stream> {
    let args = command.args;
    let at = args
        .iter()
        .position(|a| matches!(a.text(), "-x" | "-X" | "--exec" | "--exec-batch"));
    let before = args.get(..at.unwrap_or(args.len())).unwrap_or_default();
    let operands: Vec<&Value> = before
        .iter()
        .filter(|a| !a.text().starts_with('-'))
        .collect();
    let mut roots: Vec<Value> = operands.iter().skip(1).map(|v| (*v).clone()).collect();
    if roots.is_empty() {
        roots.push(Value::new("."));
    }
    if let Some(at) = at {
        let argv = args.get(at + 1..).unwrap_or_default();
        let end = argv
            .iter()
            .position(|a| a.text() == ";")
            .unwrap_or(argv.len());
        let argv = argv.get(..end).unwrap_or_default();
        let given: Vec<Value> = roots.iter().map(found).collect();
        let has_mark = argv.iter().any(|a| a.text().contains("{}"));
        let out = each(walker, argv, has_mark.then_some("{}"), &given)?;
        walker.aside(&out)?;
    }
    Ok(Stream::Paths(roots))
}
