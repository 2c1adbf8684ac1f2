//! Which tier, provider and model a text calls for, and why: one value, the
//! same that is shown, logged and carried out.
//!
//! Invariant: provider and model travel together, as a [`Choice`]; whatever
//! gave way to the choice is in [`Route::overrides`] with both sides.

use super::Time;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// A routing file: which words call for which tier, and who serves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scenario {
    /// The file's name without `.md`.
    pub name: String,
    /// The tier that it routes to.
    pub tier: String,
    /// Of several that match the highest wins.
    pub priority: u32,
    /// Who serves it, the first choice first.
    pub chain: Vec<Choice>,
    /// The words and phrases that call for it, as they are compared.
    pub keywords: Vec<String>,
}

/// A provider and the alias of a model, which are one choice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Choice {
    /// A provider of the config by name, or a kind of provider in a scenario.
    pub provider: String,
    /// The model, for providers that take one.
    pub model: Option<String>,
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.model {
            Some(model) => write!(f, "{}/{model}", self.provider),
            None => f.write_str(&self.provider),
        }
    }
}

/// Who decided provider and model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The agent's config, which pins them.
    Pin,
    /// The scenario that the text called for.
    Scenario,
    /// The agent's config, as its default.
    AgentDefault,
    /// The scenario of the agent's tier.
    AgentTier,
    /// The project's default.
    ProjectDefault,
    /// Nobody.
    Nobody,
}

/// Which of the texts decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decisive {
    /// Instruction and title.
    Text,
    /// The labels, because the text said nothing.
    Labels,
    /// The body, because nothing else said anything.
    Body,
    /// None of them.
    Nothing,
    /// The agent: what the words call for is above its tier.
    Agent,
}

/// How a provider and model pair is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Health {
    /// Nothing is known of it: it may be tried.
    #[default]
    Unknown,
    /// It worked last.
    Well,
    /// It refused, and the time for another try has come: one run may find out.
    HalfOpen {
        /// Why it was left alone, for people.
        reason: String,
    },
    /// It is not to be tried.
    Unwell {
        /// Why, for people.
        reason: String,
        /// When it may be tried again, if that is known.
        until: Option<Time>,
    },
    /// The config has no such provider.
    Absent,
}

impl Health {
    /// Whether a run may be started on it.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        matches!(
            self,
            Health::Unknown | Health::Well | Health::HalfOpen { .. }
        )
    }
}

/// What is known of pairs of provider and model; the rest is unknown.
pub type Healths = BTreeMap<Choice, Health>;

/// One scenario in a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its name.
    pub scenario: String,
    /// Its tier.
    pub tier: String,
    /// Its priority.
    pub priority: u32,
    /// Its words that the text holds.
    pub words: Vec<String>,
    /// Why it is not the one; none for the winner.
    pub lost: Option<String>,
}

/// One link of a provider chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Who would be started.
    #[serde(flatten)]
    pub choice: Choice,
    /// How it is.
    pub health: Health,
}

/// What one source would have chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// Whose word it is.
    pub source: Source,
    /// Its first choice.
    #[serde(flatten)]
    pub choice: Choice,
}

/// A source that gave way to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// What holds.
    pub kept: Side,
    /// What gave way.
    pub lost: Side,
    /// Why.
    pub why: String,
}

/// The decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Who decided provider and model.
    pub source: Source,
    /// The tier: that of the scenario, or the agent's own.
    pub tier: Option<String>,
    /// The scenario that won.
    pub scenario: Option<String>,
    /// Which of the texts decided.
    pub by: Decisive,
    /// Every scenario with its words, the winner first.
    pub candidates: Vec<Candidate>,
    /// Who serves it, the first choice first.
    pub chain: Vec<Link>,
    /// The first of the chain that can be used.
    pub choice: Option<Choice>,
    /// Who gave way to whom.
    pub overrides: Vec<Override>,
    /// Whether only the beginning of a text was read.
    pub cut: bool,
}
