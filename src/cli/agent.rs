//! `adf agent …`: what an agent says to the factory and asks of it, over its
//! run's socket; `adf agent mcp` lends the same to CLIs as tools.
//!
//! Invariant: everything is checked by the factory, not here; this prints its
//! answer and exits 0 only when it said yes.

use super::{Format, examples};
use crate::ipc::{agent::MESSAGE_BYTES_MAX, mcp, tell::tell};
use crate::model::Kind;
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
    /// Report how your work ended; the last report counts
    #[command(after_help = examples::AGENT_REPORT)]
    Report(ReportArgs),
    /// Ask people one question that you cannot decide; then end your run
    #[command(after_help = examples::AGENT_ASK)]
    Ask(AskArgs),
    /// Call another agent
    #[command(after_help = examples::AGENT_MENTION)]
    Mention(MentionArgs),
    /// Keep something short for your next runs
    #[command(after_help = examples::AGENT_REMEMBER)]
    Remember {
        /// A word to find and replace it by: lower-case letters, digits, `.`, `_`, `-`.
        key: String,
        /// What to know.
        text: String,
    },
    /// Print your task, issue, limits and memory
    #[command(after_help = examples::AGENT_CONTEXT)]
    Context {
        /// How.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Have an issue opened for something outside of your task
    #[command(after_help = examples::AGENT_ISSUE)]
    Issue {
        /// One line.
        title: String,
        /// What is wrong or wanted, in Markdown.
        #[arg(long, default_value = "")]
        body: String,
    },
    /// Be an MCP server on standard input and output, with all of this as tools
    #[command(after_help = examples::AGENT_MCP)]
    Mcp,
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

#[derive(Debug, clap::Args)]
struct AskArgs {
    /// One question that one comment can answer.
    question: String,
    /// What you will do when nobody answers in time.
    #[arg(long)]
    default: String,
    /// When your default holds, as `4h` or `90m`; 4 hours if left out, at most a week.
    #[arg(long, value_parser = humantime::parse_duration)]
    deadline: Option<Duration>,
}

#[derive(Debug, clap::Args)]
struct MentionArgs {
    /// The agent, one of the roster.
    agent: String,
    /// What it should do.
    instruction: String,
    /// The issue or pull request it should work on; yours if left out.
    #[arg(long)]
    issue: Option<u64>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Status {
    /// The work is done.
    Done,
    /// The request should not be carried out.
    Rejected,
    /// Only a person can answer a question.
    #[value(alias = "needs_clarification")]
    NeedsClarification,
    /// Something out of your reach stands in the way.
    Blocked,
}

/// Runs `adf agent`.
#[must_use]
pub fn run(args: &AgentArgs) -> ExitCode {
    match done(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            super::complain_plainly(&fault);
            ExitCode::FAILURE
        }
    }
}

fn done(args: &AgentArgs) -> Result<(), String> {
    let dir = agent_dir()?;
    let (kind, fields) = match &args.command {
        AgentCommand::Mcp => {
            let runtime = super::runtime().map_err(|_| "no MCP server".to_owned())?;
            let served = runtime.block_on(mcp::serve(dir, ANSWER_WAIT));
            // A read of standard input that nobody ends must not hold the exit up.
            runtime.shutdown_background();
            return served;
        }
        AgentCommand::Report(args) => (Kind::Report, report(args)?),
        AgentCommand::Ask(args) => (Kind::Ask, question(args)),
        AgentCommand::Mention(args) => (Kind::Mention, mention(args)),
        AgentCommand::Remember { key, text } => (Kind::Remember, json!({"key": key, "text": text})),
        AgentCommand::Context { .. } => (Kind::Context, json!({})),
        AgentCommand::Issue { title, body } => {
            (Kind::OpenIssue, json!({"title": title, "body": body}))
        }
    };
    let answer = tell(&dir, kind, &fields, ANSWER_WAIT).map_err(|error| error.to_string())?;
    match (&args.command, answer) {
        (_, Value::String(sentence)) => super::say(&sentence),
        (
            AgentCommand::Context {
                format: Format::Human,
            },
            answer,
        ) => super::say(&outline(&answer, 0)),
        (_, answer) => super::say_json(&answer),
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the run's environment names its socket"
)]
fn agent_dir() -> Result<PathBuf, String> {
    std::env::var("ADF_AGENT_DIR").map(PathBuf::from).map_err(|_| {
        "this is no run of a factory: ADF_AGENT_DIR is not set; `adf agent` works only in what `adf run` starts"
            .to_owned()
    })
}

fn report(args: &ReportArgs) -> Result<Value, String> {
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

fn question(args: &AskArgs) -> Value {
    let mut fields = json!({"question": args.question, "default": args.default});
    if let Some(deadline) = args.deadline {
        fields["deadline_minutes"] = json!(deadline.as_secs().div_ceil(60));
    }
    fields
}

/// The agent may be written as people write it: `@adf:reviewer`, `site/reviewer`.
fn mention(args: &MentionArgs) -> Value {
    let name = args.agent.strip_prefix("@adf:").unwrap_or(&args.agent);
    let mut fields = json!({"agent": name, "instruction": args.instruction});
    if let Some((project, agent)) = name.split_once('/') {
        fields["project"] = json!(project);
        fields["agent"] = json!(agent);
    }
    if let Some(issue) = args.issue {
        fields["issue"] = json!(issue);
    }
    fields
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

/// A JSON value as an indented outline.
fn outline(value: &Value, depth: usize) -> String {
    let pad = "  ".repeat(depth);
    let entry = |name: &str, value: &Value| match value {
        Value::Object(map) if !map.is_empty() => {
            format!("{pad}{name}:\n{}", outline(value, depth + 1))
        }
        Value::Array(list) if !list.is_empty() => {
            format!("{pad}{name}:\n{}", outline(value, depth + 1))
        }
        Value::String(text) => format!("{pad}{name}: {text}"),
        Value::Object(_) | Value::Array(_) | Value::Null => format!("{pad}{name}: none"),
        other => format!("{pad}{name}: {other}"),
    };
    let lines: Vec<String> = match value {
        Value::Object(map) => map.iter().map(|(name, value)| entry(name, value)).collect(),
        Value::Array(list) => list.iter().map(|value| entry("-", value)).collect(),
        other => vec![entry("-", other)],
    };
    lines.join("\n")
}
