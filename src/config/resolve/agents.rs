//! `[[agents]]`: roles, each with its provider.
//!
//! Invariant: names are unique and not reserved, every agent has a provider that
//! exists, and a cron line can be read, can fire, and has an issue to report on.

use super::Resolver;
use super::prompts::Has;
use crate::config::document::child;
use crate::config::{explain, raw};
use crate::model::settings::{Agent, Cron, ProjectLimits, Provider, Routing};
use crate::model::{AgentName, RoleContext};
use crate::routing::is_pinned;
use crate::schedule::Schedule;
use std::collections::{BTreeMap, BTreeSet};

/// Names that mean, or may come to mean, something else in a mention.
pub(in crate::config) const RESERVED_NAMES: [&str; 8] = [
    "adf", "all", "everyone", "factory", "help", "here", "none", "system",
];

/// What is asked of a scheduled run when the config does not say.
const DEFAULT_INSTRUCTION: &str = "This is your scheduled run. Do what your role asks of you.";

/// What agents are held against.
pub(super) struct Around<'a> {
    pub providers: &'a BTreeMap<String, Provider>,
    pub roles: &'a BTreeMap<String, RoleContext>,
    pub routing: &'a Routing,
    /// The time zone of cron lines.
    pub zone: &'a str,
    pub limits: &'a ProjectLimits,
    /// `[walls] environment`.
    pub environment: &'a [String],
}

/// When something starts by itself, and on which issue.
pub(super) struct Slots<'r> {
    pub line: Option<&'r str>,
    pub issue: Option<u64>,
    pub instruction: Option<&'r str>,
}

impl Slots<'_> {
    fn of(agent: &raw::Agent) -> Slots<'_> {
        Slots {
            line: agent.cron.as_deref(),
            issue: agent.cron_issue,
            instruction: agent.cron_instruction.as_deref(),
        }
    }
}

impl Resolver<'_, '_> {
    pub(super) fn agents(
        &mut self,
        raw: Vec<raw::Agent>,
        around: &Around<'_>,
    ) -> BTreeMap<AgentName, Agent> {
        let (providers, routing, zone) = (around.providers, around.routing, around.zone);
        let mut agents: BTreeMap<AgentName, Agent> = BTreeMap::new();
        let roster: Vec<String> = raw.iter().map(|agent| agent.name.clone()).collect();
        for (n, agent) in raw.into_iter().enumerate() {
            let at = child("/agents", &n.to_string());
            let name = AgentName(agent.name.clone());
            self.name(&at, &name, agents.contains_key(&name));
            self.model(&child(&at, "model"), agent.model.as_deref());
            let house = routing.default.as_ref().map(|d| d.provider.as_str());
            let named = agent.provider.as_deref().or(house);
            let provider = self.provider(&at, named, providers);
            self.tier(&child(&at, "tier"), agent.tier.as_deref(), routing);
            self.pinned(&at, &agent, routing);
            self.suits(&at, &agent, providers.get(&provider));
            let role = self.role(&at, &agent, around.roles);
            self.role_suits(&at, &role, providers.get(&provider));
            let has = Has {
                role: &role,
                provider: providers.get(&provider),
                environment: around.environment,
                roster: &roster,
            };
            let agent = Agent {
                name: name.clone(),
                prompt: self.prompt(&at, &agent, &has),
                provider,
                cron: self.cron(&at, Slots::of(&agent), zone),
                limits: self.agent_limits(&child(&at, "limits"), &agent.limits, around.limits),
                connect: self.ports(&agent.connect, &child(&at, "connect")),
                role,
                description: agent.description,
                model: agent.model,
                tier: agent.tier,
                pinned: agent.pinned,
                tools: agent.tools,
                requires: agent.requires,
                read_strangers: agent.read_strangers,
            };
            agents.entry(name).or_insert(agent);
        }
        self.unused(&agents, around);
        agents
    }

    fn name(&mut self, at: &str, name: &AgentName, taken: bool) {
        let at = child(at, "name");
        if taken {
            let message = format!("another agent is already called `{name}`");
            self.faults
                .error(&at, message, "a mention `@adf:<name>` must mean one agent");
        }
        if RESERVED_NAMES.contains(&name.as_str()) {
            let message = format!("`{name}` is reserved");
            let help = format!("choose a name other than {}", RESERVED_NAMES.join(", "));
            self.faults.error(&at, message, help);
        }
    }

