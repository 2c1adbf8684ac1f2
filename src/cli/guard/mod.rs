//! `adf guard`: what agents are not allowed to do, asked by their CLIs and by people.
//!
//! Invariant: no logic here; one file a subcommand.

mod hook;
mod stats;

use std::process::ExitCode;

/// The guard of agents' commands
#[derive(Debug, clap::Args)]
pub struct GuardArgs {
    #[command(subcommand)]
    command: Guard,
}

#[derive(Debug, clap::Subcommand)]
enum Guard {
    /// Judge one tool call, told on standard input, for an agent's CLI
    Hook(hook::Hook),
    /// Show what the guard denied, by rule, agent and run
    Stats(stats::Stats),
}

/// Runs a subcommand.
#[must_use]
pub fn run(args: &GuardArgs) -> ExitCode {
    match &args.command {
        Guard::Hook(args) => hook::run(args),
        Guard::Stats(args) => ExitCode::from(stats::run(args)),
    }
}
