//! Whom the coordinator asks: an issue becomes the agents that it may go to, best first.
//!
//! Invariant: a label `adf:<agent>` names one; else those of the tier that title and
//! labels call for come first, where the config routes; then who has least to do, then
//! the name. Only agents that the config lets the coordinator choose are in it.

use super::draft::Draft;
use crate::model::{AgentName, Issue, Snapshot};
use std::collections::BTreeMap;

/// Before an agent's name in a label that asks for it.
const CALL: &str = "adf:";

/// Whom an issue may go to.
pub(super) struct Pool<'a> {
    pub agents: Vec<&'a AgentName>,
    /// Whether a label names them.
    pub named: bool,
}

/// The agents that the config lets the coordinator choose, or those of them that labels name.
///
/// # Errors
/// Labels that name nobody of them, in words: who labels so waits for somebody else.
pub(super) fn pool<'a>(s: &Snapshot<'a>, issue: &Issue) -> Result<Pool<'a>, String> {
    let settings = s.settings;
    let there = |name: &&AgentName| settings.agents.contains_key(*name);
    let agents: Vec<&AgentName> = settings.coordinator.agents.iter().filter(there).collect();
    let (ready, person) = (&settings.coordinator.label, &settings.failures.label);
    let labels = issue.labels.iter().filter(|l| *l != ready && *l != person);
    let called: Vec<&str> = labels.filter_map(|l| l.strip_prefix(CALL)).collect();
    if called.is_empty() {
        let named = false;
        return Ok(Pool { agents, named });
    }
    let is_named = |name: &&&AgentName| called.contains(&name.as_str());
    let named: Vec<&AgentName> = agents.iter().filter(is_named).copied().collect();
    if named.is_empty() {
        return Err(nobody(s, &called, &agents));
    }
    Ok(Pool {
        agents: named,
        named: true,
    })
}

fn nobody(s: &Snapshot<'_>, called: &[&str], agents: &[&AgentName]) -> String {
    let name = called.first().copied().unwrap_or_default();
    let agents: Vec<&str> = agents.iter().map(|name| name.as_str()).collect();
    let agents = agents.join(", ");
    if s.settings.agents.contains_key(&AgentName::from(name)) {
        return format!(
            "its label `{CALL}{name}` names an agent that the coordinator may not choose; agents: {agents}"
        );
    }
    format!("no agent `{name}`, whom its label `{CALL}{name}` names; agents: {agents}")
}

/// The agents for an issue, and why these; `withheld` when its text is for those alone who
/// read strangers.
pub(super) fn agents(
    draft: &Draft<'_>,
    issue: &Issue,
    load: &BTreeMap<AgentName, usize>,
    withheld: bool,
) -> (Vec<AgentName>, String) {
    let settings = draft.s.settings;
    // What names nobody was left alone before.
    let Ok(Pool { agents, named }) = pool(draft.s, issue) else {
        return (Vec::new(), String::new());
    };
    let agent = |name: &AgentName| settings.agents.get(name);
    let reads = |name: &&AgentName| !withheld || agent(name).is_some_and(|a| a.read_strangers);
    let mut pool: Vec<AgentName> = agents.into_iter().filter(reads).cloned().collect();
    pool.sort_by_key(|name| (load.get(name).copied().unwrap_or(0), name.clone()));
    if named {
        return (pool, "is named by a label".to_owned());
    }
    let Some(tier) = draft.routes.tier(&issue.title, &issue.labels) else {
        return (pool, "has least to do".to_owned());
    };
    let of_tier =
        |name: &AgentName| agent(name).is_some_and(|a| a.tier.as_deref() == Some(tier.as_str()));
    let fits: Vec<AgentName> = pool.iter().filter(|name| of_tier(name)).cloned().collect();
    if fits.is_empty() {
        let nobody = match withheld {
            true => format!("no agent of tier {tier} reads strangers"),
            false => format!("no agent is of tier {tier}"),
        };
        return (pool, format!("has least to do; {nobody}"));
    }
    (fits, format!("is of tier {tier}"))
}
