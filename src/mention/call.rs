//! An agent's call of another agent: read by the grammar of people's mentions,
//! held to the roster, to its number and to the depth of the chain.
//!
//! Invariant: what is refused here starts nothing on any path, and the refusal
//! says what would work. Who may command and whether the issue is open is the
//! planner's to say.

use super::grammar;
use crate::model::{AgentName, Call, Target, Task, settings::Settings};

/// Why an agent's call is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallFault {
    /// It does not read as one mention.
    #[error(
        "`{0}` is not one mention: name one agent in lower case, and no `@adf:` in the instruction; send one message for each agent"
    )]
    Malformed(String),
    /// It names another project.
    #[error("this factory serves the project `{0}` only; leave the project out")]
    OtherProject(String),
    /// No such agent.
    #[error("there is no agent `{agent}` here; the agents are {roster}")]
    UnknownAgent {
        /// The name.
        agent: String,
        /// Those there are.
        roster: String,
    },
    /// The chain is as long as it may be.
    #[error(
        "agents may call one another {max} deep and this chain is {chain}; do it yourself, or say in your report who should go on"
    )]
    TooDeep {
        /// The bound.
        max: usize,
        /// Who called whom.
        chain: String,
    },
    /// As many as it may.
    #[error(
        "the {0} calls of a run are used up (`[agents.limits] mentions`); say in your report who else should look"
    )]
    TooMany(u32),
}

/// Judges a call by the agent of `caller`, which called `used` times in this run.
///
/// # Errors
/// The reason, for the agent.
pub fn judge(
    settings: &Settings,
    caller: &Task,
    call: &Call,
    used: u32,
) -> Result<AgentName, CallFault> {
    let target = match &call.project {
        Some(project) => format!("{project}/{}", call.agent),
        None => call.agent.clone(),
    };
    let found = grammar::find(&format!("@adf:{target} {}", call.instruction));
    let (project, agent) = match found.as_slice() {
        [one] if !one.instruction.is_empty() => match &one.target {
            Target::Agent { project, agent } if *agent.as_str() == call.agent => (project, agent),
            _ => return Err(CallFault::Malformed(shown(&target))),
        },
        _ => return Err(CallFault::Malformed(shown(&target))),
    };
    if project.as_ref().is_some_and(|p| *p != settings.project) {
        return Err(CallFault::OtherProject(settings.project.clone()));
    }
    if !settings.agents.contains_key(agent) {
        return Err(CallFault::UnknownAgent {
            agent: agent.to_string(),
            roster: roster(settings),
        });
    }
    if caller.depth() >= Task::DEPTH_MAX {
        let chain = chain(caller).map(AgentName::as_str);
        return Err(CallFault::TooDeep {
            max: Task::DEPTH_MAX,
            chain: chain.collect::<Vec<_>>().join(" → "),
        });
    }
    let limit = settings
        .agents
        .get(&caller.agent)
        .map_or(0, |a| a.limits.mentions);
    if used >= limit {
        return Err(CallFault::TooMany(limit));
    }
    Ok(agent.clone())
}

/// The agents of a chain, with the one that works on `task` last.
pub fn chain(task: &Task) -> impl Iterator<Item = &AgentName> {
    task.chain.iter().chain([&task.agent])
}

fn roster(settings: &Settings) -> String {
    let names: Vec<String> = settings.agents.keys().map(|a| format!("`{a}`")).collect();
    names.join(", ")
}

fn shown(target: &str) -> String {
    target.chars().take(grammar::MALFORMED_MAX_CHARS).collect()
}

/// An agent's text for people to read: no `@` in it calls anybody, person or
/// agent, because an unseen character of no width stands behind each.
#[must_use]
pub fn neutral(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        out.push(c);
        let calls = |next: &char| next.is_alphanumeric() || matches!(next, '_' | '-' | '.');
        if c == '@' && rest.peek().is_some_and(calls) {
            out.push('\u{200b}');
        }
    }
    out
}
