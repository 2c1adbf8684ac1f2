//! How a run ended becomes its failure class, with the name of the rule that said so.
//!
//! Invariant: facts are judged before words, rules in a fixed order and the
//! first that matches decides; a run that exited well with commits is not
//! failed whatever its output talks about, unless its CLI was denied the next turn.
//! Where to look next: [`rules`] for the shipped list.

mod rules;
#[cfg(test)]
mod tests;
mod words;

use crate::model::{Denial, Exit, FailureClass, Report};

/// What is known of a run when it is judged.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// How the process ended.
    pub exit: &'a Exit,
    /// Whether it left commits.
    pub has_work: bool,
    /// What the agent said of it.
    pub report: Option<&'a Report>,
    /// Why its CLI could not go on, by its own protocol.
    pub denial: Option<&'a Denial>,
    /// The end of its output, or the text of a git or forge error.
    pub tail: &'a str,
}

/// Why a run counts as failed, and by which rule; `None` when it does not.
#[must_use]
pub fn classify(input: &Evidence<'_>) -> Option<(FailureClass, &'static str)> {
    if rules::is_well(input) {
        return None;
    }
    Some(
        rules::by_denial(input)
            .or_else(|| rules::by_fact(input))
            .or_else(|| words::find(input.tail))
            .unwrap_or_else(|| rules::by_exit(input)),
    )
}
