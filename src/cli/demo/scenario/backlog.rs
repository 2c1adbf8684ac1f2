//! Scenarios in which nobody calls an agent: issues are labelled, and the factory takes
//! them up by rank; and what people do in them.
//!
//! Invariant: whether an issue was started too early is told by the ledger's time of its
//! first run and the moment before people closed what it waits for, by the same clock.

use super::table::{DONE, PLAIN, agent};
use super::{Agent, Deed, Differences, Expected, Scenario, Traces};
use crate::clock::Clock;
use crate::model::FailureClass::Timeout;
use crate::model::{TaskState, Time};
use crate::sandbox::Forge;
use crate::store;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What makes an issue wanted.
pub(super) const LABEL: &str = "adf:ready";
/// The issues of the scenario `backlog`.
const MANY: usize = 60;

const COORDINATED: Differences = Differences {
    coordinator: "mode = \"builtin\"",
    ..PLAIN
};

const DEVELOPER: &[Agent] = &[Agent {
    name: "developer",
    behaviour: "happy",
    kind: "script",
    role: "developer",
}];

const fn all(count: usize) -> Traces {
    Traces {
        accepts: count,
        results: count,
        replies: 0,
        branches: count,
        pulls: count,
    }
}

/// What is taken up without being asked for.
pub(super) const BACKLOG: &[Scenario] = &[
    Scenario {
        config: Differences {
            project: "grace = \"1s\"\nconcurrency = 4\nstarts_per_hour = 120\nstarts_per_day = 120",
            agents: "attempts = 1\nconcurrency = 4\nstarts_per_hour = 120\nstarts_per_day = 120",
            walls: "",
            chain: &[],
            coordinator: "mode = \"builtin\"\nopen = 4",
        },
        deeds: &[Deed::Fills(60), Deed::Clears],
        ..agent(
            "backlog",
            "60 issues, many of which wait for others: all done, none before what it waits for",
            DEVELOPER,
            Expected {
                traces: all(MANY),
                runs: &[None; MANY],
                ..DONE
            },
        )
    },
    Scenario {
        config: Differences {
            project: "grace = \"1s\"\nstarts_per_hour = 60",
            agents: "attempts = 1\nconcurrency = 2\nstarts_per_hour = 60",
            ..COORDINATED
        },
        deeds: &[
            Deed::Beside,
            Deed::Says(
                "alice",
                "@adf:developer please fix the off-by-one in src/lib.rs",
            ),
            Deed::Fills(6),
            Deed::Clears,
        ],
        ..agent(
            "two-factories",
            "two factories with ledgers and keys of their own, one repository: nothing is worked twice, nothing left",
            DEVELOPER,
            Expected {
                traces: all(7),
                runs: &[None; 7],
                ..DONE
            },
        )
    },
    Scenario {
        config: COORDINATED,
        deeds: &[
            // The bug waits for the announcement, which waits for the release, which waits for the bug.
            Deed::Links(0, 4),
            // All but that of an outsider, whose text an agent would not be shown.
            Deed::Labels(&[0, 1, 2, 4]),
            Deed::Hears("wait for each other"),
            Deed::Unlinks(0, 4),
            Deed::Clears,
        ],
        ..agent(
            "cycle",
            "three issues wait for each other: none is started, and that is said until it is mended",
            DEVELOPER,
            Expected {
                traces: Traces {
                    replies: 1,
                    ..all(4)
                },
                runs: &[None; 4],
                says: &["no longer form a cycle"],
                ..DONE
            },
        )
    },
    Scenario {
        config: Differences {
            project: "grace = \"1s\"\nconcurrency = 1",
            agents: "attempts = 1\nconcurrency = 2\nwall_time = \"12s\"",
            ..COORDINATED
        },
        deeds: &[Deed::Labels(&[0, 2]), Deed::Unlabels],
        ..agent(
            "relabel",
            "a label is taken off while its issue is queued: it is not started, and that is said",
            &[Agent {
                name: "developer",
                behaviour: "hang",
                kind: "script",
                role: "developer",
            }],
            Expected {
                traces: Traces {
                    branches: 0,
                    pulls: 0,
                    ..all(2)
                },
                runs: &[Some(Timeout)],
                says: &[
                    "has failed (TIMEOUT)",
                    "the label `adf:ready` was taken off",
                ],
                never: &[],
                holds: None,
            },
        )
    },
];

