//! The paper on security names a test for each of its rows, and the tests exist;
//! the unit that is shipped does not forbid what the walls are built with.

use crate::{
    source::whole,
    tree::{Fault, Tree},
};

/// The paper.
const PAPER: &str = "docs/security.md";
/// The service's unit.
const UNIT: &str = "systemd/adf@.service";
/// What a unit says that leaves runs without their own view.
const FORBIDS: [&str; 3] = ["@mount", "RestrictNamespaces=", "unshare"];

/// Every row of a table names tests, and each of them is there.
pub fn check(tree: &Tree) -> Vec<Fault> {
    let Some(paper) = tree.get(PAPER) else {
        return vec![Fault::new(PAPER, 1, "missing", "write it")];
    };
    let mut faults = Vec::new();
    let mut is_table = false;
    for (n, line) in paper.text.lines().enumerate() {
        let is_row = is_table && line.starts_with("| ");
        // The line of dashes ends a table's head.
        is_table = line.starts_with('|') && (is_table || line.starts_with("|---"));
        let named: Vec<(&str, &str)> = tests(line).collect();
        if is_row && named.is_empty() {
            let remedy = "name the test that shows it, as `tests/x.rs::what_is_claimed`";
            faults.push(Fault::new(PAPER, n + 1, "a row without a test", remedy));
        }
        for (path, name) in named {
            let is_test = |text: &str| whole(text, &format!("fn {name}")).next().is_some();
            if !tree.get(path).is_some_and(|file| is_test(&file.text)) {
                let what = format!("there is no test `{path}::{name}`");
                faults.push(Fault::new(PAPER, n + 1, what, "name one that is there"));
            }
        }
    }
    faults
}

/// The tests that a line names.
fn tests(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let quoted = line.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|text| {
            text.split_once(".rs::")
                .map(|(path, name)| (text, path, name))
        })
        .filter_map(|(text, path, name)| Some((text.get(..path.len() + 3)?, name)))
}

/// The unit lets runs make mounts of their own.
pub fn unit(tree: &Tree) -> Vec<Fault> {
    let Some(unit) = tree.get(UNIT) else {
        return vec![Fault::new(UNIT, 1, "missing", "write it")];
    };
    let mut faults = Vec::new();
    for (n, line) in unit.text.lines().enumerate() {
        for word in FORBIDS {
            if !line.starts_with('#') && line.contains(word) {
                let what = format!("`{word}` leaves runs without a view of their own");
                faults.push(Fault::new(UNIT, n + 1, what, "take it out"));
            }
        }
    }
    faults
}

#[cfg(test)]
mod planted {
    use super::*;

    #[test]
    fn a_row_without_a_test_and_a_test_that_is_not_there_are_found() {
        let paper = "| a | shown by |\n|---|---|\n| x | `tests/a.rs::is_there` |\n| y | words |\n\
                     | z | `tests/a.rs::is_gone`, `tests/b.rs::is_there` |\n\nNo table: `tests/a.rs::nor_this`.\n";
        let test = "#[test]\nfn is_there() {}\n// fn is_gone_too\n";
        let tree = Tree::of(&[("docs/security.md", paper), ("tests/a.rs", test)]);
        let lines: Vec<usize> = check(&tree).iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [4, 5, 5, 7]);
        assert_eq!(check(&Tree::of(&[])).len(), 1);
    }

    #[test]
    fn a_unit_that_forbids_mounts_is_found() {
        let unit = "# @mount is needed\nSystemCallFilter=~@mount\nRestrictNamespaces=yes\n";
        let faults = unit_of(unit);
        assert_eq!(faults, [2, 3]);
    }

    fn unit_of(text: &str) -> Vec<usize> {
        let tree = Tree::of(&[("systemd/adf@.service", text)]);
        unit(&tree).iter().map(|fault| fault.line).collect()
    }
}
