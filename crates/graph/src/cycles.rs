//! What a sweep leaves over: issues in cycles, and those that cycles wait for.
//!
//! Tarjan's components in topological order, without recursion; inside each,
//! Gauss–Seidel in an order that few links run against: only these keep a sweep
//! from being exact at once.
//!
//! Invariant: a component is solved when all that flows into it is final.

use super::rank::{Csr, DAMPING};
use petgraph::graph::NodeIndex;

/// The error that is left inside a component, as a part of its sum.
const TOLERANCE: f64 = 1e-12;
/// Sweeps after which any component is within the tolerance: each takes at
/// least 15 % off the error.
const SWEEPS_MAX: usize = 250;
/// No number yet.
const NONE: u32 = u32::MAX;

/// Nodes that a sweep did not reach, by component, sources first.
struct Components {
    of: Vec<u32>,
    nodes: Vec<usize>,
    ends: Vec<usize>,
}

/// The state of Tarjan's search.
struct Search<'c> {
    csr: &'c Csr,
    index: Vec<u32>,
    low: Vec<u32>,
    of: Vec<u32>,
    next: u32,
    components: u32,
    stack: Vec<usize>,
    /// Nodes whose edges are being followed, and how many were.
    path: Vec<(usize, usize)>,
    finished: Vec<usize>,
}

/// Makes the ranks of all nodes with `waits` final; returns the cycles.
pub(super) fn solve(csr: &Csr, waits: &[u32], ranks: &mut [f64]) -> Vec<Vec<NodeIndex>> {
    let components = Components::of(csr, waits);
    let mut local = vec![0; csr.len()];
    let mut knots = Vec::new();
    let mut start = 0;
    for end in &components.ends {
        let nodes = &components.nodes[start..*end];
        start = *end;
        let inside = |node: usize, to: NodeIndex| components.of[node] == components.of[to.index()];
        if nodes.len() > 1 {
            settle(csr, nodes, &components.of, &mut local, ranks);
            knots.push(nodes.iter().map(|n| NodeIndex::new(*n)).collect());
        } else if let [node] = nodes
            && csr.out(*node).iter().any(|to| inside(*node, *to))
        {
            ranks[*node] /= 1.0 - csr.share(*node);
            knots.push(vec![NodeIndex::new(*node)]);
        }
        for node in nodes {
            let given = ranks[*node] * csr.share(*node);
            for to in csr.out(*node) {
                if !inside(*node, *to) {
                    ranks[to.index()] += given;
                }
            }
        }
    }
    knots
}

/// The nodes of a component so that as few links as can be run backwards: who
/// waits for nobody left comes next, and when there is none, the next by number
/// in the direction that most links have.
fn ordered(csr: &Csr, nodes: &[usize], of: &[u32], waits: &mut [u32]) -> Vec<usize> {
    let within = |node: usize| {
        let out = csr.out(node).iter().map(|to| to.index());
        out.filter(move |to| of[*to] == of[node] && *to != node)
    };
    let (mut downwards, mut all) = (0_usize, 0);
    for node in nodes {
        waits[*node] = 0;
    }
    for node in nodes {
        for to in within(*node) {
            waits[to] += 1;
            downwards += usize::from(to < *node);
            all += 1;
        }
    }
    let mut by_number = nodes.to_vec();
    by_number.sort_unstable();
    if downwards * 2 > all {
        by_number.reverse();
    }
    let (mut order, mut free) = (Vec::with_capacity(nodes.len()), Vec::new());
    for first in by_number {
        free.push(first);
        while let Some(node) = free.pop() {
            if waits[node] == NONE {
                continue;
            }
            waits[node] = NONE;
            order.push(node);
            for to in within(node) {
                // One that was taken before it was free is past.
                if waits[to] != NONE {
                    waits[to] -= 1;
                    if waits[to] == 0 {
                        free.push(to);
                    }
                }
            }
        }
    }
    order
}

/// Edges inside one component by their target, so that a new value is one sum.
struct Inside {
    first: Vec<usize>,
    from: Vec<u32>,
    /// What a node keeps of its value when it has given itself its share.
    keeps: Vec<f64>,
}

