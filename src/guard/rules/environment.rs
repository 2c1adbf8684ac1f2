//! Variables of the environment by which a program starts others or writes
//! elsewhere, set for one command or exported for all that follow.
//!
//! Invariant: a variable that names a program is judged as that program, as
//! far as its value is known; prompts are expanded as a shell would.

use super::{builds, clouds, fs, guard};
use crate::guard::walk::{Command, Found, Walker};
use crate::guard::word::Value;

/// Variables that hold a shell's text.
const TEXTS: [&str; 16] = [
    "MANPAGER",
    "LESSOPEN",
    "LESSCLOSE",
    "EDITOR",
    "VISUAL",
    "BROWSER",
    "PAGER",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "CARGO_BUILD_RUSTC_WRAPPER",
    "RSYNC_RSH",
    "CVS_RSH",
    "SSH_ASKPASS",
    "SUDO_ASKPASS",
    "FZF_DEFAULT_COMMAND",
    "GIT_SSH_COMMAND",
];

/// Variables that name a tool of a build, with words of its own behind it.
const TOOLS: [&str; 14] = [
    "CC", "CXX", "LD", "AR", "AS", "CPP", "RUSTC", "RUSTDOC", "CARGO", "PYTHON", "NODE", "MAKE",
    "SHELL", "RANLIB",
];

/// What surrounds a command.
pub(super) fn judge(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    for (name, value) in command.env {
        one(name, value, walker)?;
        clouds::environment(name, value, walker)?;
    }
    if matches!(command.name, "export" | "declare" | "typeset") {
        for arg in command.args {
            if let Some((name, _)) = arg.text().split_once('=') {
                one(name, &arg.tail(name.len() + 1), walker)?;
            }
        }
    }
    Ok(())
}

fn one(name: &str, value: &Value, walker: &mut Walker<'_>) -> Found {
    guard::environment(name, value, walker)?;
    walker.prompt(name, value)?;
    if TEXTS.contains(&name) {
        let text = value.text();
        let code = value.tail(text.len() - text.trim_start_matches('|').len());
        walker.shell_text(&code)?;
    }
    let is_tool = TOOLS.contains(&name)
        || (name.starts_with("CARGO_TARGET_")
            && (name.ends_with("_RUNNER") || name.ends_with("_LINKER")));
    if is_tool && value.text().contains(' ') && !value.has_mark() {
        walker.shell_text(value)?;
    }
    if matches!(name, "MAKEFLAGS" | "GNUMAKEFLAGS") {
        builds::flags(walker, value.text())?;
    }
    if matches!(name, "CARGO_TARGET_DIR" | "GOBIN" | "CARGO_INSTALL_ROOT") && !value.has_mark() {
        fs::access(walker, fs::Access::Write, value)?;
    }
    Ok(())
}
