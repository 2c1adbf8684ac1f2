//! What a program would show or keep of the environment: all of it, a variable
//! by its name, or what flows in.
//!
//! Invariant: names and whether they are set may be asked; a program that is not
//! here is judged by what flows out of it.

use super::secrets::SHOW;
use crate::guard::args::{self, Spec};
use crate::guard::walk::{Command, Found, Walker, parameters};
use crate::guard::word::Value;

/// Judges what a program shows of the environment without a word of it being a secret.
pub(super) fn judge(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    match command.name {
        "jq" | "gojq" | "yq" => {
            let program = command.args.iter().find(|a| !a.text().starts_with('-'));
            environment_of(program.map_or("", Value::text), walker)?;
        }
        "ps" if lists_environments(command.args) => walker.deny(&SHOW, "the environment")?,
        "docker" | "podman" | "nerdctl" => handed_on(command, walker)?,
        "kubectl" | "oc" if asks_for_secrets(command.args) => {
            walker.deny(&SHOW, &command.shown())?;
        }
        _ => {}
    }
    if command.stdin.is_secret() {
        kept(command, walker)?;
    }
    Ok(())
}

/// The cluster's secrets by their address.
fn asks_for_secrets(args: &[Value]) -> bool {
    let is_raw = |a: &Value| a.text().starts_with("--raw");
    let named = |a: &Value| a.text().split(['/', '?']).any(|part| part == "secrets");
    args.iter().any(is_raw) && args.iter().any(|a| a.text().contains('/') && named(a))
}

/// What flows in is written by the program itself.
fn kept(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    const SPEC: Spec = Spec {
        valued: "o",
        longs: &["output", "out"],
    };
    let parsed = args::parse(command.args, &SPEC);
    let mut files = match command.name {
        "sort" | "openssl" | "gpg" | "gpg2" | "age" => parsed.values(&["o", "output", "out"]),
        "tee" | "sponge" | "split" | "csplit" | "dd" => parsed.operands.clone(),
        _ => return Ok(()),
    };
    if command.name == "dd" {
        files.retain(|file| file.text().starts_with("of="));
    }
    let nowhere = |file: &&Value| matches!(file.text(), "/dev/null" | "of=/dev/null" | "-");
    match files.into_iter().find(|file| !nowhere(file)) {
        Some(file) => walker.deny(&SHOW, &file.shown()),
        None => Ok(()),
    }
}

/// Letters without a dash are options of ps: `e` shows environments.
fn lists_environments(args: &[Value]) -> bool {
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let text = arg.text();
        let letters = text.trim_start_matches('-');
        let takes = letters.ends_with(['o', 'O', 'p', 'C', 'u', 'U', 'g', 'G', 't', 'q', 's'])
            || matches!(text, "--format" | "--pid" | "--ppid" | "--user" | "--sort");
        let is_bsd =
            letters.len() == text.len() && letters.bytes().all(|b| b.is_ascii_alphabetic());
        if is_bsd && letters.contains('e') {
            return true;
        }
        // `u` and `s` of letters without a dash take nothing.
        if takes && !(is_bsd && text.ends_with(['u', 's', 'g', 't', 'C'])) {
            args.next();
        }
    }
    false
}

/// `-e NAME` without a value hands on what the environment holds.
fn handed_on(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let mut args = command.args.iter();
    while let Some(arg) = args.next() {
        let text = arg.text();
        let name = match text {
            "-e" | "--env" => args.next().map(Value::text),
            _ => text.strip_prefix("--env=").or(text.strip_prefix("-e")),
        };
        let Some(name) = name.filter(|name| !name.contains('=')) else {
            continue;
        };
        let own = walker.state.get(name).is_some() || command.env.iter().any(|(n, _)| n == name);
        if parameters::is_secret_name(name) && !own {
            walker.deny(&SHOW, name)?;
        }
    }
    Ok(())
}

/// `env` and `$ENV` of jq: all of it, or a secret of it.
fn environment_of(program: &str, walker: &Walker<'_>) -> Found {
    for (at, name) in program
        .match_indices("$ENV")
        .chain(program.match_indices("env"))
    {
        let rest = program.get(at + name.len()..).unwrap_or_default();
        let before = program.get(..at).unwrap_or_default();
        let is_word = |c: char| c.is_alphanumeric() || "._$\"".contains(c);
        if before.ends_with(is_word)
            || (name == "env" && rest.starts_with(is_word) && !rest.starts_with('.'))
        {
            continue;
        }
        let end = rest.find(|c: char| !c.is_alphanumeric() && !"._".contains(c));
        let field = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let field = field.trim_start_matches('.');
        if field.is_empty() || parameters::is_secret_name(field) {
            walker.deny(&SHOW, program)?;
        }
    }
    Ok(())
}
