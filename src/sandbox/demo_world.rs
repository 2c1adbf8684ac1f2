//! The world of the demo: a small crate with a bug, and issues that wait for one another.
//!
//! Invariant: the bug is real (`sum_to` leaves out the last number), its test
//! fails with it and passes without, and the scripted agent can find it.

use super::{Deed, Forge, Permission, UserHandle};

/// The repository of the demo.
pub const REPO: &str = "alice/tally";

/// The issue that tells of the off-by-one.
pub const BUG_ISSUE_TITLE: &str = "sum_to leaves out the last number";

/// The wrong line of `src/lib.rs`.
pub const WRONG: &str = "(1..n).sum()";

/// The right one.
pub const RIGHT: &str = "(1..=n).sum()";

const README: &str = "# tally\n\nAdds things up. `sum_to(4)` is 1 + 2 + 3 + 4.\n";

const CARGO: &str = "[package]\nname = \"tally\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

const LIB: &str = "//! Adds things up.

/// The sum of the numbers from 1 to `n`.
pub fn sum_to(n: u64) -> u64 {
    (1..n).sum()
}

/// The mean of some numbers; 0 of none.
pub fn mean(numbers: &[f64]) -> f64 {
    if numbers.is_empty() {
        return 0.0;
    }
    let count = numbers.len() as f64;
    numbers.iter().sum::<f64>() / count
}
";

const TESTS: &str = "use tally::sum_to;

#[test]
fn the_last_number_counts() {
    assert_eq!(sum_to(4), 10);
}
";

/// Who and what is in the demo's world.
#[derive(Clone, Debug)]
pub struct DemoWorld {
    /// `owner/name` of the repository.
    pub repo: String,
    /// Owns it.
    pub alice: UserHandle,
    /// May write.
    pub carol: UserHandle,
    /// May read and talk only.
    pub bob: UserHandle,
    /// The factory's account; may write.
    pub bot: UserHandle,
    /// The issue of the off-by-one.
    pub bug: u64,
    /// All issues, in the order they were opened.
    pub issues: Vec<u64>,
}

/// Fills a fresh forge with the demo's world.
///
/// # Errors
/// When the forge is not fresh or git fails.
pub fn build(forge: &Forge) -> Deed<DemoWorld> {
    let alice = forge.add_user("alice")?;
    let carol = forge.add_user("carol")?;
    let bob = forge.add_user("bob")?;
    let bot = forge.add_user("adf")?;
    let files = [
        ("README.md", README),
        ("Cargo.toml", CARGO),
        ("src/lib.rs", LIB),
        ("tests/sums.rs", TESTS),
    ];
    forge.add_repo("alice", "tally", &files)?;
    forge.add_collaborator(REPO, "carol", Permission::Write)?;
    forge.add_collaborator(REPO, "adf", Permission::Write)?;
    let told = [
        (
            "alice",
            BUG_ISSUE_TITLE,
            "`sum_to(4)` gives 6, and should give 10.\n\nThe range in `src/lib.rs` ends one too early; `tests/sums.rs` shows it.",
        ),
        (
            "carol",
            "Publish 0.1.0",
            "When the sums are right and the README says what the functions do.",
        ),
        (
            "carol",
            "Say in the README what `mean` does with no numbers",
            "It gives 0. People ask.",
        ),
        (
            "bob",
            "A median would be nice",
            "Next to `mean`. For an even count, the mean of the middle two.",
        ),
        (
            "alice",
            "Announce the release",
            "A line on the project's page, once it is published.",
        ),
    ];
    let mut issues = Vec::new();
    for (who, title, body) in told {
        issues.push(forge.open_issue(REPO, who, title, body)?);
    }
    if let [bug, publish, readme, _, announce] = issues.as_slice() {
        forge.add_dependency(REPO, *publish, *bug)?;
        forge.add_dependency(REPO, *publish, *readme)?;
        forge.add_dependency(REPO, *announce, *publish)?;
        forge.add_label(REPO, Some(*bug), "bug")?;
    }
    Ok(DemoWorld {
        repo: REPO.to_owned(),
        bug: issues.first().copied().unwrap_or_default(),
        alice,
        carol,
        bob,
        bot,
        issues,
    })
}
