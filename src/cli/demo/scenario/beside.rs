//! A second factory beside the first: the same repository, account and agents, and a
//! state directory, so a ledger, a name and a key for marks, of its own.
//!
//! Invariant: neither knows of the other but by what both read on the forge.

use crate::cli::demo::place::Place;
use crate::sandbox::child::Daemon;
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};

/// The state of the first, as its config has it, and of the second.
const STATES: [&str; 2] = ["state_dir = \"state\"", "state_dir = \"state-2\""];

/// Starts it; it logs beside the first one.
pub(super) fn start(adf: &Path, place: &Place) -> anyhow::Result<Daemon> {
    let text = std::fs::read_to_string(&place.config)?;
    ensure!(text.contains(STATES[0]), "the config names no state");
    let config = place.dir.join("adf-2.toml");
    std::fs::write(&config, text.replace(STATES[0], STATES[1]))?;
    Daemon::start(adf, &config, &place.log).context("the second factory")
}

/// The state directories of all factories of a scenario.
pub(super) fn states(place: &Place) -> [PathBuf; 2] {
    [place.state.clone(), place.dir.join("state-2")]
}
