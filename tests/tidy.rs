//! The house rules, checked by `cargo test`: who imports whom, how long a file
//! is, where processes, time and the environment are touched, what is documented.
//!
//! Invariant: a fault names its file, its line and the remedy, and each rule has
//! a test with a planted fault, so that no rule can pass by looking at nothing.
//! The table of who may import whom is in `tidy/imports.rs`.

#![expect(
    clippy::expect_used,
    reason = "the lint's leave for tests does not reach their helper functions"
)]

#[path = "tidy/calls.rs"]
mod calls;
#[path = "tidy/docs.rs"]
mod docs;
#[path = "tidy/imports.rs"]
mod imports;
#[path = "tidy/paths.rs"]
mod paths;
#[path = "tidy/security.rs"]
mod security;
#[path = "tidy/sizes.rs"]
mod sizes;
#[path = "tidy/source.rs"]
mod source;
#[path = "tidy/tree.rs"]
mod tree;

use tree::{Fault, Tree};

fn none(rule: &str, faults: &[Fault]) {
    let lines: Vec<String> = faults.iter().map(Fault::to_string).collect();
    assert!(faults.is_empty(), "{rule}:\n  {}\n", lines.join("\n  "));
}

#[test]
fn modules_import_only_what_the_table_allows() {
    none("imports", &imports::check(&Tree::here()));
}

#[test]
fn rooms_name_nothing_that_is_forbidden_to_them() {
    none("forbidden names", &imports::names(&Tree::here()));
}

#[test]
fn files_are_short() {
    none("sizes", &sizes::check(&Tree::here()));
}

#[test]
fn processes_time_and_environment_stay_in_their_files() {
    none("calls", &calls::check(&Tree::here()));
}

#[test]
fn tests_neither_sleep_nor_are_skipped() {
    none("tests", &calls::tests_wait_on_conditions(&Tree::here()));
}

#[test]
fn every_source_file_says_what_it_is() {
    none("module docs", &docs::module_docs(&Tree::here()));
}

#[test]
fn every_source_file_is_part_of_the_crate() {
    none("dead files", &docs::dead_files(&Tree::here()));
}

#[test]
fn the_papers_are_there() {
    none("papers", &docs::papers(&Tree::here()));
}

#[test]
fn what_is_claimed_of_security_is_shown_by_tests_that_exist() {
    none("security", &security::check(&Tree::here()));
}

#[test]
fn the_unit_lets_runs_build_their_walls() {
    none("the unit", &security::unit(&Tree::here()));
}

#[test]
fn no_file_names_a_developers_machine() {
    none("paths", &paths::check(&Tree::here()));
}
