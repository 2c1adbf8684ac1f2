//! `[roles]` and an agent's `role`, `paths` and `connect`: what it may do.
//!
//! Invariant: every agent has a role that exists, and what its role forbids its provider
//! can do without.

use super::Resolver;
use crate::config::document::child;
use crate::config::{explain, raw};
use crate::model::settings::Provider;
use crate::model::{Ports, RoleContext};
use std::collections::BTreeMap;

/// The role of an agent that names none and is not called like one.
const DEFAULT: &str = "developer";
/// Where builds put what they make.
const OUTPUTS: [&str; 4] = ["target/", "build/", "dist/", "node_modules/"];
/// What an architect writes.
const DOCUMENTS: [&str; 6] = [
    "docs/",
    "README.md",
    "ARCHITECTURE.md",
    "DESIGN.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
];
/// All of the workspace.
const ALL: &str = "/";

/// The roles that are there without a config.
fn shipped() -> BTreeMap<String, RoleContext> {
    let role = |name: &str, edits: Option<&[&str]>, outputs: &[&str], may_run| {
        let owned = |paths: &[&str]| paths.iter().map(|p| (*p).to_owned()).collect();
        let role = RoleContext {
            role: name.to_owned(),
            edits: edits.map(owned),
            outputs: owned(outputs),
            may_run,
        };
        (name.to_owned(), role)
    };
    BTreeMap::from([
        role("architect", Some(&DOCUMENTS), &[], false),
        role(DEFAULT, None, &OUTPUTS, true),
        role("reviewer", Some(&[]), &[], true),
        role("security", Some(&[]), &[], true),
        role("qa", Some(&[]), &OUTPUTS, true),
    ])
}

impl Resolver<'_, '_> {
    /// The table of roles.
    pub(super) fn roles(
        &mut self,
        raw: BTreeMap<String, raw::Role>,
    ) -> BTreeMap<String, RoleContext> {
        let mut roles = shipped();
        for (name, written) in raw {
            let at = child("/roles", &name);
            let mut role = roles.remove(&name).unwrap_or_else(|| RoleContext {
                role: name.clone(),
                edits: Some(Vec::new()),
                outputs: Vec::new(),
                may_run: false,
            });
            if let Some(paths) = written.edit {
                role.edits = self.edits(paths, &child(&at, "edit"));
            }
            if let Some(paths) = written.outputs {
                role.outputs = self.inner_paths(paths, &child(&at, "outputs"));
            }
            role.may_run = written.run.unwrap_or(role.may_run);
            roles.insert(name, role);
        }
        roles
    }

    /// What an agent may do.
    pub(super) fn role(
        &mut self,
        at: &str,
        agent: &raw::Agent,
        roles: &BTreeMap<String, RoleContext>,
    ) -> RoleContext {
        let by_name = if roles.contains_key(&agent.name) {
            agent.name.as_str()
        } else {
            DEFAULT
        };
        let name = agent.role.as_deref().unwrap_or(by_name);
        let Some(role) = roles.get(name) else {
            let names: Vec<String> = roles.keys().cloned().collect();
            let help = explain::offer(explain::nearest(name, &names), &names, "roles");
            let message = format!("no role is called `{name}`");
            self.faults.error(&child(at, "role"), message, help);
            return shipped().remove(DEFAULT).unwrap_or_else(|| RoleContext {
                role: name.to_owned(),
                edits: Some(Vec::new()),
                outputs: Vec::new(),
                may_run: false,
            });
        };
        let mut role = role.clone();
        if let Some(paths) = &agent.paths {
            let paths_at = child(at, "paths");
            if !role.may_edit() {
                let message = format!("`paths` has no effect: the role `{name}` edits nothing");
                let help = "take it out, or give the agent a role that edits";
                self.faults.error(&paths_at, message, help);
            }
            role.edits = self.edits(paths.clone(), &paths_at);
        }
        role
    }

    /// What a role forbids its provider must be able to do without.
    pub(super) fn role_suits(&mut self, at: &str, role: &RoleContext, provider: Option<&Provider>) {
        if matches!(provider, Some(Provider::Codex(_))) && !role.may_run {
            let message = format!(
                "the role `{}` runs nothing, and codex reads files with its shell alone",
                role.role
            );
            let help = "choose another provider, or a role with run = true";
            // Its role may be that of its name.
            let written = child(at, "role");
            let key = if self.faults.doc.has(&written) {
                "role"
            } else {
                "name"
            };
            self.faults.error(&child(at, key), message, help);
        }
    }

    fn edits(&mut self, paths: Vec<String>, at: &str) -> Option<Vec<String>> {
        if paths == [ALL] {
            return None;
        }
        Some(self.inner_paths(paths, at))
    }

    fn inner_paths(&mut self, paths: Vec<String>, at: &str) -> Vec<String> {
        for (n, path) in paths.iter().enumerate() {
            self.plain_path(path, &child(at, &n.to_string()));
        }
        paths
    }

    /// Ports as they are written, in order and once.
    pub(super) fn ports(&mut self, raw: &[raw::Port], at: &str) -> Vec<Ports> {
        let mut ports = Vec::new();
        for (n, written) in raw.iter().enumerate() {
            match written.text().parse() {
                Ok(range) => ports.push(range),
                Err(error) => {
                    let help = "a port such as 443, or a range such as \"32768-60999\"";
                    let message: String = error;
                    self.faults.error(&child(at, &n.to_string()), message, help);
                }
            }
        }
        ports.sort_unstable();
        ports.dedup();
        ports
    }
}
