//! What the ledger knows of issues and their dependencies becomes an [`IssueGraph`].
//!
//! Invariant: every open issue is in it, and a pull request only if an open issue waits
//! for it; what was closed when it was read and is not known otherwise blocks nothing,
//! what was open and cannot be seen blocks as unknown.

use super::coordinate;
use super::past::Past;
use crate::model::{Blocker, Issue, Links, Snapshot, World};
use adf_graph::{GraphError, IssueGraph, Link, Node, On, Places, Standing};
use std::collections::{BTreeMap, BTreeSet};

/// Issues named that wait for one.
const WAITING_MAX: usize = 10;

/// What is known of all issues, for a question about each link: three searches for each
/// of thirty thousand would be most of a plan's time.
pub(super) struct Known {
    places: Places,
    /// Whether each is open, and a pull request.
    rows: Vec<(bool, bool)>,
}

impl Known {
    pub fn of(world: &World) -> Known {
        let rows = world.issues.values().map(|i| (i.open, i.is_pull));
        Known {
            places: Places::of(world.issues.keys().copied().collect()),
            rows: rows.collect(),
        }
    }

    /// Finds those of some issues that are known by their numbers.
    pub fn beside<'a>(&self, issues: &[&'a Issue]) -> impl Fn(u64) -> Option<&'a Issue> {
        let mut beside = vec![None; self.rows.len()];
        for issue in issues {
            let place = self.places.get(issue.number);
            if let Some(entry) = place.and_then(|at| beside.get_mut(at)) {
                *entry = Some(*issue);
            }
        }
        move |number| *beside.get(self.places.get(number)?)?
    }

    /// Of an issue of this repository, as [`World::blocks`] has it.
    fn here(&self, blocker: &Blocker) -> Option<(bool, bool)> {
        let here = blocker.repo.is_none() && blocker.number != 0;
        let at = here.then(|| self.places.get(blocker.number))??;
        self.rows.get(at).copied()
    }

    /// Whether something that an issue depends on is still open.
    pub fn blocks(&self, blocker: &Blocker) -> bool {
        self.here(blocker).map_or(blocker.open, |(open, _)| open)
    }
}

/// All issues, each with what it waits for. Both are in the order of their numbers, so
/// they are gone through side by side.
pub(super) fn with_links(world: &World) -> impl Iterator<Item = (&Issue, Option<&Links>)> {
    let mut links = world.links.values().peekable();
    world.issues.values().map(move |issue| {
        while links.next_if(|row| row.issue < issue.number).is_some() {}
        (issue, links.next_if(|row| row.issue == issue.number))
    })
}

/// By issue, what keeps it from being taken up, and that in words.
pub type Hindered = BTreeMap<u64, (Standing, String)>;

/// The graph of a world; `wanted` is the label without which nothing is ready.
///
/// # Errors
/// More issues or links than a graph may have.
pub fn graph(
    world: &World,
    hindered: &Hindered,
    wanted: Option<&str>,
) -> Result<IssueGraph, GraphError> {
    of_known(world, &Known::of(world), hindered, wanted)
}

/// The graph of a world of which it is known already what is open.
pub(super) fn of_known(
    world: &World,
    known: &Known,
    hindered: &Hindered,
    wanted: Option<&str>,
) -> Result<IssueGraph, GraphError> {
    let mut nodes: Vec<Node> = Vec::with_capacity(known.rows.len());
    let (mut links, mut pulls) = (Vec::new(), BTreeSet::new());
    // Pull requests come in as what is waited for; what they wait for is not ours to rank.
    let open = with_links(world).filter(|(issue, _)| issue.open && !issue.is_pull);
    for (issue, row) in open {
        nodes.push(Node {
            number: issue.number,
            open: true,
            held: hindered.get(&issue.number).map(|(held, _)| *held),
            wanted: wanted.is_none_or(|label| issue.labels.iter().any(|l| l == label)),
        });
        for blocker in row.map_or(&[][..], |row| &row.on) {
            let on = match known.here(blocker) {
                Some((false, _)) => continue,
                Some((true, is_pull)) => {
                    if is_pull {
                        pulls.insert(blocker.number);
                    }
                    On::Issue(blocker.number)
                }
                None if !blocker.open => continue,
                None => On::Unknown(blocker.to_string()),
            };
            let issue = issue.number;
            links.push(Link { issue, on });
        }
    }
    nodes.extend(pulls.into_iter().map(|number| Node {
        number,
        open: true,
        held: None,
        wanted: false,
    }));
    IssueGraph::new(nodes, &links)
}

/// Open issues that would not be taken up, by what the planner asks before it takes one:
/// who has one already, and of those that bear the coordinator's label all else.
#[must_use]
pub fn hindered(s: &Snapshot<'_>) -> Hindered {
    let past = Past::known(s);
    let known = Known::of(s.world);
    let open = with_links(s.world).filter(|(issue, _)| issue.open && !issue.is_pull);
    let why = |(issue, links): (&Issue, Option<&Links>)| {
        let why = if s.settings.coordinator.builtin && coordinate::is_wanted(s, issue) {
            past.refusal(s, &known, (issue, links))
        } else {
            past.holder(s, issue)
        }?;
        Some((issue.number, (why.standing(), why.text(s, issue))))
    };
    open.filter_map(why).collect()
}

/// Who waits for an issue, in words; `None` when nobody does.
pub(super) fn waiting(issues: &[u64]) -> Option<String> {
    let named = issues.iter().take(WAITING_MAX);
    let mut named: Vec<String> = named.map(|n| format!("#{n}")).collect();
    if issues.len() > WAITING_MAX {
        named.push(format!("and {} more", issues.len() - WAITING_MAX));
    }
    match issues {
        [] => None,
        [_] => Some(format!("{} waits for it", named.join(" "))),
        _ => Some(format!("{} wait for it", named.join(" "))),
    }
}
