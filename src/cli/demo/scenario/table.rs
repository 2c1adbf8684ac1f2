//! The scenarios, each in a few lines: what is said here is all that is special
//! about one.

use super::{Agent, Deed, Differences, Expected, Scenario, Traces};
use crate::cli::demo::MENTION;
use crate::model::FailureClass::{Logic, Timeout, Transient, Unknown};
use crate::sandbox::agent::{HALF, LEFT, SECRET, THOUGHT};
use crate::sandbox::demo_world::RIGHT;
use crate::sandbox::{Fault, FaultKind};

const DELIVERED: Traces = Traces {
    accepts: 1,
    results: 1,
    replies: 0,
    branches: 1,
    pulls: 1,
};
pub(super) const KEPT: Traces = Traces {
    pulls: 0,
    ..DELIVERED
};
const TOLD: Traces = Traces {
    branches: 0,
    ..KEPT
};
const REPLIED: Traces = Traces {
    accepts: 0,
    results: 0,
    replies: 1,
    ..TOLD
};

const FIXED: Option<(&str, &str)> = Some(("src/lib.rs", RIGHT));

pub(super) const DONE: Expected = Expected {
    traces: DELIVERED,
    runs: &[None],
    says: &["has delivered"],
    never: &[],
    holds: FIXED,
};

/// What did not come to a commit.
pub(super) const FAILED: Expected = Expected {
    traces: TOLD,
    runs: &[Some(Logic)],
    says: &["has failed", "There is no commit."],
    never: &[],
    holds: None,
};

/// Nobody was obeyed.
const REFUSED: Expected = Expected {
    traces: REPLIED,
    runs: &[],
    ..FAILED
};

/// A failure is told at once, and who will not end is not waited for.
pub(super) const PLAIN: Differences = Differences {
    project: "grace = \"1s\"",
    agents: "attempts = 1",
    walls: "",
    chain: &[],
    coordinator: "",
};
const SHORT: Differences = Differences {
    agents: "attempts = 1\nwall_time = \"2s\"",
    ..PLAIN
};

const ASKED: &[Deed] = &[Deed::Says("alice", MENTION)];

/// An agent that behaves like this, asked once, on a forge that works.
pub(super) const fn agent(
    name: &'static str,
    about: &'static str,
    agents: &'static [Agent],
    expected: Expected,
) -> Scenario {
    Scenario {
        name,
        about,
        agents,
        config: PLAIN,
        faults: Vec::new,
        deeds: ASKED,
        expected,
    }
}

/// An agent of kind `script`.
const fn scripted(name: &'static str, behaviour: &'static str) -> Agent {
    Agent {
        name,
        behaviour,
        kind: "script",
        role: name,
    }
}

macro_rules! developer {
    ($behaviour:literal) => {
        &[scripted("developer", $behaviour)]
    };
}

/// What agents do.
pub(super) const AGENTS: &[Scenario] = &[
    agent(
        "happy",
        "the agent does its work: one branch, one pull request, one result",
        developer!("happy"),
        DONE,
    ),
    agent(
        "slow",
        "the agent takes its time and says so: it is left alone",
        developer!("slow"),
        DONE,
    ),
    Scenario {
        config: SHORT,
        ..agent(
            "hang",
            "the agent never ends: stopped at its wall time, and that is said",
            developer!("hang"),
            Expected {
                runs: &[Some(Timeout)],
                says: &["has failed (TIMEOUT)", "wall time"],
                ..FAILED
            },
        )
    },
    Scenario {
        config: SHORT,
        ..agent(
            "ignore-term",
            "the agent hangs and ignores TERM: killed after its grace",
            developer!("ignore-term"),
            Expected {
                runs: &[Some(Timeout)],
                says: &["has failed (TIMEOUT)", "wall time"],
                ..FAILED
            },
        )
    },
    agent(
        "fork",
        "the agent leaves processes, one in its own session: none outlives the run",
        developer!("fork"),
        DONE,
    ),
    agent(
        "flood",
        "the agent writes 1 GiB: little of it is kept, the work is delivered",
        developer!("flood"),
        DONE,
    ),
    agent(
        "garbage",
        "the agent writes invalid UTF-8 and broken JSON: the work is delivered",
        developer!("garbage"),
        DONE,
    ),
    agent(
        "silent",
        "the agent does nothing and exits with 0: that is a failure",
        developer!("silent"),
        FAILED,
    ),
    agent(
        "liar",
        "the agent reports done without a commit: a claim, and a failure",
        developer!("liar"),
        Expected {
            says: &[
                "has failed (LOGIC)",
                "There is no commit.",
                "**The agent says** (done)",
            ],
            ..FAILED
        },
    ),
    agent(
        "crash",
        "the agent dies after a commit: its work is kept, not proposed",
        developer!("crash"),
        Expected {
            traces: KEPT,
            runs: &[Some(Unknown)],
            says: &["has failed", "signal 6", "is kept on branch"],
            never: &[],
            holds: FIXED,
        },
    ),
    agent(
        "dirty",
        "the agent commits nothing of its work: the factory does, and says so",
        developer!("dirty"),
        Expected {
            says: &["has delivered", "left uncommitted"],
            holds: Some((LEFT, "left")),
            ..DONE
        },
    ),
    agent(
        "quota",
        "the agent's provider refuses with 429, its exit is 0: time mends that",
        developer!("quota"),
        Expected {
            runs: &[Some(Transient)],
            says: &["has failed (TRANSIENT)", "There is no commit."],
            ..FAILED
        },
    ),
    agent(
        "leak",
        "the agent says a secret: it is in no comment, log or ledger",
        developer!("leak"),
        Expected {
            says: &["has delivered", "[redacted]"],
            never: &[SECRET],
            ..DONE
        },
    ),
    agent(
        "bad-report",
        "the agent's reports cannot be read: refused, its commit is delivered",
        developer!("bad-report"),
        DONE,
    ),
    agent(
        "think-leak",
        "the agent's thinking reaches no comment and no other agent",
        &[
            Agent {
                name: "developer",
                behaviour: "think",
                kind: "claude",
                role: "developer",
            },
            scripted("reviewer", "reject"),
        ],
        Expected {
            traces: Traces {
                accepts: 2,
                results: 2,
                ..DELIVERED
            },
            runs: &[None, None],
            says: &[
                "has delivered",
                "> The range is right now.",
                "there is nothing to change",
            ],
            never: &[THOUGHT],
            holds: FIXED,
        },
    ),
    agent(
        "mention-loop",
        "two agents call each other: it ends with the third call",
        &[
            scripted("developer", "call:reviewer"),
            Agent {
                role: "developer",
                ..scripted("reviewer", "call:developer")
            },
        ],
        Expected {
            traces: Traces {
                accepts: 4,
                results: 4,
                replies: 0,
                branches: 4,
                pulls: 4,
            },
            runs: &[None, None, None, None],
            ..DONE
        },
    ),
];

