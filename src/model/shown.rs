//! What shows on issues by the factory's doing: one label, and who is assigned.
//!
//! The task is a row and these are its display: nothing reads them back. [`Status`] is
//! what the operator wants shown, [`Display`] the fold of the effects that showed it.
//! Invariant: what an effect left counts as the factory's own, all else is somebody's.

use super::{Effect, EffectKey, EffectKind, EffectResult, EffectState, Task, TaskState};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What shows on an issue of the work on it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The labels, if where work is shows by labels.
    pub labels: Option<Showing>,
    /// Whether an issue is assigned to the factory's account while it is claimed.
    pub assign: bool,
}

impl Status {
    /// All labels that are a display and nothing else.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let all = self.labels.iter().flat_map(|showing| &showing.labels);
        all.map(|(_, name)| name.clone()).collect()
    }
}

/// The labels that show where work is, each for a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Showing {
    /// One for each stage.
    pub labels: Vec<(Stage, String)>,
}

impl Showing {
    /// The label of a stage.
    #[must_use]
    pub fn label(&self, stage: Stage) -> Option<&str> {
        let mut labels = self.labels.iter();
        let found = labels.find(|(of, _)| *of == stage);
        found.map(|(_, name)| name.as_str())
    }
}

/// Where the work on an issue is, as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Taken up, and waits for its turn.
    Ready,
    /// An agent works on it, or its work is being delivered.
    InProgress,
    /// Its work waits in an open pull request.
    InReview,
    /// It waits for somebody or something.
    Blocked,
}

/// What was last intended to show on an issue, by the keys of the effects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// The label.
    pub label: Option<EffectKey>,
    /// The assignee.
    pub assignee: Option<EffectKey>,
    /// How many such effects there were.
    pub count: u64,
}

/// What shows on all issues.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Display {
    shown: BTreeMap<u64, Shown>,
    /// Issues on which something may stand.
    standing: BTreeSet<u64>,
    /// The issues of pull requests that were delivered.
    proposed: BTreeMap<u64, u64>,
    /// Those of them that are not known to be closed.
    open: BTreeSet<u64>,
}

impl Display {
    /// What was last intended to show on an issue.
    #[must_use]
    pub fn of(&self, issue: u64) -> Option<&Shown> {
        self.shown.get(&issue)
    }

    /// Issues on which something of the factory's may stand, or should.
    pub fn standing(&self) -> impl Iterator<Item = u64> {
        let proposed = self.open.iter().filter_map(|pull| self.proposed.get(pull));
        self.standing.iter().chain(proposed).copied()
    }

    /// A task is where it is now; `closed` says whether its pull request is.
    pub(super) fn task(&mut self, task: &Task, closed: bool) {
        if let (TaskState::Done, Some(pull)) = (&task.state, task.pull) {
            self.proposed.insert(pull, task.work.issue);
            if !closed {
                self.open.insert(pull);
            }
        }
    }

    /// An issue or pull request is open or closed now.
    pub(super) fn issue(&mut self, number: u64, open: bool) {
        if !open {
            self.open.remove(&number);
        } else if self.proposed.contains_key(&number) {
            self.open.insert(number);
        }
    }

    /// An effect is intended.
    pub(super) fn intended(&mut self, effect: &Effect) {
        if effect.kind.refusal().is_none() {
            return;
        }
        let shown = self.shown.entry(effect.issue).or_default();
        shown.count += 1;
        let slot = match effect.kind {
            EffectKind::Show { .. } => &mut shown.label,
            _ => &mut shown.assignee,
        };
        *slot = Some(effect.key.clone());
    }

    /// An effect is where it is now.
    pub(super) fn moved(&mut self, effect: &Effect, all: &BTreeMap<EffectKey, Effect>) {
        if effect.kind.refusal().is_none() {
            return;
        }
        let shown = self.shown.get(&effect.issue);
        let keys = shown.into_iter().flat_map(|s| [&s.label, &s.assignee]);
        let mut last = keys.flatten().filter_map(|key| all.get(key));
        if last.all(is_bare) {
            self.standing.remove(&effect.issue);
        } else {
            self.standing.insert(effect.issue);
        }
    }
}

/// Whether nothing stands after an effect.
fn is_bare(effect: &Effect) -> bool {
    match &effect.state {
        EffectState::Done {
            result: EffectResult::Shown(own),
        } => own.is_empty(),
        EffectState::Done {
            result: EffectResult::Assigned(ours),
        } => !ours,
        _ => false,
    }
}
