//! `adf guard`: what agents are not allowed to do, asked by their CLIs and by people.
//!
//! Invariant: no logic here; one file a subcommand.

mod answer;
mod hook;
mod judged;
mod rules;
mod stats;
mod test;

use std::process::ExitCode;

/// Ask the guard that judges what agents run
#[derive(Debug, clap::Args)]
pub struct GuardArgs {
    #[command(subcommand)]
    command: Guard,
}

#[derive(Debug, clap::Subcommand)]
enum Guard {
    /// Say whether a command would be allowed, by which rule, and what to do instead
    Test(test::Test),
    /// List every rule with an example
    Rules(rules::Rules),
    /// Judge one tool call, told on standard input, for an agent's CLI
    #[command(after_help = super::examples::GUARD_HOOK)]
    Hook(hook::Hook),
    /// Show what the guard denied, by rule, agent and run
    #[command(after_help = super::examples::STATS)]
    Stats(stats::Stats),
}

/// Runs a subcommand.
#[must_use]
pub fn run(args: &GuardArgs) -> ExitCode {
    match &args.command {
        Guard::Test(args) => ExitCode::from(test::test(args)),
        Guard::Rules(args) => ExitCode::from(rules::rules(args)),
        Guard::Hook(args) => hook::run(args),
        Guard::Stats(args) => ExitCode::from(stats::run(args)),
    }
}
