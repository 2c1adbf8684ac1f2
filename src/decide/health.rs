//! Runs → how each pair of provider and model is: a breaker that is closed, open
//! until a moment, or half-open with one run to find out.
//!
//! Invariant: a fold over the ledger's runs and open alerts, with no state of its
//! own, so a restart forgets nothing. Only a run that began after a refusal can
//! close the breaker that it opened. [`super::routes`] passes over what is open.

use crate::classify::{OVERLOAD, UNAUTHORISED};
use crate::model::alert::PROVIDER;
use crate::model::route::{Choice, Health, Healths};
use crate::model::settings::Settings;
use crate::model::{DenialKind, Exit, FailureClass, Outcome, Run, RunId, RunState, Time, World};
use crate::routing;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// How long a pair is left alone after a refusal that states no reset; doubles with each in a row.
pub const PAUSE: Duration = Duration::from_secs(60);
/// The longest that a pair is left alone without a stated reset.
pub const PAUSE_MAX: Duration = Duration::from_secs(3600);
/// How long after a stated reset the next try is: some state it without its seconds.
pub const RESET_SLACK: Duration = Duration::from_secs(60);

/// How a pair is, by what its runs came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Breaker {
    /// It may be used.
    Closed,
    /// It is left alone.
    Open {
        /// What it said.
        reason: String,
        /// Until when.
        until: Time,
    },
    /// Its time has come; one run may find out.
    HalfOpen {
        /// What it said.
        reason: String,
        /// The run that finds out, if one is under way.
        trial: Option<RunId>,
    },
}

/// What the ledger knows of a pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// How it is.
    pub breaker: Breaker,
    /// Refusals in a row.
    pub refusals: u32,
    /// Runs of it.
    pub runs: u32,
    /// The end of its last run.
    pub last_at: Option<Time>,
    /// What its last run came to, for people.
    pub last: Option<String>,
}

impl Standing {
    /// That of a pair that never ran.
    #[must_use]
    pub fn untried() -> Standing {
        Standing {
            breaker: Breaker::Closed,
            refusals: 0,
            runs: 0,
            last_at: None,
            last: None,
        }
    }
}

/// A provider's no, as its run's outcome has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What kind.
    pub kind: DenialKind,
    /// When it is over, if that was said.
    pub resets_at: Option<Time>,
}

/// Whether a run failed because its provider refused. The words of an output count
/// only where the CLI tells nothing by a protocol of its own: a script's.
#[must_use]
pub fn refused(outcome: &Outcome) -> Option<Refusal> {
    if let Some(denial) = &outcome.told.denial {
        return (denial.kind != DenialKind::Other).then_some(Refusal {
            kind: denial.kind,
            resets_at: denial.resets_at,
        });
    }
    let rule = outcome.failure.as_ref().map(|f| f.rule.as_str());
    let kind = match (outcome.class, rule) {
        (Some(FailureClass::Transient), Some(OVERLOAD)) => DenialKind::Quota,
        (Some(FailureClass::Auth), Some(UNAUTHORISED)) => DenialKind::Auth,
        _ => return None,
    };
    outcome.told.session.is_none().then_some(Refusal {
        kind,
        resets_at: None,
    })
}

/// The pair that a run was started with.
#[must_use]
pub fn pair(run: &Run) -> Choice {
    Choice {
        provider: run.provider.clone(),
        model: run.model.clone(),
    }
}

/// What the ledger knows of every pair that ever ran.
#[must_use]
pub fn standings(world: &World, now: Time) -> BTreeMap<Choice, Standing> {
    let mut tallies: HashMap<(&str, Option<&str>), Tally<'_>> = HashMap::new();
    for run in world.runs.values() {
        let key = (run.provider.as_str(), run.model.as_deref());
        tallies.entry(key).or_default().count(run);
    }
    let of = |((provider, model), tally): ((&str, Option<&str>), Tally<'_>)| {
        let choice = Choice {
            provider: provider.to_owned(),
            model: model.map(str::to_owned),
        };
        (choice, tally.standing(now))
    };
    tallies.into_iter().map(of).collect()
}

/// What is known of the pairs of a config, for routing: of their runs, and of
/// providers that cannot work on this machine.
#[must_use]
pub fn known(world: &World, settings: &Settings, now: Time) -> Healths {
    let of = |(choice, standing): (Choice, Standing)| (choice, standing.breaker.health());
    let mut known: Healths = standings(world, now).into_iter().map(of).collect();
    for choice in routing::pairs(settings) {
        if let Some(reason) = trouble(world, &choice.provider) {
            let (reason, until) = (reason.to_owned(), None);
            known.insert(choice, Health::Unwell { reason, until });
        }
    }
    known
}

/// Why a provider cannot work on this machine, by the alert on it.
#[must_use]
pub fn trouble<'a>(world: &'a World, provider: &str) -> Option<&'a str> {
    let alert = world.alerts.get(&format!("{PROVIDER}{provider}"));
    let open = alert.filter(|alert| alert.cleared_at.is_none());
    open.map(|alert| alert.text.as_str())
}

