//! What the ledger knows of issues and their dependencies becomes an [`IssueGraph`].
//!
//! Invariant: every open issue is in it, and a pull request only if an open issue waits
//! for it; what was closed when it was read and is not known otherwise blocks nothing,
//! what was open and cannot be seen blocks as unknown.

use super::{GraphError, IssueGraph, Link, Node, On};
use crate::model::{TaskState, World};
use std::collections::{BTreeMap, BTreeSet};

/// The graph of a world; `wanted` is the label without which nothing is ready.
///
/// # Errors
/// More issues or links than a graph may have.
pub fn graph(world: &World, wanted: Option<&str>) -> Result<IssueGraph, GraphError> {
    let claimed = claimed(world);
    let open = world
        .issues
        .values()
        .filter(|issue| issue.open && !issue.is_pull);
    let mut nodes: BTreeMap<u64, Node> = open
        .map(|issue| {
            let wanted = wanted.is_none_or(|label| issue.labels.iter().any(|l| l == label));
            let node = Node {
                number: issue.number,
                open: true,
                claimed: claimed.contains(&issue.number),
                wanted,
            };
            (issue.number, node)
        })
        .collect();
    let mut links = Vec::new();
    for row in world.links.values() {
        // Only open issues of this map wait: pull requests come in as what is waited for.
        if !world
            .issues
            .get(&row.issue)
            .is_some_and(|i| i.open && !i.is_pull)
        {
            continue;
        }
        for blocker in row.on.iter().filter(|b| world.blocks(b)) {
            let here = blocker.repo.is_none() && blocker.number != 0;
            let known = world.issues.get(&blocker.number).filter(|_| here);
            if let Some(pull) = known.filter(|issue| issue.is_pull) {
                nodes.entry(pull.number).or_insert(Node {
                    number: pull.number,
                    open: true,
                    claimed: false,
                    wanted: false,
                });
            }
            let on = match known {
                Some(issue) => On::Issue(issue.number),
                None => On::Unknown(blocker.to_string()),
            };
            links.push(Link {
                issue: row.issue,
                on,
            });
        }
    }
    IssueGraph::new(nodes.into_values().collect(), &links)
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
