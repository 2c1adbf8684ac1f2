//! Settings of git: those that run programs, name hooks or redirect what is sent.
//!
//! Invariant: reading settings is allowed; a plain setting of the own clone
//! too. A setting that names a program is judged as the program it names, and
//! those that name hooks or filters are denied whatever they say.

use super::guard::{GIT_PROGRAM, HOOKS_PATH};
use super::secrets;
use crate::guard::args::{self, Spec};
use crate::guard::walk::{Found, Walker};
use crate::guard::word::Value;

/// Settings whose value is a program that git would start.
const CODE: [&str; 5] = [
    "core.pager",
    "core.editor",
    "diff.external",
    "sequence.editor",
    "interactive.difffilter",
];

/// Variables of the environment that name a program for git.
const ENVIRONMENT: [&str; 9] = [
    "GIT_PAGER",
    "GIT_EDITOR",
    "GIT_SEQUENCE_EDITOR",
    "GIT_SSH_COMMAND",
    "GIT_SSH",
    "GIT_EXTERNAL_DIFF",
    "GIT_ASKPASS",
    "GIT_PROXY_COMMAND",
    "PAGER",
];

/// How a setting is judged.
enum Kind {
    Plain,
    /// Its value is run.
    Code,
    /// It names hooks, or the guard's own ways around.
    Hooks,
    /// It runs programs in a way that is not the agent's to set.
    Program,
    Alias,
}

fn kind(name: &str) -> Kind {
    let name = name.to_ascii_lowercase();
    let last = name.rsplit('.').next().unwrap_or_default();
    if name.starts_with("alias.") {
        return Kind::Alias;
    }
    if matches!(
        name.as_str(),
        "core.hookspath" | "init.templatedir" | "core.worktree" | "core"
    ) {
        return Kind::Hooks;
    }
    if CODE.contains(&name.as_str()) || name.starts_with("pager.") {
        return Kind::Code;
    }
    let within = |section: &str| name.starts_with(section);
    let program = matches!(
        name.as_str(),
        "core.fsmonitor"
            | "core.askpass"
            | "core.gitproxy"
            | "core.attributesfile"
            | "uploadpack.packobjectshook"
            | "imap.tunnel"
            | "sendemail.smtpserver"
    ) || ["include.", "includeif.", "credential.", "http.", "protocol."].iter().any(|s| within(s))
        // Whatever section it is in: gpg.*.program, trailer.*.command, man.*.cmd.
        || ["program", "command", "cmd"].iter().any(|end| last.ends_with(end))
        || matches!(last, "textconv" | "clean" | "smudge" | "process" | "driver" | "vcs")
        || (within("url.") && last.contains("insteadof"))
        || ((name.contains("tool.") || within("lfs.")) && last == "path")
        || (within("remote.") && matches!(last, "pushurl" | "uploadpack" | "receivepack"))
        || (within("submodule.") && last == "update");
    if program { Kind::Program } else { Kind::Plain }
}

/// One setting with its value.
fn setting(
    walker: &mut Walker<'_>,
    name: &str,
    value: &Value,
    aliases: &mut Vec<(String, String)>,
) -> Found {
    match kind(name) {
        Kind::Plain => Ok(()),
        Kind::Hooks => walker.deny(&HOOKS_PATH, name),
        Kind::Program
            if matches!(value.text(), "false" | "true" | "") && !name.contains("http") =>
        {
            Ok(())
        }
        Kind::Program => walker.deny(&GIT_PROGRAM, name),
        Kind::Code => walker.shell_text(value).map(|_| ()),
        Kind::Alias => {
            let alias = name.get(6..).unwrap_or_default().to_owned();
            if let Some(code) = value.text().strip_prefix('!') {
                walker.shell_text(&Value::new(code))?;
            }
            aliases.push((alias, value.text().to_owned()));
            Ok(())
        }
    }
}

