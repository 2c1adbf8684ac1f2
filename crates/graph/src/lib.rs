//! Issues and their dependency links become a graph that says what is ready,
//! what each issue unblocks, what blocks it, where cycles are, and what is worth most.
//!
//! Invariant: issues and links are kept in the order of their numbers, parallel
//! links are one, so the same issues give the same answers in whatever order
//! they came. Edges run from who depends to what blocks it. `rank` has the
//! ranks, `cycles` the knots, [`input`] reads a graph, [`show`] writes one.

mod cycles;
pub mod input;
mod places;
mod rank;
pub mod show;

pub use places::Places;

use petgraph::Direction::Incoming;
use petgraph::graph::{DiGraph, Neighbors, NodeIndex};
use serde::Serialize;
use std::collections::BTreeMap;

/// The most issues of a graph.
pub const ISSUES_MAX: usize = 200_000;
/// The most links of a graph, parallel ones counted.
pub const LINKS_MAX: usize = 2_000_000;

/// An issue as far as the graph cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its number.
    pub number: u64,
    /// Whether it is open: a closed one blocks nothing and has no rank.
    pub open: bool,
    /// What keeps it from being taken up, besides what it waits for.
    pub held: Option<Standing>,
    /// Whether it is labelled as work for the factory.
    pub wanted: bool,
}

impl Node {
    /// An open issue that anybody may take.
    #[must_use]
    pub fn open(number: u64) -> Node {
        Node {
            number,
            open: true,
            held: None,
            wanted: true,
        }
    }
}

/// What an issue depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum On {
    /// An issue of this repository.
    Issue(u64),
    /// An issue that cannot be seen: of another repository, or hidden. In words.
    Unknown(String),
}

/// A dependency link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The issue that depends.
    pub issue: u64,
    /// What it waits for.
    pub on: On,
}

/// Why there is no graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// An issue that is there twice: which of them holds?
    #[error("issue {0} is listed twice; list each issue once")]
    Twice(u64),
    /// More than a bound.
    #[error("{found} {what}, at most {max} are taken; rank a part of them")]
    TooMany {
        /// Of what there are too many.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many may be.
        max: usize,
    },
}

/// Open issues and what they wait for.
#[derive(Clone, Debug)]
pub struct IssueGraph {
    graph: DiGraph<Node, ()>,
    /// By dependant: what it waits for and nobody here can see.
    unknown: BTreeMap<u64, Vec<String>>,
    /// Links that say nothing about an open issue that is known.
    ignored: Vec<String>,
}

/// Whether an open issue could be taken up, or what is in the way first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nothing is.
    Ready,
    /// It waits for others.
    Blocked,
    /// Somebody works on it, or its work waits to be merged.
    Claimed,
    /// It was taken up before, and nobody has changed it since.
    TakenBefore,
    /// Somebody who may write has to say a word first.
    NeedsAWord,
    /// A label names an agent that cannot be had.
    NoAgent,
    /// What it waits for was not read since it moved.
    Stale,
    /// It does not bear the label that says it may be taken up.
    Unwanted,
}

/// What is known of one open issue.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Its number.
    pub issue: u64,
    /// Its rank; those of all open issues sum to 1.
    pub rank: f64,
    /// Whether its standing is [`Standing::Ready`].
    pub ready: bool,
    /// Whether it could be taken up, or what is in the way.
    pub standing: Standing,
    /// The open issues that wait for it.
    pub unblocks: Vec<u64>,
    /// The open issues it waits for, itself included if it says so.
    pub blocked_by: Vec<u64>,
    /// What it waits for and cannot be seen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocked_by_unknown: Vec<String>,
    /// What is in the way in words, and the remedy, where whoever ranks knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// The whole answer: open issues by rank, highest first, and what is odd.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ranking {
    /// Open issues, highest rank first; equal ranks by number.
    pub ranks: Vec<Row>,
    /// Issues that wait for each other in a ring, by number.
    pub cycles: Vec<Vec<u64>>,
    /// Links that were left out, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<String>,
}

