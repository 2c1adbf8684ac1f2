//! Which provider and model a run gets: by the words of its task where the
//! config asks for routing, else the agent's own.
//!
//! Invariant: what is decided here is what the run is started with; the
//! decision names whoever gave way. The text of an issue is not in the snapshot,
//! so instruction, title and labels decide.

use super::draft::Draft;
use crate::model::route::{Choice, Health, Override, Route, Source};
use crate::model::settings::{Agent, Settings};
use crate::model::{SkipReason, Task};
use crate::routing::{Ask, House, Router, source_words};

/// The scenarios of some settings, ready to be asked; made once, not for each plan.
#[derive(Debug)]
pub struct Routes(Option<Router>);

impl Routes {
    /// The routes of a config, none when it asks for none.
    #[must_use]
    pub fn of(settings: &Settings) -> Routes {
        let routing = &settings.routing;
        let router = routing
            .decides
            .then(|| Router::new(routing.scenarios.clone()));
        // A config whose keywords make no automaton was refused.
        Routes(router.and_then(Result::ok))
    }

    /// The tier that a title and labels call for; none where no word does.
    pub(super) fn tier(&self, title: &str, labels: &[String]) -> Option<String> {
        let ask = Ask {
            title,
            labels,
            ..Ask::default()
        };
        self.0.as_ref()?.route(&ask, &House::default()).tier
    }
}

/// Who is started for a task, and how that came.
pub(super) struct Chosen {
    pub choice: Choice,
    /// Why, in one line, when it was routed.
    pub why: Option<String>,
    /// Who gave way, with both sides.
    pub overrode: Option<String>,
}

/// Chooses for a task, or says what it waits for.
pub(super) fn choose(
    draft: &mut Draft<'_>,
    task: &Task,
    agent: &Agent,
) -> Result<Chosen, SkipReason> {
    let own = Chosen {
        choice: Choice {
            provider: agent.provider.clone(),
            model: agent.model.clone(),
        },
        why: None,
        overrode: None,
    };
    let Some(route) = route(draft, task, agent) else {
        return Ok(own);
    };
    match &route.choice {
        Some(choice) => Ok(Chosen {
            choice: choice.clone(),
            why: Some(why(&route, choice)),
            overrode: overrode(&route.overrides),
        }),
        // No provider of the config was named: the start says what is wrong with it.
        None if route.source == Source::Nobody => Ok(own),
        None => {
            for link in &route.chain {
                if let Health::Unwell { until, .. } = link.health
                    && let Some(until) = until
                {
                    draft.wake(until);
                }
            }
            Err(SkipReason::NoProvider {
                text: unwell(&route),
            })
        }
    }
}

fn route(draft: &Draft<'_>, task: &Task, agent: &Agent) -> Option<Route> {
    let router = draft.routes.0.as_ref()?;
    let settings = draft.s.settings;
    let issue = draft.s.world.issues.get(&task.work.issue);
    let house = House {
        providers: Some(&settings.providers),
        default: settings.routing.default.as_ref(),
        health: None,
    };
    let ask = Ask {
        instruction: &task.instruction,
        title: issue.map_or("", |issue| &issue.title),
        labels: issue.map_or(&[], |issue| &issue.labels),
        body: "",
        agent: Some(agent),
        // Whatever is no slot of the config was asked by somebody's words.
        mention: !task.origin.as_str().starts_with("slot-"),
    };
    Some(router.route(&ask, &house))
}

fn why(route: &Route, choice: &Choice) -> String {
    let tier = route.tier.as_deref().unwrap_or("none");
    let words = route.candidates.iter().find(|c| c.lost.is_none());
    let words = words.map_or(String::new(), |c| {
        format!(" by \"{}\"", c.words.join("\", \""))
    });
    let source = source_words(route.source);
    format!("tier {tier}{words}, {choice} by {source}")
}

fn overrode(overrides: &[Override]) -> Option<String> {
    let line = |o: &Override| {
        let (kept, lost) = (source_words(o.kept.source), source_words(o.lost.source));
        let (by, gone) = (&o.kept.choice, &o.lost.choice);
        format!("{lost} {gone} gave way to {kept} {by}: {}", o.why)
    };
    let lines: Vec<String> = overrides.iter().map(line).collect();
    (!lines.is_empty()).then(|| lines.join("; "))
}

fn unwell(route: &Route) -> String {
    let links = route.chain.iter().map(|link| match &link.health {
        Health::Unwell { reason, .. } => format!("{}: {reason}", link.choice),
        Health::Absent => format!("{}: not in the config", link.choice),
        Health::Unknown | Health::Well => link.choice.to_string(),
    });
    links.collect::<Vec<_>>().join("; ")
}
