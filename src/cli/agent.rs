//! `adf agent report`: what an agent says of its own work, sent to the factory
//! over its run's socket.
//!
//! Invariant: the report is checked by the factory, not here; this prints its
//! answer and exits 0 only when the report was accepted.

use crate::ipc::agent::{self, MESSAGE_BYTES_MAX};
use serde_json::{Value, json};
use std::{io::Read, path::PathBuf, process::ExitCode, time::Duration};

/// How long the factory may take to answer.
const ANSWER_WAIT: Duration = Duration::from_secs(30);

/// Arguments of `adf agent`.
#[derive(Debug, clap::Args)]
pub struct AgentArgs {
    #[command(subcommand)]
    command: AgentCommand,
}

#[derive(Debug, clap::Subcommand)]
enum AgentCommand {
    /// Report how your work ended; the last report counts.
    Report(ReportArgs),
}

#[derive(Debug, clap::Args)]
struct ReportArgs {
    /// How it ended.
    #[arg(long, value_enum, required_unless_present = "json")]
    status: Option<Status>,
    /// What was done and why, for people: at most 4,000 characters.
    #[arg(long, required_unless_present = "json")]
    summary: Option<String>,
    /// A command run, a file or a result that backs the summary; may be repeated.
    #[arg(long)]
    evidence: Vec<String>,
    /// Read the whole report as JSON from standard input: `--json -`.
    #[arg(long, value_name = "-", conflicts_with_all = ["status", "summary", "evidence"])]
    json: Option<String>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Status {
    /// The work is done.
    Done,
    /// The request should not be carried out.
    Rejected,
    /// Only a person can answer a question.
    NeedsClarification,
    /// Something out of your reach stands in the way.
    Blocked,
}

/// Runs `adf agent`.
#[must_use]
#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the answer is the command's output"
)]
pub fn run(args: &AgentArgs) -> ExitCode {
    let AgentCommand::Report(args) = &args.command;
    match report(args) {
        Ok(()) => {
            println!("accepted");
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the run's environment names its socket"
)]
fn report(args: &ReportArgs) -> Result<(), String> {
    let dir = std::env::var("ADF_AGENT_DIR").map_err(|_| {
        "this is no run of a factory: ADF_AGENT_DIR is not set; `adf agent` works only in what `adf run` starts"
            .to_owned()
    })?;
    let report = build(args)?;
    agent::report(&PathBuf::from(dir), &report, ANSWER_WAIT).map_err(|error| error.to_string())
}

fn build(args: &ReportArgs) -> Result<Value, String> {
    match args.json.as_deref() {
        None => Ok(json!({
            "status": args.status.map(word),
            "summary": args.summary,
            "evidence": args.evidence,
        })),
        Some("-") => read_stdin(),
        Some(other) => Err(format!(
            "--json takes `-` and reads standard input, found {other:?}"
        )),
    }
}

fn read_stdin() -> Result<Value, String> {
    let most = u64::try_from(MESSAGE_BYTES_MAX).unwrap_or(u64::MAX);
    let mut text = String::new();
    std::io::stdin()
        .take(most + 1)
        .read_to_string(&mut text)
        .map_err(|error| format!("standard input: {error}"))?;
    if text.len() > MESSAGE_BYTES_MAX {
        return Err(format!(
            "the report is larger than {MESSAGE_BYTES_MAX} bytes; shorten it"
        ));
    }
    serde_json::from_str(&text).map_err(|error| {
        format!("standard input is no JSON: {error}; expected {{\"status\":…,\"summary\":…}}")
    })
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Done => "done",
        Status::Rejected => "rejected",
        Status::NeedsClarification => "needs_clarification",
        Status::Blocked => "blocked",
    }
}
