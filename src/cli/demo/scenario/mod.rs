//! The demo's scenarios: what an agent, a person, the forge or the machine does
//! wrong, and what must come of it.
//!
//! [`table`], [`outlaws`], [`chains`] and [`backlog`] are the list, as data; [`beside`] starts another factory; [`bait`] is what lies outside of an agent's walls; [`play`] does the deeds, [`look`] gathers what
//! can be seen afterwards, and [`verdict`] holds it against what was expected.
//!
//! Invariant: a scenario runs the factory as its operator does, as a process of
//! its own on an ordinary config, and is judged from outside of it: by the forge,
//! the process table, the log and the files.

mod backlog;
mod bait;
mod beside;
mod chains;
mod look;
mod outlaws;
mod play;
mod table;
mod verdict;

use crate::cli::table::table;
use crate::model::FailureClass;
use crate::sandbox::Fault;
use serde_json::{Value, json};

pub(super) use play::play;
pub(super) use verdict::unplayed;

/// One scenario.
pub(super) struct Scenario {
    /// What it is called.
    pub name: &'static str,
    /// What happens in it, and what must come of it.
    pub about: &'static str,
    /// The agents, the first of which is called `developer`.
    pub agents: &'static [Agent],
    /// What its config says otherwise.
    pub config: Differences,
    /// What is wrong with the forge from the first mention on.
    pub faults: fn() -> Vec<Fault>,
    /// What happens, in this order; then it is waited for what is expected.
    pub deeds: &'static [Deed],
    /// What must come of it.
    pub expected: Expected,
}

impl Scenario {
    /// Whether it shows a limit that does not bind root.
    pub(super) fn is_of_limits(&self) -> bool {
        self.config.walls.contains("processes")
    }
}

/// An agent of a scenario.
pub(super) struct Agent {
    /// What it is called by.
    pub name: &'static str,
    /// The behaviour of the scripted agent. `{place}` is the demo's folder, `{bait}` that of the
    /// bait, `{port}` where the bait listens.
    pub behaviour: &'static str,
    /// The kind of its provider.
    pub kind: &'static str,
    /// What it may do.
    pub role: &'static str,
}

/// What a scenario's config says otherwise than the demo's: lines of TOML.
pub(super) struct Differences {
    /// In `[limits]`.
    pub project: &'static str,
    /// In `[agents.limits]` of each agent.
    pub agents: &'static str,
    /// In `[walls]`. `{bait}` is the bait's folder.
    pub walls: &'static str,
    /// The providers of a routing file that takes every fix, in order; none: no routing.
    pub chain: &'static [&'static str],
    /// In `[coordinator]`.
    pub coordinator: &'static str,
}

/// Something that happens.
pub(super) enum Deed {
    /// Somebody comments under the demo's issue.
    Says(&'static str, &'static str),
    /// Somebody rewrites that comment.
    Edits(&'static str, &'static str),
    /// The factory reads the forge twice more.
    Reads,
    /// An agent leaves this file in its worktree.
    Leaves(&'static str),
    /// The factory is killed; all that it started must end with it.
    Kills,
    /// The factory is started again.
    Starts,
    /// A second factory is started on the same state; it must end with this code.
    Second(u8),
    /// Another factory, with a ledger and a key of its own, is started on the same repository.
    Beside,
    /// Somebody opens so many issues of which many wait for others, and labels each.
    Fills(u64),
    /// Somebody labels issues of the demo's world, by their places in it.
    Labels(&'static [usize]),
    /// Somebody makes an issue of the demo's world wait for another.
    Links(usize, usize),
    /// Somebody makes it wait for it no longer.
    Unlinks(usize, usize),
    /// The factory says this in a comment.
    Hears(&'static str),
    /// Somebody takes the label off the issue whose task is queued while another runs.
    Unlabels,
    /// Somebody closes each pull request that comes, with its issue, until no issue that
    /// was labelled is left; none may have been started before what it waits for was closed.
    Clears,
}

impl std::fmt::Debug for Scenario {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// What must come of a scenario, for the people at the forge and for the machine.
pub(super) struct Expected {
    /// What the factory leaves on the forge.
    pub traces: Traces,
    /// Each run, in order, with its failure class.
    pub runs: &'static [Option<FailureClass>],
    /// What the factory's comments say between them.
    pub says: &'static [&'static str],
    /// What stands in no text of the forge, no log line, no prompt and not in the ledger.
    pub never: &'static [&'static str],
    /// A file on the branch that was delivered or kept, and a part of its text.
    pub holds: Option<(&'static str, &'static str)>,
}

/// What the factory's account has left on the forge, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Traces {
    pub accepts: usize,
    pub results: usize,
    pub replies: usize,
    pub branches: usize,
    pub pulls: usize,
}

/// All names with one line each.
pub(super) fn list() -> String {
    let row = |s: &Scenario| vec![s.name.to_owned(), s.about.to_owned()];
    table(&["SCENARIO", "WHAT HAPPENS"], all().map(row).collect())
}

/// The same, for scripts.
pub(super) fn named() -> Value {
    all()
        .map(|s| json!({"name": s.name, "about": s.about}))
        .collect()
}

/// The scenario of this name.
pub(super) fn find(name: &str) -> Result<&'static Scenario, String> {
    all().find(|s| s.name == name).ok_or_else(|| {
        let names: Vec<&str> = all().map(|s| s.name).collect();
        format!("no scenario `{name}`; there are: {}", names.join(", "))
    })
}

fn all() -> impl Iterator<Item = &'static Scenario> {
    table::AGENTS
        .iter()
        .chain(outlaws::OUTLAWS)
        .chain(chains::CHAINS)
        .chain(table::OTHERS)
        .chain(backlog::BACKLOG)
}
