//! What the ledger knows of issues and their dependencies becomes an [`IssueGraph`].
//!
//! Invariant: every open issue is in it, and a pull request only if an open issue waits
//! for it; what was closed when it was read and is not known otherwise blocks nothing,
//! what was open and cannot be seen blocks as unknown.

use crate::model::{TaskState, World};
use adf_graph::{GraphError, IssueGraph, Link, Node, On};
use std::collections::BTreeSet;

/// An issue's number, and whether it is open and a pull request.
type Known = (u64, bool, bool);

/// The graph of a world; `wanted` is the label without which nothing is ready.
///
/// # Errors
/// More issues or links than a graph may have.
pub fn graph(world: &World, wanted: Option<&str>) -> Result<IssueGraph, GraphError> {
    let claimed = claimed(world);
    // Three lookups a link among ten thousand issues would be most of a plan's time.
    let issues = world.issues.values();
    let known: Vec<Known> = issues.map(|i| (i.number, i.open, i.is_pull)).collect();
    let of = |number: u64| {
        let at = known.binary_search_by_key(&number, |(n, _, _)| *n);
        at.ok().map(|at| known[at])
    };
    let open = world.issues.values().filter(|i| i.open && !i.is_pull);
    let mut nodes: Vec<Node> = open
        .map(|issue| Node {
            number: issue.number,
            open: true,
            claimed: claimed.contains(&issue.number),
            wanted: wanted.is_none_or(|label| issue.labels.iter().any(|l| l == label)),
        })
        .collect();
    let (mut links, mut pulls) = (Vec::new(), BTreeSet::new());
    for row in world.links.values() {
        // Pull requests come in as what is waited for; what they wait for is not ours to rank.
        if !of(row.issue).is_some_and(|(_, open, is_pull)| open && !is_pull) {
            continue;
        }
        for blocker in &row.on {
            let here = blocker.repo.is_none() && blocker.number != 0;
            let on = match of(blocker.number).filter(|_| here) {
                Some((_, false, _)) => continue,
                Some((number, true, is_pull)) => {
                    if is_pull {
                        pulls.insert(number);
                    }
                    On::Issue(number)
                }
                None if !blocker.open => continue,
                None => On::Unknown(blocker.to_string()),
            };
            let issue = row.issue;
            links.push(Link { issue, on });
        }
    }
    nodes.extend(pulls.into_iter().map(|number| Node {
        number,
        open: true,
        claimed: false,
        wanted: false,
    }));
    IssueGraph::new(nodes, &links)
}

/// Issues on which somebody works, or whose work waits to be merged.
#[must_use]
pub fn claimed(world: &World) -> BTreeSet<u64> {
    let in_review = |pull: u64| world.issues.get(&pull).is_none_or(|pull| pull.open);
    let tasks = world.tasks.values().filter(|task| match task.state {
        TaskState::Done => task.pull.is_some_and(in_review),
        ref state => !state.is_final(),
    });
    tasks.map(|task| task.work.issue).collect()
}
