//! A config and this machine → checks: what was assumed, what was found, what to do.
//!
//! [`observe`] tries things and writes down facts, [`judge`] turns facts into
//! [`Check`]s without touching anything, [`mend`] does what is safe to do.
//!
//! Invariant: looking leaves nothing behind; the one thing that is written to the
//! forge, a branch, is deleted again, and only when probes are asked for.

pub mod check;
pub mod judge;
pub mod mend;
pub mod observe;

pub use check::{About, Check, Mend, Severity};

use crate::{clock::Clock, config::Config};
use observe::{agents, binary, forge, machine, sinks, state, unit, webhook};
use std::path::PathBuf;

/// How to look.
#[derive(Clone, Debug)]
pub struct How {
    /// The factory's executable.
    pub adf: PathBuf,
    /// Its version, with commit and date.
    pub version: &'static str,
    /// The moment.
    pub clock: Clock,
    /// Whether things are tried that start processes or write to the forge.
    pub probes: bool,
    /// The unit, where it is not in systemd's folders.
    pub unit: Option<PathBuf>,
    /// A checkout of the factory's own source.
    pub source: Option<PathBuf>,
    /// Where the forge reaches `[webhook] listen`.
    pub hook_url: Option<String>,
}

/// Everything: this machine, the unit, the agents, and the forge.
pub async fn examine(config: &Config, how: &How) -> Vec<Check> {
    let unit = unit::observe(config, how).await;
    let token = forge::token(config, unit.as_ref());
    let (machine, agents, sinks, hook, seen) = tokio::join!(
        machine::observe(config, how),
        agents::observe(config, how, unit.as_ref()),
        sinks::observe(config, unit.as_ref()),
        webhook::observe(config, unit.as_ref()),
        async {
            match &token {
                Ok(token) => Some(forge::observe(config, how, token).await),
                Err(_) => None,
            }
        },
    );
    let mut checks = judge::config(config);
    checks.extend(here(config, how, unit.as_ref(), true));
    checks.extend(judge::machine::checks(&config.settings, &machine));
    checks.extend(judge::agents::checks(&config.settings, &agents));
    checks.extend(judge::sinks::checks(&sinks));
    if let Some(hook) = &hook {
        let running = binary::running(&config.settings.state_dir);
        checks.extend(judge::webhook::checks(hook, running.as_ref()));
    }
    checks.push(judge::forge::token(&token));
    if let Some(seen) = &seen {
        checks.extend(judge::forge::checks(config, how, seen));
    }
    checks
}

/// The cheap half, for every start: files of this machine, no process and no request.
#[must_use]
pub fn glance(config: &Config, how: &How) -> Vec<Check> {
    let unit = unit::look(config, how);
    let mut checks = here(config, how, unit.as_ref(), false);
    let agents = agents::look(config, unit.as_ref());
    checks.extend(judge::agents::checks(&config.settings, &agents));
    checks.extend(judge::machine::no_git(machine::has_git()));
    checks
}

fn here(config: &Config, how: &How, unit: Option<&unit::Unit>, every_page: bool) -> Vec<Check> {
    let settings = &config.settings;
    let mut checks = judge::state::checks(
        settings,
        &state::observe(config, every_page, how.clock.now()),
    );
    checks.extend(judge::binary::checks(&binary::observe(config, how)));
    checks.extend(judge::unit::checks(config, how.version, unit));
    checks
}
