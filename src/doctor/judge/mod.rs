//! Facts → checks. Pure: the same facts give the same checks.
//!
//! Invariant: every fact that can be bad has a check that says so, with a remedy.

pub mod agents;
pub mod binary;
pub mod forge;
pub mod machine;
pub mod state;
pub mod unit;

use super::{About, Check};
use crate::config::Config;

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
        let found = format!("{path}: project {}, {agents} agents", settings.project);
        Check::ok(about, "config", found)
    }];
    checks.extend(config.warnings.iter().map(|fault| {
        let found = format!("line {}: {}: {}", fault.line, fault.key, fault.message);
        Check::warning(about, "config.warning", found, &fault.help)
    }));
    checks
}
