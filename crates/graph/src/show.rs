//! A graph as a picture: DOT, with edges from who depends to what blocks it.
//!
//! Invariant: nothing that somebody wrote enters it, only numbers.

use crate::{IssueGraph, Node, Ranking};
use petgraph::dot::{Config, Dot};
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{HashMap, HashSet};

/// The graph in the DOT language, each issue with its rank.
#[must_use]
pub fn dot(graph: &IssueGraph, ranking: &Ranking) -> String {
    let rows: HashMap<u64, (f64, bool)> = ranking
        .ranks
        .iter()
        .map(|row| (row.issue, (row.rank, row.ready)))
        .collect();
    let knotted: HashSet<u64> = ranking.cycles.iter().flatten().copied().collect();
    let look = |_: &DiGraph<Node, ()>, (_, node): (NodeIndex, &Node)| {
        let (rank, ready) = rows.get(&node.number).copied().unwrap_or_default();
        let color = match (knotted.contains(&node.number), ready) {
            (true, _) => ", color = red",
            (false, true) => ", color = green",
            (false, false) => "",
        };
        format!("label = \"#{}\\n{rank:.6}\"{color}", node.number)
    };
    let config = [Config::EdgeNoLabel, Config::NodeNoLabel];
    let dot = Dot::with_attr_getters(&graph.graph, &config, &|_, _| String::new(), &look);
    format!("{dot:?}")
}
