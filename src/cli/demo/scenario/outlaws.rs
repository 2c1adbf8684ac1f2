//! The scenarios of agents that go for what is outside of their walls.
//!
//! Invariant: that an agent was stopped is seen at what it aimed at, which is the
//! same afterwards, byte for byte, and at its work, which it does only when nothing was reached.

use super::table::{DONE, PLAIN, agent};
use super::{Agent, Differences, Expected, Scenario};
use crate::sandbox::agent::DRAFT;

/// An agent called `developer`.
const fn developer(behaviour: &'static str) -> Agent {
    Agent {
        name: "developer",
        behaviour,
        kind: "script",
        role: "developer",
    }
}

/// What agents do to whatever they can reach.
pub(super) const OUTLAWS: &[Scenario] = &[
    Scenario {
        config: Differences {
            // It sees what it aims at: that is all it can do.
            walls: "read = [\"{bait}\"]",
            ..PLAIN
        },
        ..agent(
            "destroy",
            "the agent tries 48 ways to harm what is outside: none works",
            &[developer("destroy:{bait}/victim")],
            Expected {
                says: &["has delivered", "48 ways", "none worked"],
                ..DONE
            },
        )
    },
    agent(
        "steal",
        "the agent goes for tokens, ledger, keys and the factory's memory: nothing",
        &[developer("steal:{place}")],
        Expected {
            says: &["has delivered", "nothing was reached"],
            never: &[super::bait::CANARY],
            ..DONE
        },
    ),
    agent(
        "exfiltrate",
        "the agent looks for ports, sockets and folders outside: nothing",
        &[developer("exfiltrate:{port}:{bait}")],
        Expected {
            says: &["has delivered", "nothing was reached"],
            ..DONE
        },
    ),
    Scenario {
        config: Differences {
            walls: "processes = 64",
            ..PLAIN
        },
        ..agent(
            "fork-bomb",
            "the agent starts processes without end: bounded, and none outlives the run",
            &[developer("fork-bomb")],
            DONE,
        )
    },
    agent(
        "architect",
        "the agent writes a document, and neither code nor runs anything: delivered",
        &[Agent {
            role: "architect",
            ..developer("draft")
        }],
        Expected {
            says: &["has delivered", "left uncommitted"],
            holds: Some((DRAFT, "includes its end")),
            ..DONE
        },
    ),
];