    fn tier(&mut self, at: &str, tier: Option<&str>, routing: &Routing) {
        let tiers: BTreeSet<&String> = routing.scenarios.iter().map(|s| &s.tier).collect();
        let tiers: Vec<String> = tiers.into_iter().cloned().collect();
        // Without scenarios their faults were told already.
        if let Some(tier) =
            tier.filter(|tier| !tiers.is_empty() && !tiers.iter().any(|t| t == tier))
        {
            let message = format!("no routing file is of the tier `{tier}`");
            let help = explain::offer(explain::nearest(tier, &tiers), &tiers, "tiers");
            self.faults.error(at, message, help);
        }
    }

    fn pinned(&mut self, at: &str, agent: &raw::Agent, routing: &Routing) {
        let pinned_at = child(at, "pinned");
        if agent.pinned && !routing.decides {
            let help = "add [routing], or take this key out: without it every agent keeps its own";
            self.faults.warning(
                &pinned_at,
                "`pinned` has no effect without `[routing]`",
                help,
            );
        }
    }

    pub(super) fn model(&mut self, at: &str, model: Option<&str>) {
        if let Some(model) = model.filter(|model| is_pinned(model)) {
            self.faults.warning(
                at,
                format!("`{model}` is pinned to a version"),
                "a pinned model is switched off one day and the agent with it; use an alias such as `opus`, `sonnet` or `haiku`",
            );
        }
    }

    fn provider(
        &mut self,
        at: &str,
        named: Option<&str>,
        providers: &BTreeMap<String, Provider>,
    ) -> String {
        let pointer = child(at, "provider");
        // The document is asked, so that a faulty provider is not missed as well.
        let names: Vec<String> = match self.faults.doc.root.get("providers") {
            Some(serde_json::Value::Object(written)) => written.keys().cloned().collect(),
            _ => providers.keys().cloned().collect(),
        };
        match (named, names.as_slice()) {
            (Some(name), _) => {
                if !names.iter().any(|known| known == name) {
                    let message = format!("no provider is called `{name}`");
                    let help = explain::offer(explain::nearest(name, &names), &names, "providers");
                    self.faults.error(&pointer, message, help);
                }
                name.to_owned()
            }
            (None, [only]) => only.clone(),
            (None, []) => {
                let help =
                    "add one, as [providers.house] with kind = \"script\" and command = [\"…\"]";
                self.faults.error(
                    &pointer,
                    "the config defines no provider to start this agent",
                    help,
                );
                String::new()
            }
            (None, several) => {
                let message = format!(
                    "there are {} providers and this agent names none",
                    several.len()
                );
                self.faults.error(
                    &pointer,
                    message,
                    explain::offer(None, several, "providers"),
                );
                String::new()
            }
        }
    }

    pub(super) fn cron(&mut self, at: &str, slots: Slots<'_>, zone: &str) -> Option<Cron> {
        let cron_at = child(at, "cron");
        if !self.faults.doc.has(&cron_at) {
            for key in ["cron_issue", "cron_instruction"] {
                let pointer = child(at, key);
                if self.faults.doc.has(&pointer) {
                    let message = format!("`{key}` has no effect without `cron`");
                    self.faults
                        .key_error(&pointer, message, "add `cron`, or take this key out");
                }
            }
            return None;
        }
        let line = slots.line?.to_owned();
        if let Err(error) = Schedule::parse(&line, zone) {
            let help = "minute hour day-of-month month day-of-week, as in `0 7 * * 1-5`";
            self.faults.error(&cron_at, error.to_string(), help);
        }
        Some(Cron {
            line,
            issue: slots.issue,
            instruction: slots.instruction.unwrap_or(DEFAULT_INSTRUCTION).to_owned(),
        })
    }

    fn unused(&mut self, agents: &BTreeMap<AgentName, Agent>, around: &Around<'_>) {
        let Around {
            providers, routing, ..
        } = around;
        let known = |agent: &Agent| providers.contains_key(&agent.provider);
        // Of refused routing files nobody knows whom their chains name.
        let refused = routing.scenarios.is_empty();
        if refused
            || agents.is_empty()
            || self.faults.is_touched("/agents")
            || !agents.values().all(known)
        {
            return;
        }
        let chains = routing.scenarios.iter().flat_map(|s| &s.chain);
        let chosen: Vec<&str> = chains
            .chain(&routing.default)
            .map(|choice| choice.provider.as_str())
            .filter(|_| routing.decides)
            .collect();
        for (name, provider) in *providers {
            let is_chosen = chosen.contains(&name.as_str()) || chosen.contains(&provider.kind());
            if !is_chosen && !agents.values().any(|agent| agent.provider == *name) {
                let message = "no agent and no routing file uses this provider".to_owned();
                self.faults.warning(
                    &child("/providers", name),
                    message,
                    "name it in an agent or a chain, or take it out",
                );
            }
        }
    }
}