/// `-c name=value`.
pub(super) fn pair(
    walker: &mut Walker<'_>,
    pair: &Value,
    aliases: &mut Vec<(String, String)>,
) -> Found {
    let text = pair.text();
    let (name, value) = match text.split_once('=') {
        Some((name, _)) => (name, pair.tail(name.len() + 1)),
        None => (text, Value::default()),
    };
    setting(walker, name, &value, aliases)
}

/// What the environment sets for git.
pub(super) fn environment(walker: &mut Walker<'_>, env: &[(String, Value)]) -> Found {
    let mut keys: Vec<(String, Value)> = env.to_vec();
    for (name, values) in &walker.state.variables {
        if name.starts_with("GIT_")
            && let Some(value) = values.first().and_then(|v| v.first())
        {
            keys.push((name.clone(), value.clone()));
        }
    }
    let find = |wanted: &str| {
        keys.iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, v)| v.clone())
    };
    for (name, value) in &keys {
        if ENVIRONMENT.contains(&name.as_str()) {
            walker.shell_text(value)?;
        }
        if let Some(n) = name.strip_prefix("GIT_CONFIG_KEY_") {
            let text = find(&format!("GIT_CONFIG_VALUE_{n}")).unwrap_or_default();
            setting(walker, value.text(), &text, &mut Vec::new())?;
        }
        if name == "GIT_CONFIG_PARAMETERS" {
            walker.deny(&GIT_PROGRAM, name)?;
        }
        if matches!(
            name.as_str(),
            "GIT_CONFIG_GLOBAL" | "GIT_CONFIG_SYSTEM" | "GIT_TEMPLATE_DIR" | "GIT_EXEC_PATH"
        ) && value.text() != "/dev/null"
        {
            walker.deny(&GIT_PROGRAM, name)?;
        }
    }
    Ok(())
}

/// `git config`.
pub(super) fn config(args: &[Value], walker: &mut Walker<'_>) -> Found {
    let spec = Spec {
        valued: "f",
        longs: &["file", "type", "default", "blob", "comment", "value"],
    };
    let parsed = args::parse(args, &spec);
    let reads = parsed.any(&[
        "get",
        "get-all",
        "get-regexp",
        "list",
        "l",
        "get-urlmatch",
        "show-origin",
    ]);
    let mut words: Vec<&Value> = parsed.operands.clone();
    let verb = words.first().map(|v| v.text());
    if reads || matches!(verb, Some("get" | "list")) {
        return Ok(());
    }
    let verb = match verb {
        Some(verb @ ("set" | "unset" | "edit" | "rename-section" | "remove-section")) => {
            words.remove(0);
            verb
        }
        _ => "",
    };
    let removes = verb.starts_with("un")
        || verb.starts_with("re")
        || parsed.any(&["unset", "unset-all", "remove-section", "rename-section"]);
    let Some(name) = words.first() else {
        return Ok(());
    };
    if words.len() == 1 && verb.is_empty() && !removes && !parsed.any(&["edit", "e"]) {
        // A name alone asks for its value; a secret one is shown by nothing else.
        return Ok(());
    }
    if parsed.any(&["system"]) {
        return walker.deny(
            &super::fs::WRITE_OUTSIDE,
            "the settings of git for all repositories",
        );
    }
    if let Some(file) = parsed.value(&["f", "file"]) {
        super::fs::access(walker, super::fs::Access::Write, file)?;
    }
    if name.has_mark() {
        return walker.doubtful(&GIT_PROGRAM, &name.shown());
    }
    if removes && matches!(kind(name.text()), Kind::Plain | Kind::Alias | Kind::Code) {
        return Ok(());
    }
    let value = words.get(1).copied().cloned().unwrap_or_default();
    if value.has(crate::guard::word::SECRET) {
        return walker.deny(&secrets::SHOW, name.text());
    }
    let mut aliases = Vec::new();
    setting(walker, name.text(), &value, &mut aliases)?;
    for (alias, text) in aliases {
        walker.state.aliases.insert(format!("git {alias}"), text);
    }
    Ok(())
}
