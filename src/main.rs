//! The binary: parse, run.

use adf::cli::{agent, exec};
use clap::Parser;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "adf")]
enum Command {
    /// What an agent says to its factory.
    Agent(agent::AgentArgs),
    #[command(flatten)]
    Hidden(exec::Hidden),
}

fn main() -> ExitCode {
    match Command::parse() {
        Command::Agent(args) => agent::run(&args),
        Command::Hidden(hidden) => exec::run(&hidden),
    }
}
