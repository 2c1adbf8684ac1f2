//! A graph becomes `PageRank`: what unblocks most ranks highest.
//!
//! With even teleport and dangling mass spread evenly, the ranks are the
//! normalised solution of x = 1 + d·Pᵀx. So one sweep from dependants to what
//! blocks them is exact where there is no cycle; the rest is [`super::cycles`].
//!
//! Invariant: ranks are positive and sum to 1; nothing here recurses, so a chain
//! of all issues costs no stack.

use super::cycles;
use petgraph::graph::{DiGraph, NodeIndex};

/// How much of its rank an issue passes on to what blocks it.
pub(super) const DAMPING: f64 = 0.85;

/// The edges of each node side by side.
pub(super) struct Csr {
    first: Vec<usize>,
    to: Vec<NodeIndex>,
}

/// Ranks, and the nodes of each cycle.
pub(super) struct Solved {
    pub ranks: Vec<f64>,
    pub knots: Vec<Vec<NodeIndex>>,
}

impl Csr {
    fn of<N>(graph: &DiGraph<N, ()>) -> Csr {
        let edges = graph.raw_edges();
        let mut first = vec![0; graph.node_count() + 1];
        for edge in edges {
            first[edge.source().index() + 1] += 1;
        }
        for n in 1..first.len() {
            first[n] += first[n - 1];
        }
        let mut free = first.clone();
        let mut to = vec![NodeIndex::new(0); edges.len()];
        for edge in edges {
            let place = &mut free[edge.source().index()];
            to[*place] = edge.target();
            *place += 1;
        }
        Csr { first, to }
    }

    /// How many nodes there are.
    pub(super) fn len(&self) -> usize {
        self.first.len() - 1
    }

    /// What a node waits for.
    pub(super) fn out(&self, node: usize) -> &[NodeIndex] {
        &self.to[self.first[node]..self.first[node + 1]]
    }

    /// What each of them gets of one unit that the node has.
    pub(super) fn share(&self, node: usize) -> f64 {
        DAMPING / count(self.first[node + 1] - self.first[node])
    }
}

/// The ranks of all nodes, by index, and the cycles.
pub(super) fn solve<N>(graph: &DiGraph<N, ()>) -> Solved {
    let csr = Csr::of(graph);
    let mut waits = vec![0_u32; csr.len()];
    for to in &csr.to {
        waits[to.index()] += 1;
    }
    let mut ranks = vec![1.0; csr.len()];
    let nodes = (0..csr.len()).filter(|node| waits[*node] == 0);
    let mut queue: Vec<NodeIndex> = Vec::with_capacity(csr.len());
    queue.extend(nodes.map(NodeIndex::new));
    let mut at = 0;
    while let Some(node) = queue.get(at) {
        at += 1;
        let node = node.index();
        let given = ranks[node] * csr.share(node);
        for to in csr.out(node) {
            ranks[to.index()] += given;
            waits[to.index()] -= 1;
            if waits[to.index()] == 0 {
                queue.push(*to);
            }
        }
    }
    let knots = if queue.len() < csr.len() {
        cycles::solve(&csr, &waits, &mut ranks)
    } else {
        Vec::new()
    };
    let sum: f64 = ranks.iter().sum();
    for rank in &mut ranks {
        *rank /= sum;
    }
    Solved { ranks, knots }
}

/// A rank to nine digits of an even share: what is equal in it is a tie.
pub(super) fn grade(rank: f64, nodes: usize) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank is positive and at most 1, so this is below 2^53"
    )]
    let grade = (rank * count(nodes) * 1e9).round() as u64;
    grade
}

/// A number of nodes or edges, all far below 2^32.
fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}
