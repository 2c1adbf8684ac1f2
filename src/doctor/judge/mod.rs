//! Facts → checks. Pure: the same facts give the same checks.
//!
//! Invariant: every fact that can be bad has a check that says so, with a remedy.

pub mod agents;
pub mod binary;
pub mod forge;
pub mod machine;
mod passed;
pub mod sinks;
pub mod state;
pub mod unit;
pub mod webhook;

use super::{About, Check, Mend};
use crate::config::{Config, Fault, SecretError, Severity};
use crate::model::counted;
use std::path::Path;

/// The config, which was taken, and what is odd about it.
#[must_use]
pub fn config(config: &Config) -> Vec<Check> {
    let settings = &config.settings;
    let (agents, path) = (settings.agents.len(), config.path.display());
    let about = About::Config;
    let mut checks = vec![if agents == 0 {
        let remedy = "add [[agents]] with a name and a provider, or run `adf init`";
        let found = format!("{path} names no agent, so nobody can be mentioned");
        Check::warning(about, "config", found, remedy)
    } else {
        let agents = counted(agents, "agent");
        let found = format!("{path}: project {}, {agents}", settings.project);
        Check::ok(about, "config", found)
    }];
    let warning = |fault| Check::warning(about, "config.warning", told(fault), &fault.help);
    checks.extend(config.warnings.iter().map(warning));
    checks
}

/// A fault in one line; one of the whole file has neither line nor key.
fn told(fault: &Fault) -> String {
    let (file, line, message) = (fault.file.display(), fault.line, &fault.message);
    match fault.key.as_str() {
        "" if (line, fault.column) == (1, 1) => format!("{file}: {message}"),
        "" => format!("{file}:{line}: {message}"),
        key => format!("{file}:{line}: {key}: {message}"),
    }
}

/// The faults of a config that was refused.
#[must_use]
pub fn refused(faults: &[Fault]) -> Vec<Check> {
    let check = |fault: &Fault| {
        let found = told(fault);
        match fault.severity {
            Severity::Error => Check::error(About::Config, "config", found, &fault.help),
            Severity::Warning => {
                Check::warning(About::Config, "config.warning", found, &fault.help)
            }
        }
    };
    faults.iter().map(check).collect()
}

/// A path as a word of a shell.
fn shell(path: &Path) -> String {
    let text = path.to_string_lossy();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=:,@%".contains(c);
    if text.chars().all(is_plain) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A secret that cannot be had: `write` helps where its file is not there, `make` where
/// the error names no remedy.
fn secret(name: &str, error: &SecretError, write: &str, make: &str) -> Check {
    match error {
        SecretError::Exposed { path, mode } => {
            let found = format!("{} has mode {mode:04o}: others can read it", path.display());
            let remedy = format!("chmod 600 {}", shell(path));
            let mend = Mend::Mode {
                path: path.clone(),
                mode: 0o600,
            };
            Check::error(About::Config, name, found, remedy).mended_by(mend)
        }
        SecretError::Unreadable { path, error } => {
            let found = format!("{}: {error}", path.display());
            Check::error(About::Config, name, found, write)
        }
        error => {
            let text = error.to_string();
            let (found, remedy) = text.split_once("; ").unwrap_or((&text, make));
            Check::error(About::Config, name, found, remedy)
        }
    }
}
