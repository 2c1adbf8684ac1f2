//! What the ledger knows of issues → a graph, with what cannot be seen.

use adf::decide::graph::{Hindered, graph};
use adf::model::{Blocker, Change, Issue, Links, Person, Time, World};

fn issue(number: u64, open: bool, is_pull: bool, labels: &[&str]) -> Change {
    Change::Issue(Issue {
        number,
        is_pull,
        title: String::new(),
        open,
        author: Person::default(),
        labels: labels.iter().map(ToString::to_string).collect(),
        milestone: None,
        updated_at: Time(1),
        changed_at: Time(1),
        outsider: false,
        reworded_at: Time(0),
    })
}

fn links(issue: u64, on: &[(u64, Option<&str>, bool)]) -> Change {
    let on = on.iter().map(|(number, repo, open)| Blocker {
        number: *number,
        repo: repo.map(ToOwned::to_owned),
        open: *open,
    });
    Change::Links(Links {
        issue,
        on: on.collect(),
        read_at: Time(1),
    })
}

fn world(changes: &[Change]) -> World {
    let mut world = World::default();
    world.apply_all(changes);
    world
}

/// Number, readiness, what blocks it and what unknown does.
fn rows(world: &World, wanted: Option<&str>) -> Vec<(u64, bool, Vec<u64>, Vec<String>)> {
    let ranking = graph(world, &Hindered::new(), wanted).unwrap().ranking();
    let rows = ranking.ranks.into_iter();
    let mut rows: Vec<_> = rows
        .map(|r| (r.issue, r.ready, r.blocked_by, r.blocked_by_unknown))
        .collect();
    rows.sort();
    rows
}

#[test]
fn a_missing_open_issue_blocks_as_unknown_and_a_closed_one_does_not() {
    let world = world(&[
        issue(1, true, false, &[]),
        issue(2, true, false, &[]),
        links(1, &[(77, None, true)]),
        links(2, &[(77, None, false)]),
    ]);
    let expected = [
        (1, false, vec![], vec!["#77".to_owned()]),
        (2, true, vec![], vec![]),
    ];
    assert_eq!(rows(&world, None), expected);
}

#[test]
fn other_repositories_and_hidden_issues_block_as_unknown_while_they_are_open() {
    let world = world(&[
        issue(1, true, false, &[]),
        issue(2, true, false, &[]),
        issue(3, false, false, &[]),
        links(1, &[(0, None, true), (3, Some("acme/lib"), true)]),
        links(2, &[(3, Some("acme/lib"), false), (3, None, true)]),
    ]);
    let unknown = vec![
        "acme/lib#3".to_owned(),
        "an issue that may not be seen".to_owned(),
    ];
    let expected = [(1, false, vec![], unknown), (2, true, vec![], vec![])];
    assert_eq!(rows(&world, None), expected);
}

#[test]
fn an_issue_that_waits_for_itself_is_never_ready() {
    let world = world(&[issue(1, true, false, &[]), links(1, &[(1, None, true)])]);
    assert_eq!(rows(&world, None), [(1, false, vec![1], vec![])]);
}

#[test]
fn a_pull_request_is_in_the_graph_only_when_somebody_waits_for_it_and_never_ready() {
    let world = world(&[
        issue(1, true, false, &["go"]),
        issue(2, true, true, &["go"]),
        issue(3, true, true, &["go"]),
        links(1, &[(2, None, true)]),
    ]);
    let expected = [(1, false, vec![2], vec![]), (2, false, vec![], vec![])];
    assert_eq!(rows(&world, Some("go")), expected);
}

#[test]
fn with_a_wanted_label_only_what_bears_it_is_ready() {
    let world = world(&[
        issue(1, true, false, &["go"]),
        issue(2, true, false, &["other"]),
    ]);
    let ready = |wanted| -> Vec<bool> { rows(&world, wanted).iter().map(|r| r.1).collect() };
    assert_eq!(ready(Some("go")), [true, false]);
    assert_eq!(ready(None), [true, true]);
}
