//! The hidden commands a run is made of: `__exec` (its supervisor), `__walls`
//! (which becomes the agent), `__harvest` and `__probe` (helpers inside the walls);
//! and `__given`, which tries the walls themselves.
//!
//! Invariant: none of them reads a config, a ledger or a credential.

use crate::act::supervise::{given, harvest, probe, supervisor, walls};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// A hidden command.
#[derive(Debug, clap::Subcommand)]
pub enum Hidden {
    /// Supervise one run.
    #[command(name = "__exec", hide = true)]
    Exec {
        /// The run's spec.
        spec: PathBuf,
    },
    /// Confine this process and become the agent.
    #[command(name = "__walls", hide = true)]
    Walls {
        /// The run's spec.
        spec: PathBuf,
    },
    /// Say which walls this kernel has.
    #[command(name = "__given", hide = true)]
    Given,
    /// Bundle the commits of a clone, inside the walls.
    #[command(name = "__harvest", hide = true)]
    Harvest {
        /// The clone.
        workspace: PathBuf,
        /// The commit the work started from.
        base: String,
        /// Where the bundle goes.
        out: PathBuf,
        /// The agent's name.
        agent: String,
    },
    /// Try whether programs start, inside the walls.
    #[command(name = "__probe", hide = true)]
    Probe {
        /// Their names.
        names: Vec<String>,
    },
}

/// Runs a hidden command.
#[must_use]
pub fn run(command: &Hidden) -> ExitCode {
    match command {
        Hidden::Exec { spec } => exec(spec),
        Hidden::Walls { spec } => ExitCode::from(walls::enter(spec)),
        Hidden::Given => say(&given::inside()),
        Hidden::Harvest {
            workspace,
            base,
            out,
            agent,
        } => say(&harvest::inside(workspace, base, out, agent)),
        Hidden::Probe { names } => say(&probe::inside(names)),
    }
}

#[expect(
    clippy::print_stderr,
    reason = "standard error is the supervisor's log"
)]
fn exec(spec: &Path) -> ExitCode {
    match supervisor::supervise(spec) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the line is the helper's answer")]
fn say(line: &str) -> ExitCode {
    println!("{line}");
    ExitCode::SUCCESS
}
