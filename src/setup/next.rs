//! Files that were written → what is left to do, in order. Pure.
//!
//! Invariant: each step is true of this layout: a unit that lies where systemd does not look is
//! put there first, and a token that is there is not asked for.

use super::files;
use super::wishes::Wishes;
use std::path::Path;

/// Where systemd looks for units.
pub const UNITS: &str = "/etc/systemd/system";

/// What is on the machine already.
#[derive(Clone, Copy, Debug)]
pub struct There {
    /// The token has been written.
    pub token: bool,
    /// The summary that agents are to read was made, in this checkout.
    pub summary: bool,
    /// The folder of the state exists.
    pub state: bool,
    /// Who set it up is root.
    pub root: bool,
}

/// The steps, in order.
#[must_use]
pub fn steps(wishes: &Wishes, there: There) -> Vec<String> {
    let (config, project) = (files::config_path(wishes), &wishes.project);
    let (config, sudo) = (config.display(), if there.root { "" } else { "sudo " });
    let mut steps = Vec::new();
    if !there.token {
        let token = files::token_path(wishes);
        steps.push(format!(
            "write the token of the factory's account into {}",
            token.display()
        ));
    }
    if there.summary {
        steps.push(format!(
            "commit and push {}: agents work in clones of the repository, and read it there",
            super::summary::PATH
        ));
    }
    steps.push(format!("adf doctor --fix --config {config}"));
    steps.push(format!("adf smoke --embedded --config {config}"));
    steps.push(format!(
        "adf smoke --config {config} --as-token-file FILE (a token of yours, not the factory's)"
    ));
    if !wishes.is_system() && !there.state && (there.root || !wishes.is_below()) {
        steps.push(format!(
            "{sudo}install -d -m 0700 -o {} {}",
            wishes.user,
            wishes.state_dir.display()
        ));
    }
    let start =
        format!("{sudo}systemctl daemon-reload && {sudo}systemctl enable --now adf@{project}");
    steps.push(if wishes.unit.starts_with(UNITS) {
        start
    } else {
        // By the instance's own name, which goes before a template that serves others.
        let unit = Path::new(UNITS).join(format!("adf@{project}.service"));
        format!(
            "as a service of this machine, which runs as `{}`: {sudo}install -m 0644 {} {} && {start}",
            wishes.user,
            wishes.unit.display(),
            unit.display()
        )
    });
    steps
}

/// When an agent coordinates: when it begins, and where it reports.
#[must_use]
pub fn coordination(wishes: &Wishes) -> Option<String> {
    let (line, issue) = &wishes.cron;
    let place = match issue {
        Some(issue) => format!("issue #{issue}"),
        None => "an issue that the factory opens when its first slot comes".to_owned(),
    };
    wishes.has_coordinator().then(|| {
        format!(
            "The agent `coordinator` begins at `{line}` (--cron-schedule says otherwise), reports on {place}, and can be called as `@adf:coordinator` at any time."
        )
    })
}
