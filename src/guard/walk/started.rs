//! Programs that start another one in a way of their own: debuggers, bubbles,
//! daemons' starters, runners of several texts.
//!
//! Invariant: what they start is judged as if it stood alone; a form that is
//! not read here is left to the tables of `wrappers`.

use super::peel::tail;
use super::{Command, Found, Stream, Walker};
use crate::guard::code;
use crate::guard::word::Value;

/// Options of bubblewrap that take one and two words.
const BUBBLE_ONE: [&str; 28] = [
    "--chdir",
    "--unsetenv",
    "--proc",
    "--dev",
    "--tmpfs",
    "--mqueue",
    "--dir",
    "--uid",
    "--gid",
    "--hostname",
    "--lock-file",
    "--sync-fd",
    "--exec-label",
    "--file-label",
    "--seccomp",
    "--add-seccomp-fd",
    "--cap-add",
    "--cap-drop",
    "--perms",
    "--size",
    "--args",
    "--argv0",
    "--remount-ro",
    "--info-fd",
    "--json-status-fd",
    "--block-fd",
    "--userns",
    "--overlay-src",
];
const BUBBLE_TWO: [&str; 13] = [
    "--bind",
    "--bind-try",
    "--dev-bind",
    "--dev-bind-try",
    "--ro-bind",
    "--ro-bind-try",
    "--symlink",
    "--setenv",
    "--file",
    "--bind-data",
    "--ro-bind-data",
    "--chmod",
    "--bind-fd",
];

/// Starts what such a program starts; none when it is none of them.
pub(super) fn run(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Option<Stream>> {
    let args = command.args;
    let out = match command.name {
        "bwrap" => walker.run(bubble(args), command.stdin.clone(), command.env)?,
        "capsh" => {
            let at = args
                .iter()
                .position(|a| matches!(a.text(), "--" | "==" | "-+" | "=+"));
            let mut argv = vec![Value::new("bash")];
            argv.extend(
                tail(args, at.map_or(args.len(), |at| at + 1))
                    .iter()
                    .cloned(),
            );
            walker.run(&argv, command.stdin.clone(), command.env)?
        }
        "start-stop-daemon" => {
            let Some(program) = after(args, &["-x", "--exec", "-a", "--startas"]) else {
                return Ok(None);
            };
            let dashes = args.iter().position(|a| a.text() == "--");
            let mut argv = vec![program];
            argv.extend(
                tail(args, dashes.map_or(args.len(), |at| at + 1))
                    .iter()
                    .cloned(),
            );
            walker.run(&argv, command.stdin.clone(), command.env)?
        }
        "gdb" | "lldb" => return debugger(command, walker).map(Some),
        "concurrently" => {
            let valued = [
                "-n",
                "--names",
                "-c",
                "-p",
                "--prefix",
                "-l",
                "-m",
                "--restart-tries",
            ];
            for (n, text) in args.iter().enumerate() {
                let is_value = n > 0 && valued.contains(&args[n - 1].text());
                // `npm:test` names a script of the package.
                let named = ["npm:", "pnpm:", "yarn:", "bun:", "node:", "deno:"];
                let is_script = named.iter().any(|tool| text.text().starts_with(tool));
                if !text.text().starts_with('-') && !is_value && !is_script {
                    walker.shell_text(text)?;
                }
            }
            Stream::Unknown
        }
        _ => return Ok(None),
    };
    Ok(Some(out))
}

/// The command of a bubble.
fn bubble(args: &[Value]) -> &[Value] {
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        let text = arg.text();
        at += match text {
            "--" => return tail(args, at + 1),
            "--overlay" => 4,
            _ if BUBBLE_TWO.contains(&text) => 3,
            _ if BUBBLE_ONE.contains(&text) => 2,
            _ if text.starts_with('-') => 1,
            _ => break,
        };
    }
    tail(args, at)
}

/// The word behind an option, or glued to it.
fn after(args: &[Value], options: &[&str]) -> Option<Value> {
    args.iter().enumerate().find_map(|(n, arg)| {
        if options.contains(&arg.text()) {
            return args.get(n + 1).cloned();
        }
        let (option, _) = arg.text().split_once('=')?;
        options
            .contains(&option)
            .then(|| arg.tail(option.len() + 1))
    })
}

/// A debugger's program, and the shell commands among its own.
fn debugger(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Stream> {
    let args = command.args;
    for pair in args.windows(2) {
        let takes = ["-ex", "--eval-command", "-iex", "-o", "-O", "--one-line"];
        if !takes.contains(&pair[0].text()) {
            continue;
        }
        let text = pair[1].text().trim_start();
        let shell = ["shell ", "!", "platform shell ", "make ", "pipe "];
        if let Some(code) = shell.iter().find_map(|p| text.strip_prefix(p)) {
            walker.shell_text(&Value::new(code))?;
        }
        let calls = ["system(", "system (", "popen("];
        for (_, rest) in calls.iter().filter_map(|call| text.split_once(call)) {
            if let Some(code) = rest.split('"').nth(1) {
                walker.shell_text(&Value::new(code))?;
            }
        }
        let script = ["python ", "py ", "script "];
        if let Some(code) = script.iter().find_map(|p| text.strip_prefix(p))
            && let Some(language) = code::language("python3")
        {
            code::judge(walker, language, code)?;
        }
        if let Some(number) = text.strip_prefix("attach ") {
            crate::guard::rules::processes::others(walker, &Value::new(number.trim()))?;
        }
    }
    let mark = if command.name == "gdb" {
        "--args"
    } else {
        "--"
    };
    let at = args
        .iter()
        .position(|a| a.text() == mark || a.text() == "-args");
    match at {
        Some(at) => walker.run(tail(args, at + 1), command.stdin.clone(), command.env),
        None => Ok(Stream::Unknown),
    }
}
