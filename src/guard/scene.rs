//! What is judged, where, and by which rules beyond the shipped ones: plain values.
//!
//! Invariant: a judgement depends on nothing else. Whoever calls looks up the
//! paths, the branch and the hour; the guard itself reads no disk, no clock and
//! no environment.

use super::word::UNKNOWN;
use crate::model::Time;
use crate::model::guarding::{GuardAllow, GuardDeny};
use std::fmt;

/// What an agent wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// Shell text, as a CLI's shell tool takes it.
    Shell(&'a str),
    /// A file that a write or edit tool would change.
    Write {
        /// Its path, absolute or relative to the working directory.
        path: &'a str,
    },
    /// The text of an `apply_patch` tool, or a unified diff.
    Patch {
        /// The patch.
        text: &'a str,
    },
    /// A file that a read tool would show.
    Read {
        /// Its path, absolute or relative to the working directory.
        path: &'a str,
    },
    /// An address that a fetching tool would show.
    Fetch {
        /// It.
        url: &'a str,
    },
}

/// Follows symbolic links: a lexically clean absolute path → the real one, or
/// none when it is the same or cannot be told.
pub type Resolve<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Where a command would run.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The working directory.
    pub cwd: &'a str,
    /// The run's own clone.
    pub worktree: &'a str,
    /// The agent's home.
    pub home: &'a str,
    /// The run's own temporary directory.
    pub tmp: &'a str,
    /// The run's branch.
    pub branch: &'a str,
    /// The walls keep signals inside the run: whatever is signalled is the run's own.
    pub signals_walled: bool,
    /// How links are followed; without it paths are judged as they are written.
    pub resolve: Option<Resolve<'a>>,
}

impl fmt::Debug for Scene<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scene")
            .field("cwd", &self.cwd)
            .field("worktree", &self.worktree)
            .field("home", &self.home)
            .field("tmp", &self.tmp)
            .field("branch", &self.branch)
            .field("signals_walled", &self.signals_walled)
            .finish_non_exhaustive()
    }
}

/// What a project adds to the shipped rules.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Commands that this project denies as well.
    pub denials: Vec<GuardDeny>,
    /// What the agent of this run may do although a rule denies it.
    pub allowances: Vec<GuardAllow>,
    /// The moment of the judgement: an allowance ends.
    pub now: Time,
}

impl Policy {
    /// Whether an allowance in force lifts a rule for a target; one of which a part is not known
    /// is no target that somebody named.
    pub(crate) fn lifts(&self, rule: &str, target: &str) -> bool {
        if super::never_lifted(rule).is_some() {
            return false;
        }
        let in_force = |a: &&GuardAllow| a.rule == rule && self.now < a.until;
        let is_known = !target.contains(UNKNOWN);
        self.allowances.iter().filter(in_force).any(|a| {
            let is_meant = is_known || a.target == "*";
            is_meant && !target.is_empty() && super::place::matches(&a.target, target)
        })
    }
}
