//! Whom the coordinator asks: an issue becomes the agents that it may go to, best first.
//!
//! Invariant: a label `adf:<agent>` names one; else those of the tier that title and
//! labels call for come first, where the config routes; then who has least to do, then
//! the name. Only agents that the config lets the coordinator choose are in it.

use super::draft::Draft;
use crate::model::{AgentName, Issue};
use std::collections::BTreeMap;

/// Before an agent's name in a label that asks for it.
const CALL: &str = "adf:";

/// The agents for an issue, and why these.
pub(super) fn agents(
    draft: &Draft<'_>,
    issue: &Issue,
    load: &BTreeMap<AgentName, usize>,
) -> (Vec<AgentName>, String) {
    let settings = draft.s.settings;
    let there = |name: &&AgentName| settings.agents.contains_key(*name);
    let mut pool: Vec<AgentName> = settings
        .coordinator
        .agents
        .iter()
        .filter(there)
        .cloned()
        .collect();
    pool.sort_by_key(|name| (load.get(name).copied().unwrap_or(0), name.clone()));
    let called = |name: &&AgentName| {
        let mut labels = issue.labels.iter();
        labels.any(|label| label.strip_prefix(CALL) == Some(name.as_str()))
    };
    let named: Vec<AgentName> = pool.iter().filter(called).cloned().collect();
    if !named.is_empty() {
        return (named, "is named by a label".to_owned());
    }
    let Some(tier) = draft.routes.tier(&issue.title, &issue.labels) else {
        return (pool, "has least to do".to_owned());
    };
    let of_tier = |name: &AgentName| {
        let agent = settings.agents.get(name);
        agent.is_some_and(|agent| agent.tier.as_deref() == Some(tier.as_str()))
    };
    let fits: Vec<AgentName> = pool.iter().filter(|name| of_tier(name)).cloned().collect();
    if fits.is_empty() {
        return (pool, format!("has least to do; no agent is of tier {tier}"));
    }
    (fits, format!("is of tier {tier}"))
}
