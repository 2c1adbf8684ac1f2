//! A graph as a picture: DOT, with edges from who depends to what blocks it, dashed to what
//! is missing, elsewhere or hidden.
//!
//! Invariant: nothing that somebody wrote enters it, only numbers; what is elsewhere is not named.

use crate::{IssueGraph, Node, Ranking};
use petgraph::dot::{Config, Dot};
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write;

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
    let text = format!("{dot:?}");
    let body = text.trim_end().trim_end_matches('}');
    format!("{body}{}}}\n", unseen(graph))
}

/// What cannot be seen: a node for each issue that is missing, and one for each that waits
/// for what is elsewhere or hidden.
fn unseen(graph: &IssueGraph) -> String {
    let (mut text, mut missing) = (String::new(), BTreeSet::new());
    let nodes = graph.graph.raw_nodes();
    for (issue, names) in &graph.unknown {
        let Ok(from) = nodes.binary_search_by_key(issue, |node| node.weight.number) else {
            continue;
        };
        let mut drawn = BTreeSet::new();
        for name in names {
            let number = name.strip_prefix('#').and_then(|n| n.parse::<u64>().ok());
            let (node, label) = match number {
                Some(number) => (format!("m{number}"), format!("#{number} missing")),
                None => (format!("u{from}"), "unknown".to_owned()),
            };
            // Writing to a String cannot fail.
            if missing.insert(node.clone()) {
                let _ = writeln!(text, "    {node} [ label = \"{label}\" style = dashed ]");
            }
            if drawn.insert(node.clone()) {
                let _ = writeln!(text, "    {from} -> {node} [ style = dashed ]");
            }
        }
    }
    text
}
