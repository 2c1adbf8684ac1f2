//! How a run ended becomes its failure class, with the rule that said so, the
//! line that says why, and a fingerprint by which the same failure is known again.
//!
//! Invariant: facts are judged before words, rules in a fixed order and the
//! first that matches decides; a run that exited well with commits is not
//! failed whatever its output talks about, unless its CLI was denied the next turn;
//! nor does the output of a run that ended by itself and reported say why it came to nothing.
//! Where to look next: [`rules`] for facts, [`scan`] for words, [`print`] for fingerprints.

pub mod print;
mod rules;
pub mod scan;
mod shipped;
#[cfg(test)]
mod tests;

pub use scan::{Rules, Said, Scan};
pub use shipped::{OVERLOAD, UNAUTHORISED};

use crate::model::settings::FailureRule;
use crate::model::{Denial, Exit, FailureClass, Report};
use serde::Serialize;

/// What is known of a run when it is judged.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// How the process ended.
    pub exit: &'a Exit,
    /// Whether it left commits.
    pub has_work: bool,
    /// Why nothing is known of its commits, when they could not be taken in.
    pub untaken: Option<Untaken>,
    /// What the agent said of it.
    pub report: Option<&'a Report>,
    /// Whether it asked people a question, which is open.
    pub asked: bool,
    /// Whether its role edits nothing, so that its report is the result.
    pub reads: bool,
    /// Why its CLI could not go on, by its own protocol.
    pub denial: Option<&'a Denial>,
}

impl<'a> Evidence<'a> {
    /// A run of which nothing but its end is known.
    #[must_use]
    pub fn of(exit: &'a Exit) -> Evidence<'a> {
        Evidence {
            exit,
            has_work: false,
            untaken: None,
            report: None,
            asked: false,
            reads: false,
            denial: None,
        }
    }
}

/// Why a run's work was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untaken {
    /// The factory could not look at it.
    Ours,
    /// It cannot be taken as it is.
    Its,
    /// It is larger than may be taken.
    TooLarge,
}

/// Why a run counts as failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Its class.
    pub class: FailureClass,
    /// The rule that said so.
    pub rule: String,
    /// The line that says why, as it was written; empty when a fact said it.
    pub line: String,
}

/// Whether a run is failed; its output need not be read for that.
#[must_use]
pub fn is_failed(input: &Evidence<'_>) -> bool {
    !rules::is_well(input)
}

/// Why a run counts as failed, and by which rule; `None` when it does not.
/// `said` is its output, or the text of a git or forge error.
#[must_use]
pub fn classify(input: &Evidence<'_>, said: &Said) -> Option<Verdict> {
    if !is_failed(input) {
        return None;
    }
    let verdict = |(class, rule): rules::Rule, line: &str| Verdict {
        class,
        rule: rule.to_owned(),
        line: line.to_owned(),
    };
    if let Some(rule) = rules::by_denial(input) {
        let text = input.denial.map_or("", |denial| denial.text.as_str());
        return Some(verdict(rule, text));
    }
    if let Some(rule) = rules::by_fact(input) {
        return Some(verdict(rule, ""));
    }
    if rules::hears_words(input)
        && let Some((class, rule, line)) = said.matched.clone()
    {
        return Some(Verdict { class, rule, line });
    }
    Some(verdict(rules::by_exit(input), &said.last))
}

/// What a rule judges by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// What the agent's CLI says by its protocol.
    Denial,
    /// Exit, signal and limits.
    Fact,
    /// Words, by a rule of the config.
    Config,
    /// Words, by a rule of this executable.
    Words,
    /// The exit, when nothing else says more.
    Exit,
}

/// All rules in the order in which they are asked.
#[must_use]
pub fn all(own: &[FailureRule]) -> Vec<(Source, FailureClass, String)> {
    let facts = |source, rules: &[rules::Rule]| -> Vec<(Source, FailureClass, String)> {
        let named = rules
            .iter()
            .map(|(class, name)| (source, *class, (*name).to_owned()));
        named.collect()
    };
    let mut all = facts(Source::Denial, &rules::DENIALS);
    all.extend(facts(Source::Fact, &rules::FACTS));
    all.extend(
        own.iter()
            .map(|r| (Source::Config, r.class, r.name.clone())),
    );
    let shipped = shipped::SHIPPED.iter();
    all.extend(shipped.map(|r| (Source::Words, r.class, r.name.to_owned())));
    all.extend(facts(Source::Exit, &rules::EXITS));
    all
}

/// Whether a rule of this executable has that name.
#[must_use]
pub fn is_shipped(name: &str) -> bool {
    all(&[]).iter().any(|(_, _, known)| known == name)
}
