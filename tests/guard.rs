//! The guard against its cases, its own examples and its promises.
//!
//! Invariant: every case file under `tests/guard/cases` runs, and a wrong verdict
//! is named with its file, its command and the rule that spoke.

#![expect(
    clippy::expect_used,
    reason = "the lint's leave for tests does not reach their helper functions"
)]

#[path = "guard/command_line.rs"]
mod command_line;
#[path = "guard/corpus.rs"]
mod corpus;
#[path = "guard/effort.rs"]
mod effort;
#[path = "guard/inputs.rs"]
mod inputs;
#[path = "guard/promises.rs"]
mod promises;
#[path = "guard/told.rs"]
mod told;

use adf::guard::{Input, Policy, judge};
use corpus::{cases, scene};

#[test]
fn every_case_has_the_verdict_it_should() {
    let policy = Policy::default();
    let all = cases();
    let mut wrong = Vec::new();
    for case in &all {
        let verdict = judge(Input::Shell(&case.command), &scene(case), &policy);
        if verdict.word() != case.verdict {
            let rule = verdict.denial().map_or("", |d| d.rule.as_str());
            wrong.push(format!(
                "{}: {} instead of {} {rule}: {}  ({})",
                case.file,
                verdict.word(),
                case.verdict,
                case.command,
                case.why
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cases are wrong:\n{}",
        wrong.len(),
        all.len(),
        wrong.join("\n")
    );
}