/// What people did with a backlog.
#[derive(Default)]
pub(super) struct People {
    /// Issues that they labelled.
    wanted: BTreeSet<u64>,
    /// What each waits for.
    links: BTreeMap<u64, Vec<u64>>,
    /// When they began to close each.
    closed: BTreeMap<u64, Time>,
    /// Until when each waited for what it does not wait for any more.
    not_before: BTreeMap<u64, Time>,
}

impl People {
    /// Opens issues: every second waits for the one of half its place, every third for
    /// the one three before it, and the last for nothing.
    pub(super) fn fill(&mut self, forge: &Forge, repo: &str, count: u64) -> anyhow::Result<()> {
        let mut numbers = Vec::new();
        for n in 1..=count {
            let title = format!("Part {n}");
            numbers.push(forge.open_issue(repo, "carol", &title, "As agreed.")?);
        }
        for (at, number) in numbers.iter().enumerate().skip(1) {
            let mut on = Vec::new();
            if at % 2 == 1 {
                on.push(at / 2);
            }
            if at % 3 == 0 {
                on.push(at - 3);
            }
            on.dedup();
            for before in on {
                forge.add_dependency(repo, *number, numbers[before])?;
                self.links.entry(*number).or_default().push(numbers[before]);
            }
        }
        numbers.iter().try_for_each(|n| self.label(forge, repo, *n))
    }

    /// Makes an issue wait for another, or no longer; it may not have been started before that.
    pub(super) fn relink(
        &mut self,
        forge: &Forge,
        repo: &str,
        [issue, on]: [u64; 2],
        links: bool,
    ) -> anyhow::Result<()> {
        let waits = self.links.entry(issue).or_default();
        if links {
            forge.add_dependency(repo, issue, on)?;
            waits.push(on);
        } else {
            self.not_before.insert(issue, Clock::System.now());
            forge.remove_dependency(repo, issue, on)?;
            waits.retain(|other| *other != on);
        }
        Ok(())
    }

    pub(super) fn label(&mut self, forge: &Forge, repo: &str, issue: u64) -> anyhow::Result<()> {
        forge.add_label(repo, Some(issue), LABEL)?;
        self.wanted.insert(issue);
        Ok(())
    }

    /// Closes what has a pull request; whether nothing that is wanted is left open.
    pub(super) fn clear(&mut self, forge: &Forge, repo: &str, account: &str) -> bool {
        let mut pulls = forge.pulls(repo);
        pulls.retain(|pull| pull.author == account && pull.state == "open");
        for pull in pulls {
            let of = pull.head.split(['/', '-']).nth(1);
            let Some(issue) = of.and_then(|n| n.parse::<u64>().ok()) else {
                continue;
            };
            self.closed
                .entry(issue)
                .or_insert_with(|| Clock::System.now());
            let (first, second) = (
                forge.close_issue(repo, pull.number),
                forge.close_issue(repo, issue),
            );
            if first.and(second).is_err() {
                self.closed.remove(&issue);
            }
        }
        let issues = forge.issues(repo).into_iter();
        let mut left = issues.filter(|issue| issue.open && self.wanted.contains(&issue.number));
        left.next().is_none()
    }

    /// What was started before all that it waits for was closed, by any of the factories.
    pub(super) fn early(&self, states: &[PathBuf]) -> Vec<String> {
        let there = states.iter().filter(|state| state.exists());
        there.flat_map(|state| self.early_in(state)).collect()
    }

    fn early_in(&self, state: &Path) -> Vec<String> {
        let world = store::open_read_only(state).and_then(|reader| reader.world());
        let Ok(world) = world else {
            return vec!["the ledger cannot be read".to_owned()];
        };
        let mut early = Vec::new();
        for run in world.runs.values() {
            let issue = run.work.issue;
            if self
                .not_before
                .get(&issue)
                .is_some_and(|at| run.created_at < *at)
            {
                early.push(format!("#{issue}: started while it waited for others"));
            }
            for on in self.links.get(&issue).into_iter().flatten() {
                let closed = self.closed.get(on);
                if closed.is_none_or(|at| *at > run.created_at) {
                    early.push(format!(
                        "#{issue}: started before #{on}, for which it waits, was closed"
                    ));
                }
            }
        }
        early
    }
}

/// The issue of a task of the ledger that is queued while another runs.
pub(super) fn queued(state: &Path) -> Option<u64> {
    let world = store::open_read_only(state)
        .and_then(|reader| reader.world())
        .ok()?;
    let runs = world
        .tasks
        .values()
        .any(|task| task.state == TaskState::Running);
    let mut queued = world
        .tasks
        .values()
        .filter(|task| task.state == TaskState::Queued);
    queued.next().filter(|_| runs).map(|task| task.work.issue)
}
