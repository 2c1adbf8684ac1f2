//! The kinds of what an agent may say: name, meaning, schema and an example of each.
//!
//! Invariant: command line, socket, MCP tools and prompt all take them from
//! here, so no agent meets two spellings of one thing.

use super::message::{Call, NewIssue, Question, Remark, Report};
use schemars::{JsonSchema, schema_for};
use serde_json::Value;

/// One kind of message or question to the factory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// How the work ended.
    Report,
    /// A question to people.
    Ask,
    /// A call of another agent.
    Mention,
    /// Something for the next run.
    Remember,
    /// Everything a run should know of itself.
    Context,
    /// A new issue.
    OpenIssue,
}

/// Nothing needs to be said.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    title = "Context",
    description = "Asks for the context; it has no fields."
)]
struct Context {}

impl Kind {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Kind; 6] = [
        Kind::Report,
        Kind::Ask,
        Kind::Mention,
        Kind::Remember,
        Kind::Context,
        Kind::OpenIssue,
    ];

    /// Its name on the socket and as an MCP tool.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Report => "report",
            Kind::Ask => "ask",
            Kind::Mention => "mention",
            Kind::Remember => "remember",
            Kind::Context => "context",
            Kind::OpenIssue => "open_issue",
        }
    }

    /// The kind of a name.
    #[must_use]
    pub fn of(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What it does, for agents.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Kind::Report => {
                "Say how your work ended. Do it once before you end; sent again, the last one counts."
            }
            Kind::Ask => {
                "Ask people one question that you cannot decide, with what you will do if nobody answers. \
                 One in a task. The factory posts it; end your run then, and the next one gets the answer."
            }
            Kind::Mention => {
                "Call another agent of the roster. Its task is queued behind yours on the same issue, in a clone of \
                 its own made from the base branch; it reads the commits you have made by the end of your run as `caller/work`."
            }
            Kind::Remember => {
                "Keep something short for your next runs. A key that comes again that day replaces its text."
            }
            Kind::Context => {
                "Read your task, issue, attempt, question, the agents you may call, what is left of your \
                 limits, and your memory."
            }
            Kind::OpenIssue => {
                "Have the factory open a new issue for something outside your task. Nobody starts on it by itself."
            }
        }
    }

    /// How it is written on the command line.
    #[must_use]
    pub fn example(self) -> &'static str {
        match self {
            Kind::Report => {
                "adf agent report --status done --summary 'What was done and why' --evidence 'cargo test: 31 passed'"
            }
            Kind::Ask => {
                "adf agent ask 'Keep the old flag as an alias?' --default 'I keep it and mark it deprecated' --deadline 4h"
            }
            Kind::Mention => {
                "adf agent mention reviewer 'please check the error handling in src/lib.rs'"
            }
            Kind::Remember => "adf agent remember build 'cargo test needs --features full here'",
            Kind::Context => "adf agent context --format json",
            Kind::OpenIssue => {
                "adf agent issue 'Parser accepts empty names' --body 'Found while …'"
            }
        }
    }

    /// The JSON Schema of its fields.
    #[must_use]
    pub fn schema(self) -> Value {
        match self {
            Kind::Report => schema_for!(Report),
            Kind::Ask => schema_for!(Question),
            Kind::Mention => schema_for!(Call),
            Kind::Remember => schema_for!(Remark),
            Kind::Context => schema_for!(Context),
            Kind::OpenIssue => schema_for!(NewIssue),
        }
        .to_value()
    }
}

/// The schemas of all kinds, by name.
#[must_use]
pub fn schemas() -> Value {
    let entries = Kind::ALL.map(|kind| (kind.name().to_owned(), kind.schema()));
    Value::Object(entries.into_iter().collect())
}
