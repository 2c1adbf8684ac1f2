//! The guard: what an agent wants to do → allowed, or denied with the reason
//! and a safer way.
//!
//! Text is parsed (`syntax`), its words resolved (`word`), every command walked
//! as a shell would run it (`walk`), and each judged by what it would touch
//! (`place`, `rules`). Invariant: pure and deterministic; what cannot be
//! understood is denied. Begin at [`judge`].

mod args;
mod code;
mod landmarks;
mod loss;
mod patch;
mod place;
mod rules;
mod safer;
mod scene;
mod syntax;
mod tools;
mod verdict;
mod walk;
mod word;

pub use landmarks::AGENT_SETTINGS;
pub use patch::files as patched;
pub use scene::{Input, Policy, Resolve, Scene};
pub use verdict::{Denial, Rule, Verdict};
pub use walk::Effort;

use rules::fs::Access;
use walk::{Found, Walker};

/// A verdict with the commands that it was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The verdict.
    pub verdict: Verdict,
    /// Each command as it was understood, up to the one that was denied.
    pub commands: Vec<String>,
    /// What it took.
    pub effort: Effort,
}

/// Judges what an agent wants to do.
#[must_use]
pub fn judge(input: Input<'_>, scene: &Scene<'_>, policy: &Policy) -> Verdict {
    let mut walker = Walker::new(scene, policy);
    end(run(&mut walker, input))
}

/// The same, with the commands it consists of.
#[must_use]
pub fn explain(input: Input<'_>, scene: &Scene<'_>, policy: &Policy) -> Explained {
    let mut walker = Walker::new(scene, policy);
    walker.trace = Some(Vec::new());
    let verdict = end(run(&mut walker, input));
    Explained {
        verdict,
        commands: walker.trace.take().unwrap_or_default(),
        effort: walker.effort,
    }
}

/// All shipped rules, by domain.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    rules::all()
}

/// Why no allowance lifts a rule, if that is so.
#[must_use]
pub fn never_lifted(rule: &str) -> Option<&'static str> {
    let domain = rule.split('.').next().unwrap_or_default();
    match domain {
        "guard" => Some("it would let an agent switch the guard off"),
        "shell" | "patch" => Some("what cannot be read has no target that could be named"),
        _ => None,
    }
}

fn end(found: Found) -> Verdict {
    match found {
        Ok(()) => Verdict::Allow,
        Err(denial) => Verdict::Deny(denial),
    }
}

fn run(walker: &mut Walker<'_>, input: Input<'_>) -> Found {
    match input {
        Input::Shell(text) => walker.whole(text),
        Input::Write { path } => tools::file(walker, Access::Write, path),
        Input::Read { path } => tools::file(walker, Access::Read, path),
        Input::Fetch { url } => tools::fetch(walker, url),
        Input::Patch { text } => patch::judge(walker, text),
    }
}