impl IssueGraph {
    /// Builds the graph of the open ones among some issues.
    ///
    /// # Errors
    /// An issue that is listed twice, and more of either than the bounds.
    pub fn new(mut issues: Vec<Node>, links: &[Link]) -> Result<IssueGraph, GraphError> {
        bounded("issues", issues.len(), ISSUES_MAX)?;
        bounded("links", links.len(), LINKS_MAX)?;
        issues.sort_unstable_by_key(|issue| issue.number);
        if let Some(pair) = issues.windows(2).find(|p| p[0].number == p[1].number) {
            return Err(GraphError::Twice(pair[0].number));
        }
        // Two lookups a link: searching would be most of the time.
        let at = Places::of(issues.iter().map(|issue| issue.number).collect());
        // The open ones alone become nodes; this is where they will be.
        let mut open = 0;
        let places: Vec<Option<NodeIndex>> = issues
            .iter()
            .map(|issue| {
                let place = issue.open.then(|| NodeIndex::new(open));
                open += usize::from(issue.open);
                place
            })
            .collect();
        let mut edges = Vec::with_capacity(links.len());
        let (mut unknown, mut ignored) = (BTreeMap::<u64, Vec<String>>::new(), Vec::new());
        for link in links {
            let Some(dependant) = at.get(link.issue) else {
                ignored.push(format!(
                    "#{} depends on {}, but is not among the issues",
                    link.issue,
                    name(&link.on)
                ));
                continue;
            };
            let Some(from) = places[dependant] else {
                continue;
            };
            let seen = match link.on {
                On::Issue(number) => at.get(number),
                On::Unknown(_) => None,
            };
            match seen.map(|n| places[n]) {
                Some(Some(to)) => edges.push((from, to)),
                Some(None) => {}
                None => unknown.entry(link.issue).or_default().push(name(&link.on)),
            }
        }
        edges.sort_unstable();
        edges.dedup();
        ignored.sort_unstable();
        ignored.dedup();
        for names in unknown.values_mut() {
            names.sort_unstable();
            names.dedup();
        }
        let mut graph = DiGraph::with_capacity(open, edges.len());
        for issue in issues.iter().filter(|issue| issue.open) {
            graph.add_node(*issue);
        }
        for (from, to) in edges {
            graph.add_edge(from, to, ());
        }
        Ok(IssueGraph {
            graph,
            unknown,
            ignored,
        })
    }

    /// The ranks of the open issues in the order of their numbers, and the cycles.
    #[must_use]
    pub fn ranks(&self) -> (Vec<f64>, Vec<Vec<u64>>) {
        let solved = rank::solve(&self.graph);
        let numbered = |knot: &Vec<NodeIndex>| {
            let mut numbers: Vec<u64> = knot.iter().map(|at| self.graph[*at].number).collect();
            numbers.sort_unstable();
            numbers
        };
        let mut cycles: Vec<Vec<u64>> = solved.knots.iter().map(numbered).collect();
        cycles.sort_unstable();
        (solved.ranks, cycles)
    }

    /// The open issues, highest rank first; equal ranks by number.
    #[must_use]
    pub fn by_rank(&self) -> Vec<u64> {
        let (ranks, _) = self.ranks();
        let count = ranks.len();
        let rows = self.graph.node_weights().zip(&ranks);
        let mut rows: Vec<(std::cmp::Reverse<u64>, u64)> = rows
            .map(|(node, rank)| (std::cmp::Reverse(rank::grade(*rank, count)), node.number))
            .collect();
        rows.sort_unstable();
        rows.into_iter().map(|(_, number)| number).collect()
    }

    /// The open issues that wait for one, by number.
    #[must_use]
    pub fn unblocks(&self, issue: u64) -> Vec<u64> {
        let nodes = self.graph.raw_nodes();
        let at = nodes.binary_search_by_key(&issue, |node| node.weight.number);
        let waiting = at.ok().map(NodeIndex::new);
        let waiting = waiting.map(|at| self.graph.neighbors_directed(at, Incoming));
        waiting.map_or_else(Vec::new, |around| self.sorted(around))
    }

    /// Everything about the open issues, highest rank first.
    #[must_use]
    pub fn ranking(&self) -> Ranking {
        let (ranks, cycles) = self.ranks();
        let rows = self.graph.node_indices().zip(&ranks);
        let mut rows: Vec<Row> = rows.map(|(at, rank)| self.row(at, *rank)).collect();
        let count = ranks.len();
        rows.sort_by_key(|row| (std::cmp::Reverse(rank::grade(row.rank, count)), row.issue));
        Ranking {
            ranks: rows,
            cycles,
            ignored: self.ignored.clone(),
        }
    }

    fn sorted(&self, around: Neighbors<'_, ()>) -> Vec<u64> {
        let mut numbers: Vec<u64> = around.map(|n| self.graph[n].number).collect();
        numbers.sort_unstable();
        numbers
    }

    fn row(&self, at: NodeIndex, rank: f64) -> Row {
        let node = self.graph[at];
        let blocked_by = self.sorted(self.graph.neighbors(at));
        let unseen = self.unknown.get(&node.number);
        let standing = match (blocked_by.is_empty() && unseen.is_none(), node) {
            (false, _) => Standing::Blocked,
            (
                true,
                Node {
                    held: Some(held), ..
                },
            ) => held,
            (true, Node { wanted: false, .. }) => Standing::Unwanted,
            (true, _) => Standing::Ready,
        };
        Row {
            issue: node.number,
            rank,
            ready: standing == Standing::Ready,
            standing,
            unblocks: self.sorted(self.graph.neighbors_directed(at, Incoming)),
            blocked_by,
            blocked_by_unknown: unseen.cloned().unwrap_or_default(),
            why: None,
        }
    }
}

fn bounded(what: &'static str, found: usize, max: usize) -> Result<(), GraphError> {
    if found > max {
        return Err(GraphError::TooMany { what, found, max });
    }
    Ok(())
}

fn name(on: &On) -> String {
    match on {
        On::Issue(number) => format!("#{number}"),
        On::Unknown(words) => words.clone(),
    }
}