impl Breaker {
    fn health(self) -> Health {
        match self {
            Breaker::Closed => Health::Well,
            Breaker::Open { reason, until } => Health::Unwell {
                reason,
                until: Some(until),
            },
            Breaker::HalfOpen {
                reason,
                trial: None,
            } => Health::HalfOpen { reason },
            Breaker::HalfOpen {
                reason,
                trial: Some(run),
            } => being_tried(&reason, run.as_str()),
        }
    }
}

/// Half-open, with somebody finding out.
pub(super) fn being_tried(reason: &str, by: &str) -> Health {
    let reason = format!("{by} finds out whether it is there again; it said: {reason}");
    Health::Unwell {
        reason,
        until: None,
    }
}

/// Runs of one pair while they are counted.
#[derive(Default)]
struct Tally<'a> {
    runs: u32,
    /// Those that were refused: the run, its end, what was said.
    refused: Vec<(&'a Run, Time, Refusal)>,
    /// The latest beginning and the latest end of a run that went well.
    well: Option<(Time, Time)>,
    open: Vec<&'a Run>,
    last: Option<(Time, &'a Outcome)>,
}

impl<'a> Tally<'a> {
    fn count(&mut self, run: &'a Run) {
        self.runs = self.runs.saturating_add(1);
        let RunState::Ended { at, outcome } = &run.state else {
            self.open.push(run);
            return;
        };
        if self.last.is_none_or(|(last, _)| last <= *at) {
            self.last = Some((*at, outcome));
        }
        if let Some(refusal) = refused(outcome) {
            self.refused.push((run, *at, refusal));
        } else if answered(outcome) {
            let (begun, ended) = self.well.unwrap_or((run.created_at, *at));
            self.well = Some((begun.max(run.created_at), ended.max(*at)));
        }
    }

    fn standing(mut self, now: Time) -> Standing {
        let (breaker, refusals) = self.breaker(now);
        Standing {
            breaker,
            refusals,
            runs: self.runs,
            last_at: self.last.map(|(at, _)| at),
            last: self.last.map(|(_, outcome)| outcome.reason.clone()),
        }
    }

    fn breaker(&mut self, now: Time) -> (Breaker, u32) {
        self.refused
            .sort_by_key(|(run, at, _)| (*at, run.created_at));
        let Some((last, ended, _)) = self.refused.last().copied() else {
            return (Breaker::Closed, 0);
        };
        let well = self.well;
        if well.is_some_and(|(begun, _)| begun >= ended) {
            return (Breaker::Closed, 0);
        }
        let since = well.map_or(Time(i64::MIN), |(_, ended)| ended);
        let mut row = Row::default();
        for (run, at, refusal) in self.refused.iter().filter(|(_, at, _)| *at > since) {
            row.add(run, *at, *refusal);
        }
        // A run that began before the last refusal and ended well after it: it counts once.
        if row.refusals == 0
            && let Some((run, at, refusal)) = self.refused.last()
        {
            row.add(run, *at, *refusal);
        }
        let reason = last.outcome().map_or("", said).to_owned();
        let until = row.until;
        if now < until {
            return (Breaker::Open { reason, until }, row.refusals);
        }
        let trial = self.open.iter().find(|run| run.created_at >= ended);
        let trial = trial.map(|run| run.id.clone());
        (Breaker::HalfOpen { reason, trial }, row.refusals)
    }
}

/// Refusals in a row.
#[derive(Default)]
struct Row {
    refusals: u32,
    ended: Time,
    until: Time,
}

impl Row {
    /// Runs that were under way together and refused together count once.
    fn add(&mut self, run: &Run, at: Time, refusal: Refusal) {
        let again = self.refusals == 0 || run.created_at >= self.ended;
        self.refusals += u32::from(again);
        let until = until(at, refusal.resets_at, self.refusals);
        self.until = if again { until } else { until.max(self.until) };
        self.ended = at;
    }
}

/// Until when a pair is left alone that refused at `at`, for the n-th time in a row.
#[must_use]
pub fn until(at: Time, resets_at: Option<Time>, refusals: u32) -> Time {
    let doubled = 1u32
        .checked_shl(refusals.saturating_sub(1).min(16))
        .unwrap_or(u32::MAX);
    let pause = PAUSE.saturating_mul(doubled).min(PAUSE_MAX);
    match resets_at {
        // A reset that is over was no help: without a pause it would be asked at once.
        Some(reset) if reset > at => reset.plus(RESET_SLACK),
        _ => at.plus(pause),
    }
}

/// Whether the provider did its part: what the agent made of it is not its fault.
fn answered(outcome: &Outcome) -> bool {
    let class = outcome.class;
    outcome.exit == Exit::Code(0) && class.is_none_or(|class| class == FailureClass::Logic)
}

/// What a provider said with its no.
fn said(outcome: &Outcome) -> &str {
    let line = || outcome.failure.as_ref().map(|f| f.line.as_str());
    let told = outcome.told.denial.as_ref().map(|d| d.text.as_str());
    let said = told.or_else(line).filter(|text| !text.is_empty());
    said.unwrap_or(&outcome.reason)
}
