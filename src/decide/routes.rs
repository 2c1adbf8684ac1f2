//! Which provider and model a run gets: by the words of its task where the
//! config asks for routing, else the agent's own.
//!
//! Invariant: what is decided here is what the run is started with; the
//! decision names whoever gave way or was passed over. The text of an issue is not
//! in the snapshot, so instruction, title and labels decide. A task does not go back
//! to the pair that refused it last while there is another.

use super::draft::Draft;
use super::ending::Ending;
use super::health::{self, being_tried};
use crate::model::route::{Choice, Health, Healths, Link, Override, Route, Source};
use crate::model::settings::{Agent, Settings};
use crate::model::{Change, Outcome, Routed, Run, SkipReason, Task, Time};
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
    /// By what, when it was routed.
    pub routed: Option<Routed>,
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
        routed: None,
        overrode: None,
    };
    let Some(route) = route(draft, task, agent) else {
        return usable(draft, own);
    };
    match &route.choice {
        Some(choice) => Ok(Chosen {
            choice: choice.clone(),
            routed: Some(Routed {
                tier: route.tier.clone(),
                why: why(&route, choice),
            }),
            overrode: overrode(&route.overrides),
        }),
        // No provider of the config was named: the start says what is wrong with it.
        None if route.source == Source::Nobody => Ok(own),
        None => {
            if let Some(until) = earliest(&route) {
                draft.wake(until);
            }
            Err(SkipReason::NoProvider {
                text: unwell(&route.chain),
            })
        }
    }
}

/// The agent's own, where nothing routes: it waits for it, and goes to no other.
fn usable(draft: &mut Draft<'_>, own: Chosen) -> Result<Chosen, SkipReason> {
    let healths = now(draft);
    let held = match healths.get(&own.choice) {
        Some(Health::Unwell { reason, until }) => Some((reason, until)),
        _ => None,
    };
    // What cannot work on this machine is said by its start, with what to mend.
    let here = health::trouble(draft.s.world, &own.choice.provider).is_none();
    let Some((reason, until)) = held.filter(|_| here) else {
        return Ok(own);
    };
    if let Some(until) = until {
        draft.wake(*until);
    }
    Err(SkipReason::NoProvider {
        text: format!("{}: {reason}", own.choice),
    })
}

/// What comes instead of `next` after a run that its provider refused: the task goes
/// on at once with another pair of its chain, or waits for the first to come back.
pub(super) fn instead(
    draft: &Draft<'_>,
    (task, agent): (&Task, Option<&Agent>),
    (outcome, ended): (&Outcome, Time),
    next: Ending,
) -> Ending {
    let fails = matches!(
        next,
        Ending::Again { .. } | Ending::Wait { .. } | Ending::Keep(_) | Ending::Report(_)
    );
    if !fails || outcome.class.is_none() || health::refused(outcome).is_none() {
        return next;
    }
    let Some(route) = agent.and_then(|agent| route(draft, task, agent)) else {
        return next;
    };
    match (&route.choice, next) {
        (Some(choice), _) => Ending::Again {
            at: ended,
            strike: false,
            why: format!("{}; it goes on with {choice}", outcome.reason),
        },
        (None, Ending::Wait { at, .. } | Ending::Again { at, .. }) => Ending::Wait {
            at: earliest(&route).unwrap_or(at),
            why: format!("no provider can be used: {}", unwell(&route.chain)),
        },
        (None, next) => next,
    }
}

/// The decision. Whoever refused this task last is asked only when nobody else can be.
fn route(draft: &Draft<'_>, task: &Task, agent: &Agent) -> Option<Route> {
    let healths = now(draft);
    let last = draft.s.world.runs_of(&task.id).last();
    let refused = last.filter(|run| run.outcome().is_some_and(|o| health::refused(o).is_some()));
    if let Some(pair) = refused.map(health::pair)
        && healths.get(&pair).is_none_or(Health::is_usable)
    {
        let mut others = healths.clone();
        let reason = "it refused this task the last time".to_owned();
        let until = None;
        others.insert(pair, Health::Unwell { reason, until });
        let without = decision(draft, task, agent, &others)?;
        if without.choice.is_some() {
            return Some(without);
        }
    }
    decision(draft, task, agent, &healths)
}

/// How everybody is, with what this very plan starts: of what is half-open it starts one.
fn now(draft: &Draft<'_>) -> Healths {
    let mut healths = draft.health().clone();
    for change in &draft.plan.changes {
        if let Change::Run(run) = change {
            try_out(&mut healths, run);
        }
    }
    healths
}

fn try_out(healths: &mut Healths, run: &Run) {
    let pair = health::pair(run);
    if let Some(Health::HalfOpen { reason }) = healths.get(&pair) {
        let tried = being_tried(reason, run.id.as_str());
        healths.insert(pair, tried);
    }
}

fn decision(draft: &Draft<'_>, task: &Task, agent: &Agent, healths: &Healths) -> Option<Route> {
    let router = draft.routes.0.as_ref()?;
    let settings = draft.s.settings;
    let issue = draft.s.world.issues.get(&task.work.issue);
    let house = House {
        providers: Some(&settings.providers),
        default: settings.routing.default.as_ref(),
        health: Some(healths),
        unrouted: false,
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

/// When the first of a chain may be tried again, if that is known.
fn earliest(route: &Route) -> Option<Time> {
    let until = |link: &Link| match link.health {
        Health::Unwell { until, .. } => until,
        _ => None,
    };
    route.chain.iter().filter_map(until).min()
}

fn why(route: &Route, choice: &Choice) -> String {
    let tier = route.tier.as_deref().unwrap_or("none");
    let words = route.candidates.iter().find(|c| c.lost.is_none());
    let words = words.map_or(String::new(), |c| {
        format!(" by \"{}\"", c.words.join("\", \""))
    });
    let source = source_words(route.source);
    let mut line = format!("tier {tier}{words}, {choice} by {source}");
    let before = route.chain.iter().take_while(|link| link.choice != *choice);
    let passed: Vec<Link> = before
        .filter(|link| link.health != Health::Absent)
        .cloned()
        .collect();
    if !passed.is_empty() {
        line = format!("{line}, passing over {}", unwell(&passed));
    }
    line
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

fn unwell(chain: &[Link]) -> String {
    let links = chain.iter().map(|link| match &link.health {
        Health::Unwell { reason, .. } => format!("{}: {reason}", link.choice),
        Health::Absent => format!("{}: not in the config", link.choice),
        Health::Unknown | Health::Well | Health::HalfOpen { .. } => link.choice.to_string(),
    });
    links.collect::<Vec<_>>().join("; ")
}