impl Inside {
    fn of(csr: &Csr, nodes: &[usize], of: &[u32], local: &mut [u32]) -> Inside {
        for (n, node) in (0_u32..).zip(nodes) {
            local[*node] = n;
        }
        let place = |node: usize| usize::try_from(local[node]).unwrap_or_default();
        let within = |node: usize| {
            let out = csr.out(node).iter().map(|to| to.index());
            out.filter(move |to| of[*to] == of[node])
        };
        let mut first = vec![0; nodes.len() + 1];
        for node in nodes {
            for to in within(*node).filter(|to| to != node) {
                first[place(to) + 1] += 1;
            }
        }
        for n in 1..first.len() {
            first[n] += first[n - 1];
        }
        let (mut free, mut from) = (first.clone(), vec![0; first[nodes.len()]]);
        let mut keeps = vec![1.0; nodes.len()];
        for node in nodes {
            for to in within(*node) {
                if to == *node {
                    keeps[place(to)] -= csr.share(to);
                } else {
                    let at = &mut free[place(to)];
                    from[*at] = local[*node];
                    *at += 1;
                }
            }
        }
        Inside { first, from, keeps }
    }

    fn flows(&self, node: usize, given: &[f64]) -> f64 {
        let from = &self.from[self.first[node]..self.first[node + 1]];
        let given = from
            .iter()
            .map(|n| usize::try_from(*n).map_or(0.0, |n| given[n]));
        given.sum()
    }
}

/// Solves one component, whose ranks hold what flows in from outside.
fn settle(csr: &Csr, nodes: &[usize], of: &[u32], local: &mut [u32], ranks: &mut [f64]) {
    let nodes = &ordered(csr, nodes, of, local);
    let inside = Inside::of(csr, nodes, of, local);
    let shares: Vec<f64> = nodes.iter().map(|node| csr.share(*node)).collect();
    let base: Vec<f64> = nodes.iter().map(|node| ranks[*node]).collect();
    let mut values = base.clone();
    let mut given: Vec<f64> = base
        .iter()
        .zip(&shares)
        .map(|(x, share)| x * share)
        .collect();
    for _ in 0..SWEEPS_MAX {
        let (mut change, mut sum) = (0.0, 0.0);
        for n in 0..nodes.len() {
            let value = (base[n] + inside.flows(n, &given)) / inside.keeps[n];
            change += (value - values[n]).abs();
            sum += value;
            values[n] = value;
            given[n] = value * shares[n];
        }
        if change * DAMPING <= TOLERANCE * (1.0 - DAMPING) * sum {
            break;
        }
    }
    for (node, value) in nodes.iter().zip(values) {
        ranks[*node] = value;
    }
}

impl Components {
    fn of(csr: &Csr, waits: &[u32]) -> Components {
        let mut search = Search {
            csr,
            index: vec![NONE; csr.len()],
            low: vec![0; csr.len()],
            of: vec![NONE; csr.len()],
            next: 0,
            components: 0,
            stack: Vec::new(),
            path: Vec::new(),
            finished: Vec::new(),
        };
        for (node, waiting) in waits.iter().enumerate() {
            if *waiting > 0 && search.index[node] == NONE {
                search.from(node);
            }
        }
        // Components are numbered from the sinks: the last is the first to solve.
        let last = search.components;
        let place = |node: usize| usize::try_from(last - search.of[node]).unwrap_or_default();
        let mut ends = vec![0; usize::try_from(last).unwrap_or_default() + 1];
        for node in &search.finished {
            ends[place(*node)] += 1;
        }
        for n in 1..ends.len() {
            ends[n] += ends[n - 1];
        }
        let mut nodes = vec![0; search.finished.len()];
        let mut free = ends.clone();
        for node in &search.finished {
            let at = &mut free[place(*node) - 1];
            nodes[*at] = *node;
            *at += 1;
        }
        ends.remove(0);
        Components {
            of: search.of,
            nodes,
            ends,
        }
    }
}

impl Search<'_> {
    fn from(&mut self, root: usize) {
        self.enter(root);
        while let Some((node, followed)) = self.path.last_mut() {
            let node = *node;
            let Some(to) = self.csr.out(node).get(*followed).map(|to| to.index()) else {
                self.leave(node);
                continue;
            };
            *followed += 1;
            if self.index[to] == NONE {
                self.enter(to);
            } else if self.of[to] == NONE {
                self.low[node] = self.low[node].min(self.index[to]);
            }
        }
    }

    fn enter(&mut self, node: usize) {
        self.index[node] = self.next;
        self.low[node] = self.next;
        self.next += 1;
        self.stack.push(node);
        self.path.push((node, 0));
    }

    fn leave(&mut self, node: usize) {
        self.path.pop();
        if let Some((above, _)) = self.path.last() {
            self.low[*above] = self.low[*above].min(self.low[node]);
        }
        self.finished.push(node);
        if self.low[node] == self.index[node] {
            while let Some(member) = self.stack.pop() {
                self.of[member] = self.components;
                if member == node {
                    break;
                }
            }
            self.components += 1;
        }
    }
}
