//! A text, an agent and what is known of providers become the decision.
//!
//! Instruction and title are read first, labels only when these say nothing, the
//! body only when nothing else does. Among scenarios that match, priority wins,
//! then the number of distinct keywords, then the name. [`super::precedence`]
//! says whose provider and model hold.
//!
//! Invariant: a mention cannot win a tier above the one of the agent it calls.

use super::precedence;
use crate::model::route::{Candidate, Choice, Decisive, Healths, Route, Scenario};
use crate::model::settings::{Agent, Provider};
use adf_words::{BuildError, Found, Words};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Scenarios, ready to be asked.
#[derive(Debug)]
pub struct Router {
    scenarios: Vec<Scenario>,
    words: Words,
    /// Each keyword, and the scenarios it belongs to.
    keywords: Vec<(String, Vec<usize>)>,
}

/// What is to be routed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ask<'a> {
    /// What is asked.
    pub instruction: &'a str,
    /// The title.
    pub title: &'a str,
    /// The labels.
    pub labels: &'a [String],
    /// The text.
    pub body: &'a str,
    /// Who is to do it, if that is known.
    pub agent: Option<&'a Agent>,
    /// Whether a mention asks, whose author chose the words.
    pub mention: bool,
}

/// What the factory has to offer.
#[derive(Clone, Copy, Debug, Default)]
pub struct House<'a> {
    /// The config's providers; none without a config, which makes all of them known.
    pub providers: Option<&'a BTreeMap<String, Provider>>,
    /// Whom the project uses when nobody says otherwise.
    pub default: Option<&'a Choice>,
    /// What is known of providers.
    pub health: Option<&'a Healths>,
    /// Whether words decide nothing: the config has no `[routing]`.
    pub unrouted: bool,
}

impl Router {
    /// Makes scenarios ready.
    ///
    /// # Errors
    /// More keywords than an automaton takes; files are bounded far below.
    pub fn new(scenarios: Vec<Scenario>) -> Result<Router, BuildError> {
        let mut owners: BTreeMap<&String, Vec<usize>> = BTreeMap::new();
        for (n, scenario) in scenarios.iter().enumerate() {
            for keyword in &scenario.keywords {
                owners.entry(keyword).or_default().push(n);
            }
        }
        let owners = owners.into_iter();
        let keywords: Vec<(String, Vec<usize>)> =
            owners.map(|(word, of)| (word.clone(), of)).collect();
        let words: Vec<String> = keywords.iter().map(|(word, _)| word.clone()).collect();
        Ok(Router {
            words: Words::new(&words)?,
            scenarios,
            keywords,
        })
    }

    /// The scenarios.
    #[must_use]
    pub fn scenarios(&self) -> &[Scenario] {
        &self.scenarios
    }

    /// The decision for a text alone.
    #[must_use]
    pub fn by_text(&self, text: &str) -> Route {
        let ask = Ask {
            instruction: text,
            ..Ask::default()
        };
        self.route(&ask, &House::default())
    }

    /// The decision.
    #[must_use]
    pub fn route(&self, ask: &Ask<'_>, house: &House<'_>) -> Route {
        let (by, found) = self.read(ask);
        let mut candidates = self.candidates(&found);
        let winner = self.judge(&mut candidates, ask);
        let scenario = winner.and_then(|n| {
            let name = &candidates.get(n)?.scenario;
            self.scenarios.iter().find(|s| s.name == *name)
        });
        if let Some(n) = winner {
            candidates[..=n].rotate_right(1);
        }
        let own_tier = ask.agent.and_then(|agent| agent.tier.clone());
        let refused = scenario.is_none() && by != Decisive::Nothing;
        let by = if refused { Decisive::Agent } else { by };
        let settled = precedence::settle(&self.scenarios, scenario, ask.agent, house);
        Route {
            source: settled.source,
            tier: scenario.map(|s| s.tier.clone()).or(own_tier),
            scenario: scenario.map(|s| s.name.clone()),
            by,
            candidates,
            choice: settled.choice,
            chain: settled.chain,
            overrides: settled.overrides,
            cut: found.cut,
        }
    }

    /// Reads text after text until one says something.
    fn read(&self, ask: &Ask<'_>) -> (Decisive, Found) {
        let mut found = self.words.nothing();
        let labels = ask.labels.iter().map(String::as_str).collect();
        let stages = [
            (Decisive::Text, vec![ask.instruction, ask.title]),
            (Decisive::Labels, labels),
            (Decisive::Body, vec![ask.body]),
        ];
        for (by, texts) in stages {
            for text in texts {
                self.words.read(text, &mut found);
            }
            if !found.hits.is_empty() {
                return (by, found);
            }
        }
        (Decisive::Nothing, found)
    }

    /// All scenarios with their words, the best first.
    fn candidates(&self, found: &Found) -> Vec<Candidate> {
        let mut words: Vec<Vec<String>> = vec![Vec::new(); self.scenarios.len()];
        for (word, owners) in found.hits.iter().map(|hit| &self.keywords[*hit]) {
            for owner in owners {
                words[*owner].push(word.clone());
            }
        }
        let candidate = |(scenario, words): (&Scenario, Vec<String>)| Candidate {
            scenario: scenario.name.clone(),
            tier: scenario.tier.clone(),
            priority: scenario.priority,
            words,
            lost: None,
        };
        let mut all: Vec<Candidate> = self.scenarios.iter().zip(words).map(candidate).collect();
        all.sort_by(|a, b| {
            let order = |c: &Candidate| {
                (
                    c.words.is_empty(),
                    Reverse(c.priority),
                    Reverse(c.words.len()),
                )
            };
            order(a)
                .cmp(&order(b))
                .then_with(|| a.scenario.cmp(&b.scenario))
        });
        all
    }

    /// Finds the winner among sorted candidates and tells the others why not.
    fn judge(&self, candidates: &mut [Candidate], ask: &Ask<'_>) -> Option<usize> {
        let own = ask.agent.and_then(|agent| agent.tier.as_deref());
        let own = own.filter(|_| ask.mention);
        let of_own = |s: &&Scenario| Some(s.tier.as_str()) == own;
        let ceiling = self
            .scenarios
            .iter()
            .filter(of_own)
            .map(|s| s.priority)
            .max();
        let too_high = |c: &Candidate| {
            ceiling.is_some_and(|most| c.priority > most) && Some(c.tier.as_str()) != own
        };
        let winner = candidates
            .iter()
            .position(|c| !c.words.is_empty() && !too_high(c));
        let best = winner.and_then(|n| candidates.get(n)).cloned();
        for (n, candidate) in candidates.iter_mut().enumerate() {
            if Some(n) == winner {
                continue;
            }
            candidate.lost = Some(match &best {
                _ if candidate.words.is_empty() => "none of its keywords is in it".to_owned(),
                _ if too_high(candidate) => format!(
                    "a mention cannot raise the tier of the agent it calls, {}",
                    own.unwrap_or_default()
                ),
                Some(best) => why_not(candidate, best),
                None => String::new(),
            });
        }
        winner
    }
}

fn why_not(lost: &Candidate, best: &Candidate) -> String {
    let name = &best.scenario;
    if lost.priority < best.priority {
        let (own, most) = (lost.priority, best.priority);
        return format!("priority {own} is below the {most} of `{name}`");
    }
    let (own, most) = (lost.words.len(), best.words.len());
    if own < most {
        return format!("of the same priority, with {own} keywords to the {most} of `{name}`");
    }
    format!("equal in priority and keywords to `{name}`, which comes first by name")
}
