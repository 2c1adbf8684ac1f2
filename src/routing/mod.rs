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

/// Whether a model's name holds a date: `-20241022`, `@20241022`, `-2024-10-22`, `-preview-05-06`,
/// whatever comes after it, such as `-v2:0`.
#[must_use]
pub fn is_pinned(model: &str) -> bool {
    let name = model.split(['[', ':']).next().unwrap_or(model);
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = name.split(['-', '@']).collect();
    let whole = parts.iter().skip(1).any(|part| digits(part, 8));
    let in_three = parts.windows(3).any(|three| match three {
        [year, month, day] => {
            (digits(year, 4) || *year == "preview") && digits(month, 2) && digits(day, 2)
        }
        _ => false,
    });
    whole || in_three
}
