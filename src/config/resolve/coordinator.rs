//! `[coordinator]`: whom it chooses from, and what would make it idle.
//!
//! Invariant: every agent it names is in the config; without a name all that have
//! no cron line are meant.

use super::agents::Slots;
use super::{Resolver, prompts};
use crate::config::document::child;
use crate::config::{explain, raw};
use crate::model::AgentName;
use crate::model::settings::{Agent, Coordinator};
use crate::schedule::Schedule;
use std::collections::BTreeMap;
use std::path::Path;

/// The longest vision, in bytes.
const VISION_BYTES_MAX: u64 = 32 * 1024;

impl Resolver<'_, '_> {
    pub(super) fn coordinator(
        &mut self,
        raw: &raw::Coordinator,
        agents: &mut BTreeMap<AgentName, Agent>,
        zone: &str,
    ) -> Coordinator {
        let (agent, vision) = self.coordinating(raw, agents, zone);
        let builtin = raw.mode == raw::CoordinatorMode::Builtin;
        let cron = builtin.then(|| self.minutes(raw, zone)).flatten();
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
            cron,
            agent,
            vision,
        }
    }

    /// The agent that coordinates, its vision, and its slots if the section has them.
    fn coordinating(
        &mut self,
        raw: &raw::Coordinator,
        agents: &mut BTreeMap<AgentName, Agent>,
        zone: &str,
    ) -> (Option<AgentName>, Option<String>) {
        const AT: &str = "/coordinator";
        if self.faults.is_touched("/coordinator/mode") {
            return (None, None);
        }
        if raw.mode != raw::CoordinatorMode::Agent {
            let builtin = raw.mode == raw::CoordinatorMode::Builtin;
            let idle = ["agent", "vision", "cron_issue", "cron_instruction", "cron"];
            for key in idle.into_iter().filter(|key| *key != "cron" || !builtin) {
                let at = child(AT, key);
                if self.faults.doc.has(&at) {
                    let message = format!("`{key}` has no effect without `mode = \"agent\"`");
                    let help = "set the mode, or take this key out";
                    self.faults.key_error(&at, message, help);
                }
            }
            return (None, None);
        }
        let cron = self.cron(AT, slots(raw), zone);
        let names: Vec<String> = agents.keys().map(ToString::to_string).collect();
        let Some(name) = &raw.agent else {
            let message = "no agent is named that coordinates";
            let help = explain::offer(None, &names, "agents");
            self.faults.error("/coordinator/mode", message, help);
            return (None, None);
        };
        let name = AgentName::from(name.as_str());
        match agents.get_mut(&name) {
            None => {
                let message = format!("no agent is called `{name}`");
                let nearest = explain::nearest(name.as_str(), &names);
                let help = explain::offer(nearest, &names, "agents");
                self.faults.error(&child(AT, "agent"), message, help);
            }
            Some(agent) if agent.cron.is_some() && cron.is_some() => {
                let message = format!("`{name}` has a cron line of its own");
                let help = "keep one of the two";
                self.faults.key_error(&child(AT, "cron"), message, help);
            }
            Some(agent) => agent.cron = agent.cron.take().or(cron),
        }
        let vision = raw.vision.as_ref().map(|path| {
            let at = child(AT, "vision");
            let path = self.path(path, &at);
            self.vision(&path, &at)
        });
        (Some(name), vision)
    }

    /// When the factory itself takes up issues.
    fn minutes(&mut self, raw: &raw::Coordinator, zone: &str) -> Option<String> {
        let line = raw.cron.as_ref()?;
        if let Err(error) = Schedule::parse(line, zone) {
            let help = "minute hour day-of-month month day-of-week, as in `0 1-9 * * *`";
            self.faults
                .error("/coordinator/cron", error.to_string(), help);
        }
        Some(line.clone())
    }

    fn vision(&mut self, path: &Path, pointer: &str) -> String {
        prompts::read(path, VISION_BYTES_MAX).unwrap_or_else(|reason| {
            let message = format!("vision {}: {reason}", path.display());
            let help = "a text file, by a path relative to the folder of the config file, or an absolute one";
            self.faults.error(pointer, message, help);
            String::new()
        })
    }
}

fn slots(raw: &raw::Coordinator) -> Slots<'_> {
    Slots {
        line: raw.cron.as_deref(),
        issue: raw.cron_issue,
        instruction: raw.cron_instruction.as_deref(),
    }
}
