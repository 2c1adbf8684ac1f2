//! `[coordinator]`: whom it chooses from, and what would make it idle.
//!
//! Invariant: every agent it names is in the config; without a name all that have
//! no cron line are meant.

use super::Resolver;
use crate::config::document::child;
use crate::config::{explain, raw};
use crate::model::AgentName;
use crate::model::settings::{Agent, Coordinator};
use std::collections::BTreeMap;

impl Resolver<'_, '_> {
    pub(super) fn coordinator(
        &mut self,
        raw: &raw::Coordinator,
        agents: &BTreeMap<AgentName, Agent>,
    ) -> Coordinator {
        let builtin = raw.mode == raw::CoordinatorMode::Builtin;
        let names: Vec<String> = agents.keys().map(ToString::to_string).collect();
        let mut chosen = Vec::new();
        for (n, name) in raw.agents.iter().enumerate() {
            if names.contains(name) {
                chosen.push(AgentName::from(name.as_str()));
                continue;
            }
            let message = format!("no agent is called `{name}`");
            let help = explain::offer(explain::nearest(name, &names), &names, "agents");
            self.faults
                .error(&child("/coordinator/agents", &n.to_string()), message, help);
        }
        if raw.agents.is_empty() {
            let free = agents.values().filter(|agent| agent.cron.is_none());
            chosen = free.map(|agent| agent.name.clone()).collect();
        }
        chosen.sort();
        chosen.dedup();
        if builtin && chosen.is_empty() && raw.agents.is_empty() {
            let message = "there is no agent that the coordinator could choose";
            let help = "add an agent without a cron line, or name some in `agents`";
            self.faults.error("/coordinator/mode", message, help);
        }
        Coordinator {
            builtin,
            label: raw.label.clone(),
            open: raw.open,
            agents: chosen,
        }
    }
}
