//! Whose provider and model hold: the agent's pin, then the scenario, then the
//! agent's default, then its tier's scenario, then the project's default.
//!
//! Invariant: provider and model come from one source. The first source with a
//! provider that the config has is kept, all others that wanted something else
//! are overrides with both sides, and a chain of which nothing can be used at
//! the moment waits: it does not fall through to a default in silence.

use super::choose::House;
use crate::model::route::{Choice, Health, Link, Override, Scenario, Side, Source};
use crate::model::settings::{Agent, Cli, Provider, Settings};
use std::collections::{BTreeMap, BTreeSet};

/// What came of it.
pub(super) struct Settled {
    pub source: Source,
    pub chain: Vec<Link>,
    pub choice: Option<Choice>,
    pub overrides: Vec<Override>,
}

/// A source and whom it would choose.
type Wish = (Source, Vec<Link>);

/// Settles it.
pub(super) fn settle(
    scenarios: &[Scenario],
    winner: Option<&Scenario>,
    agent: Option<&Agent>,
    house: &House<'_>,
) -> Settled {
    if house.unrouted {
        return unrouted(agent, house);
    }
    let mut wishes: Vec<Wish> = Vec::new();
    let mut wish = |source: Source, chain: &[Choice]| {
        let links: Vec<Link> = chain.iter().map(|choice| link(choice, house)).collect();
        if !links.is_empty() {
            wishes.push((source, links));
        }
    };
    if let Some(agent) = agent.filter(|agent| agent.pinned) {
        wish(Source::Pin, &[own(agent)]);
    }
    if let Some(winner) = winner {
        wish(Source::Scenario, &winner.chain);
    }
    if let Some(agent) = agent.filter(|agent| !agent.pinned && is_said(agent, house)) {
        wish(Source::AgentDefault, &[own(agent)]);
    }
    let tier = agent.and_then(|agent| agent.tier.as_deref());
    let of_tier = scenarios.iter().filter(|s| Some(s.tier.as_str()) == tier);
    if let Some(scenario) = of_tier.max_by_key(|s| (s.priority, std::cmp::Reverse(&s.name))) {
        wish(Source::AgentTier, &scenario.chain);
    }
    wish(
        Source::ProjectDefault,
        house.default.map_or(&[], std::slice::from_ref),
    );
    choose(&wishes)
}

/// What holds where words decide nothing: an agent runs with its own, as the config has it.
fn unrouted(agent: Option<&Agent>, house: &House<'_>) -> Settled {
    let own = agent.map(|agent| {
        let choice = own(agent);
        let health = house.health.and_then(|all| all.get(&choice)).cloned();
        let health = health.unwrap_or_default();
        (Source::AgentDefault, vec![Link { choice, health }])
    });
    choose(&own.into_iter().collect::<Vec<Wish>>())
}

fn choose(wishes: &[Wish]) -> Settled {
    let is_there = |(_, links): &Wish| links.iter().any(|link| link.health != Health::Absent);
    let Some(kept) = wishes.iter().position(is_there) else {
        return Settled {
            source: Source::Nobody,
            chain: wishes
                .first()
                .map(|(_, links)| links.clone())
                .unwrap_or_default(),
            choice: None,
            overrides: Vec::new(),
        };
    };
    let (source, chain) = &wishes[kept];
    let usable = chain.iter().find(|link| link.health.is_usable());
    let mut overrides = Vec::new();
    if let Some(own) = side(&wishes[kept]) {
        for (n, other) in wishes.iter().enumerate().filter(|(n, _)| *n != kept) {
            let Some(lost) = side(other).filter(|lost| lost.choice != own.choice) else {
                continue;
            };
            let why = if n < kept {
                "none of its providers is in the config".to_owned()
            } else {
                format!("{} comes before {}", words(*source), words(lost.source))
            };
            let kept = own.clone();
            overrides.push(Override { kept, lost, why });
        }
    }
    Settled {
        source: *source,
        choice: usable.map(|link| link.choice.clone()),
        chain: chain.clone(),
        overrides,
    }
}

/// What a source stands for: the first it could have, or at least wanted.
fn side((source, links): &Wish) -> Option<Side> {
    let usable = links.iter().find(|link| link.health.is_usable());
    let link = usable.or(links.first())?;
    Some(Side {
        source: *source,
        choice: link.choice.clone(),
    })
}

/// A source in words.
#[must_use]
pub fn words(source: Source) -> &'static str {
    match source {
        Source::Pin => "the agent's pin",
        Source::Scenario => "the scenario",
        Source::AgentDefault => "the agent's default",
        Source::AgentTier => "the agent's tier",
        Source::ProjectDefault => "the project's default",
        Source::Nobody => "nobody",
    }
}

fn own(agent: &Agent) -> Choice {
    Choice {
        provider: agent.provider.clone(),
        model: agent.model.clone(),
    }
}

/// Whether the agent says anything that the project does not say for it.
fn is_said(agent: &Agent, house: &House<'_>) -> bool {
    let as_the_project = house.default.is_some_and(|d| d.provider == agent.provider);
    agent.model.is_some() || !as_the_project
}

/// A choice as the config knows it, and how it is.
fn link(choice: &Choice, house: &House<'_>) -> Link {
    let Some(providers) = house.providers else {
        return Link {
            health: house
                .health
                .and_then(|all| all.get(choice))
                .cloned()
                .unwrap_or_default(),
            choice: choice.clone(),
        };
    };
    let Some((choice, provider)) = in_config(choice, providers) else {
        return Link {
            choice: choice.clone(),
            health: Health::Absent,
        };
    };
    let name = &choice.provider;
    let known = house.health.and_then(|all| all.get(&choice)).cloned();
    let unfit = matches!(provider, Provider::Opencode(_))
        && !choice
            .model
            .as_deref()
            .is_some_and(|model| model.contains('/'));
    let health = if unfit {
        let model = choice.model.as_deref().unwrap_or_default();
        Health::Unwell {
            reason: format!(
                "opencode needs a model as `provider/model`; say what `{model}` is in [providers.{name}.models]"
            ),
            until: None,
        }
    } else {
        known.unwrap_or_default()
    };
    Link { choice, health }
}

/// A choice by the names of the config, and its provider; none when there is no such provider.
fn in_config<'a>(
    choice: &Choice,
    providers: &'a BTreeMap<String, Provider>,
) -> Option<(Choice, &'a Provider)> {
    let named = providers.get_key_value(&choice.provider);
    let of_kind = || providers.iter().find(|(_, p)| p.kind() == choice.provider);
    let (name, provider) = named.or_else(of_kind)?;
    let model = choice.model.as_ref();
    let choice = Choice {
        provider: name.clone(),
        model: model.map(|model| as_called(provider, model)),
    };
    Some((choice, provider))
}

/// Every pair of provider and model that a config may start, by the names that runs are kept with.
#[must_use]
pub fn pairs(settings: &Settings) -> BTreeSet<Choice> {
    let routing = &settings.routing;
    let agents = settings.agents.values().map(own);
    if !routing.decides {
        return agents.collect();
    }
    let chains = routing.scenarios.iter().flat_map(|s| s.chain.clone());
    let wanted = agents.chain(chains).chain(routing.default.clone());
    let known = wanted.filter_map(|choice| in_config(&choice, &settings.providers));
    known.map(|(choice, _)| choice).collect()
}

/// What a provider calls a model.
fn as_called(provider: &Provider, alias: &str) -> String {
    let models = provider.cli().map(|Cli { models, .. }| models);
    let called = models.and_then(|models| models.get(alias));
    called.cloned().unwrap_or_else(|| alias.to_owned())
}
