//! The scenarios of providers: who is asked, who refuses, and who goes on.
//!
//! Invariant: each agent of such a scenario brings a provider of its own name, and
//! the chain names them in the order in which they are asked.

use super::table::{DONE, PLAIN, agent};
use super::{Agent, Differences, Expected, Scenario};
use crate::model::FailureClass::Transient;

/// An agent of kind `script`, and the provider of its name.
const fn served(name: &'static str, behaviour: &'static str) -> Agent {
    Agent {
        name,
        behaviour,
        kind: "script",
        role: "developer",
    }
}

/// What providers do.
pub(super) const CHAINS: &[Scenario] = &[Scenario {
    config: Differences {
        // One attempt: a strike would be the end of the task.
        chain: &["developer", "spare"],
        ..PLAIN
    },
    ..agent(
        "quota-fallback",
        "the first provider's quota is used up, the second does the work: one pull request, no strike",
        &[served("developer", "quota"), served("spare", "happy")],
        Expected {
            runs: &[Some(Transient), None],
            ..DONE
        },
    )
}];