/// What people, the forge and the machine do.
pub(super) const OTHERS: &[Scenario] = &[
    Scenario {
        deeds: &[Deed::Says("bob", MENTION)],
        ..agent(
            "stranger",
            "somebody without rights calls: one reply, no run",
            developer!("happy"),
            Expected {
                says: &["@bob", "people with write access"],
                ..REFUSED
            },
        )
    },
    Scenario {
        deeds: &[
            Deed::Says("alice", "Look at this some day."),
            Deed::Reads,
            Deed::Edits("carol", MENTION),
        ],
        ..agent(
            "edit",
            "somebody edits a call into another's comment: one reply, no run",
            developer!("happy"),
            Expected {
                says: &["An edit starts nothing"],
                ..REFUSED
            },
        )
    },
    Scenario {
        deeds: &[Deed::Says("alice", "@adf: please fix it")],
        ..agent(
            "malformed",
            "a call that names nobody: one reply with the right form, no run",
            developer!("happy"),
            Expected {
                says: &["not a mention I can read", "`@adf:developer please …`"],
                ..REFUSED
            },
        )
    },
    Scenario {
        deeds: &[Deed::Second(crate::cli::BUSY), Deed::Says("alice", MENTION)],
        ..agent(
            "two-daemons",
            "a second factory on the same state: refused, the first goes on",
            developer!("happy"),
            DONE,
        )
    },
    Scenario {
        faults,
        ..agent(
            "flaky-forge",
            "the forge fails once at every step: still one of each",
            developer!("happy"),
            DONE,
        )
    },
    Scenario {
        deeds: &[
            Deed::Says("alice", MENTION),
            Deed::Leaves(HALF),
            Deed::Kills,
            Deed::Starts,
        ],
        ..agent(
            "restart",
            "the factory is killed in mid-run: nothing is left, the next one finishes",
            developer!("halves"),
            Expected {
                runs: &[None, None],
                holds: Some((HALF, "half")),
                ..DONE
            },
        )
    },
];

/// One fault for each step of the way.
fn faults() -> Vec<Fault> {
    let repo = "/api/v1/repos/alice/tally";
    let status = |status| FaultKind::Status {
        status,
        retry_after: None,
    };
    [
        (format!("GET {repo}/issues/comments*"), status(503)),
        (
            format!("POST {repo}/issues/1/comments*"),
            FaultKind::DropAfter,
        ),
        ("GET /alice/tally.git/info/refs*".to_owned(), status(502)),
        (format!("PATCH {repo}/issues/comments/*"), FaultKind::Drop),
        (
            "POST /alice/tally.git/git-receive-pack*".to_owned(),
            FaultKind::CutBody,
        ),
        (format!("POST {repo}/pulls*"), FaultKind::Garbage),
        (format!("GET {repo}/pulls*"), status(500)),
    ]
    .map(|(matches, kind)| Fault::new(matches, kind).times(1))
    .into()
}
