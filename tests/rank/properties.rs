//! What holds of every graph, checked against ranks by the definition.

use crate::oracle;
use adf_graph::{IssueGraph, Link, Node, On, Ranking};
use proptest::prelude::*;

const NODES_MAX: usize = 24;

/// A graph of up to 24 issues, parallel links and self-dependencies included.
fn any_graph() -> impl Strategy<Value = (usize, Vec<(usize, usize)>)> {
    (1..NODES_MAX).prop_flat_map(|n| {
        let links = proptest::collection::vec((0..n, 0..n), 0..(3 * n));
        (Just(n), links)
    })
}

fn build(n: usize, links: &[(usize, usize)]) -> IssueGraph {
    let nodes = (1..=n as u64).map(Node::open).collect();
    IssueGraph::new(nodes, &written(links)).expect("a graph within its bounds")
}

fn written(links: &[(usize, usize)]) -> Vec<Link> {
    let link = |(from, to): &(usize, usize)| Link {
        issue: *from as u64 + 1,
        on: On::Issue(*to as u64 + 1),
    };
    links.iter().map(link).collect()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum()
}

fn of(ranking: &Ranking, issue: u64) -> f64 {
    let row = ranking.ranks.iter().find(|row| row.issue == issue);
    row.expect("every issue has a rank").rank
}

proptest! {
    #[test]
    fn ranks_are_those_of_the_definition_and_sum_to_one((n, links) in any_graph()) {
        let (ranks, _) = build(n, &links).ranks();
        prop_assert!((ranks.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        prop_assert!(ranks.iter().all(|rank| *rank > 0.0));
        let wanted = oracle::power_iteration(n, &links);
        let off = distance(&ranks, &wanted);
        prop_assert!(off < 1e-11, "L1 distance {off}: {ranks:?}, by definition {wanted:?}");
    }

    #[test]
    fn without_cycles_one_sweep_is_exact((n, links) in any_graph()) {
        let downwards: Vec<_> = links.iter().filter(|(a, b)| a > b).copied().collect();
        let (ranks, cycles) = build(n, &downwards).ranks();
        prop_assert!(cycles.is_empty());
        let off = distance(&ranks, &oracle::power_iteration(n, &downwards));
        prop_assert!(off < 1e-12, "L1 distance {off}");
    }

    #[test]
    fn cycles_are_the_issues_that_reach_each_other((n, links) in any_graph()) {
        let (_, cycles) = build(n, &links).ranks();
        prop_assert_eq!(cycles, oracle::cycles(n, &links));
    }

    #[test]
    fn the_order_in_which_links_and_issues_come_changes_nothing(
        (n, links) in any_graph(),
        turn in 0..NODES_MAX,
    ) {
        let graph = build(n, &links).ranking();
        let mut nodes: Vec<Node> = (1..=n as u64).rev().map(Node::open).collect();
        nodes.rotate_left(turn % n);
        let mut turned = written(&links);
        turned.reverse();
        turned.extend(written(&links));
        let other = IssueGraph::new(nodes, &turned).expect("the same graph").ranking();
        prop_assert_eq!(graph, other);
    }

    #[test]
    fn ranks_follow_issues_when_their_numbers_change((n, links) in any_graph()) {
        let ranking = build(n, &links).ranking();
        let mirrored: Vec<_> = links.iter().map(|(a, b)| (n - 1 - a, n - 1 - b)).collect();
        let mirror = build(n, &mirrored).ranking();
        for issue in 1..=n as u64 {
            let off = (of(&ranking, issue) - of(&mirror, n as u64 + 1 - issue)).abs();
            prop_assert!(off < 1e-11, "issue {issue} is off by {off}");
        }
    }

    #[test]
    fn the_list_falls_and_ties_stand_by_number((n, links) in any_graph()) {
        let ranking = build(n, &links).ranking();
        for pair in ranking.ranks.windows(2) {
            let tie = (pair[0].rank - pair[1].rank).abs() < 1e-10;
            let in_order = if tie { pair[0].issue < pair[1].issue } else { pair[0].rank > pair[1].rank };
            // A pair between a tie and a step is on either side of the rounding.
            let near = (pair[0].rank - pair[1].rank).abs() < 1e-8;
            prop_assert!(in_order || near && !tie, "{:?} before {:?}", pair[0], pair[1]);
        }
    }

    #[test]
    fn what_is_ready_waits_for_nothing((n, links) in any_graph()) {
        for row in build(n, &links).ranking().ranks {
            prop_assert_eq!(row.ready, !links.iter().any(|(a, _)| *a as u64 + 1 == row.issue));
        }
    }
}
