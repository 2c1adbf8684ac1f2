//! What is ready, what waits for what, and links that lead nowhere.

use adf_graph::{GraphError, ISSUES_MAX, IssueGraph, Link, Node, On, Row, Standing};

fn on(issue: u64, blocker: u64) -> Link {
    Link {
        issue,
        on: On::Issue(blocker),
    }
}

fn row(nodes: &[Node], links: &[Link], issue: u64) -> Row {
    let ranking = IssueGraph::new(nodes.to_vec(), links).unwrap().ranking();
    let row = ranking.ranks.into_iter().find(|row| row.issue == issue);
    row.unwrap()
}

#[test]
fn what_most_work_waits_for_ranks_highest() {
    let nodes: Vec<Node> = (1..=5).map(Node::open).collect();
    let links = [on(2, 1), on(3, 1), on(4, 3), on(5, 2)];
    let ranking = IssueGraph::new(nodes, &links).unwrap().ranking();
    let order: Vec<u64> = ranking.ranks.iter().map(|row| row.issue).collect();
    assert_eq!(
        order,
        [1, 2, 3, 4, 5],
        "2 and 3 are equal and stand by number"
    );
    assert_eq!(ranking.ranks[0].unblocks, [2, 3]);
    assert_eq!(ranking.ranks[3].blocked_by, [3]);
}

#[test]
fn a_closed_issue_blocks_nothing_and_has_no_rank() {
    let closed = Node {
        open: false,
        ..Node::open(1)
    };
    let ranking = IssueGraph::new(vec![closed, Node::open(2)], &[on(2, 1), on(1, 2)]);
    let ranking = ranking.unwrap().ranking();
    assert_eq!(ranking.ranks.len(), 1);
    assert!(ranking.ranks[0].ready);
    assert!(ranking.cycles.is_empty() && ranking.ignored.is_empty());
}

#[test]
fn claimed_or_unlabelled_issues_are_not_ready() {
    let claimed = Node {
        held: Some(Standing::Claimed),
        ..Node::open(1)
    };
    let unwanted = Node {
        wanted: false,
        ..Node::open(2)
    };
    let standing = |nodes: &[Node], links: &[Link], issue| {
        let row = row(nodes, links, issue);
        assert_eq!(row.ready, row.standing == Standing::Ready);
        row.standing
    };
    let both = [claimed, unwanted];
    assert_eq!(standing(&both, &[], 1), Standing::Claimed);
    assert_eq!(standing(&both, &[], 2), Standing::Unwanted);
    assert_eq!(standing(&[Node::open(3)], &[], 3), Standing::Ready);
    assert_eq!(standing(&both, &[on(1, 2)], 1), Standing::Blocked);
}

#[test]
fn a_missing_a_foreign_and_a_hidden_issue_block_as_unknown() {
    let foreign = Link {
        issue: 1,
        on: On::Unknown("acme/library#7".to_owned()),
    };
    let row = row(&[Node::open(1)], &[on(1, 99), foreign.clone(), foreign], 1);
    assert_eq!(row.blocked_by_unknown, ["#99", "acme/library#7"]);
    assert!(!row.ready && row.blocked_by.is_empty());
    assert!(
        (row.rank - 1.0).abs() < 1e-15,
        "what is unknown takes no rank"
    );
}

#[test]
fn a_link_of_an_issue_that_is_not_there_is_left_out_and_said() {
    let ranking = IssueGraph::new(vec![Node::open(1)], &[on(99, 1)]).unwrap();
    let ranking = ranking.ranking();
    assert_eq!(
        ranking.ignored,
        ["#99 depends on #1, but is not among the issues"]
    );
    assert!(ranking.ranks[0].ready && ranking.ranks[0].unblocks.is_empty());
}

#[test]
fn an_issue_that_depends_on_itself_is_a_cycle_of_one_and_never_ready() {
    let nodes = [Node::open(1), Node::open(2)];
    let graph = IssueGraph::new(nodes.to_vec(), &[on(1, 1), on(1, 2)]).unwrap();
    assert_eq!(graph.ranking().cycles, [[1]]);
    let row = row(&nodes, &[on(1, 1), on(1, 2)], 1);
    assert_eq!((row.ready, row.blocked_by), (false, vec![1, 2]));
}

#[test]
fn an_issue_twice_and_too_many_are_refused() {
    let twice = IssueGraph::new(vec![Node::open(4), Node::open(4)], &[]);
    assert_eq!(twice.unwrap_err(), GraphError::Twice(4));
    let many = vec![Node::open(1); ISSUES_MAX + 1];
    let error = IssueGraph::new(many, &[]).unwrap_err().to_string();
    assert!(error.contains("200001 issues, at most 200000"), "{error}");
}

#[test]
fn a_hundred_thousand_issues_in_one_chain_or_one_ring_need_no_stack() {
    let n = 100_000;
    let nodes: Vec<Node> = (1..=n).map(Node::open).collect();
    let mut links: Vec<Link> = (2..=n).map(|issue| on(issue, issue - 1)).collect();
    let chain = IssueGraph::new(nodes.clone(), &links).unwrap();
    let (ranks, cycles) = chain.ranks();
    assert!(ranks[0] > ranks[99_998] && cycles.is_empty());
    links.push(on(1, n));
    let (ranks, cycles) = IssueGraph::new(nodes, &links).unwrap().ranks();
    assert_eq!(cycles.len(), 1);
    let even = 1.0 / n as f64;
    assert!(ranks.iter().all(|rank| (rank - even).abs() < 1e-15));
}
