//! Routing: files of keywords and a text become the tier, provider and model
//! that the text calls for, with every reason.
//!
//! [`file`] reads a scenario, [`check`] holds several against each other and runs
//! their examples, [`adf_words`] finds keywords, [`Router::route`] decides.
//!
//! Invariant: pure; the same scenarios, text, agent and health give the same
//! [`Route`](crate::model::route::Route).

pub mod check;
mod choose;
pub mod file;
mod precedence;

pub use adf_words::TEXT_BYTES_MAX;
pub use choose::{Ask, House, Router};
pub use precedence::{pairs, words as source_words};

use crate::model::route::Scenario;

/// The scenarios that this executable brings along: name and text.
pub const SHIPPED: [(&str, &str); 3] = [
    (
        "planning",
        include_str!("../../routing_scenarios/planning.md"),
    ),
    (
        "implementation",
        include_str!("../../routing_scenarios/implementation.md"),
    ),
    ("review", include_str!("../../routing_scenarios/review.md")),
];

/// The shipped scenarios, read. A test holds that none of them has a flaw.
#[must_use]
pub fn shipped() -> Vec<Scenario> {
    let read = SHIPPED.iter().map(|(name, text)| file::read(name, text));
    read.filter_map(|file| Some(file.ok()?.scenario)).collect()
}

/// Whether a model's name ends in a date: `-20241022`, `@20241022`, `-2024-10-22`.
#[must_use]
pub fn is_pinned(model: &str) -> bool {
    let name = model.split(['[', ':']).next().unwrap_or(model);
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    let mut parts = name.rsplit(['-', '@']);
    let (last, second, third) = (parts.next(), parts.next(), parts.next());
    let is = |part: Option<&str>, n| part.is_some_and(|part| digits(part, n));
    is(last, 8) && second.is_some() || is(last, 2) && is(second, 2) && is(third, 4)
}
