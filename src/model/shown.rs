//! What shows on issues by the factory's doing: one label, and who is assigned.
//!
//! The task is a row and these are its display: nothing reads them back. [`Status`] is
//! what the operator wants shown, [`Display`] the fold of the effects that showed it.
//! Invariant: what an effect left counts as the factory's own, all else is somebody's.

use super::{Effect, EffectKey, EffectKind, EffectResult, EffectState, Task, TaskId, TaskState};
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

/// What shows on all issues.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Display {
    /// The effects that showed something, in their order, by issue.
    shown: BTreeMap<u64, Vec<EffectKey>>,
    /// Issues on which something may stand.
    standing: BTreeSet<u64>,
    /// The pull request of each task that was delivered.
    pulls: BTreeMap<TaskId, u64>,
    /// The issues of those pull requests.
    proposed: BTreeMap<u64, BTreeMap<TaskId, u64>>,
    /// Those of them that are not known to be closed.
    open: BTreeSet<u64>,
}

impl Display {
    /// The last effect that was intended to show a label on an issue, or its assignee.
    pub fn last<'a>(
        &self,
        issue: u64,
        label: bool,
        all: &'a BTreeMap<EffectKey, Effect>,
    ) -> Option<&'a Effect> {
        let keys = self.shown.get(&issue)?.iter().rev();
        let mut effects = keys.filter_map(|key| all.get(key));
        effects.find(|e| matches!(e.kind, EffectKind::Show { .. }) == label)
    }

    /// How many effects showed something on an issue.
    #[must_use]
    pub fn count(&self, issue: u64) -> usize {
        self.shown.get(&issue).map_or(0, Vec::len)
    }

    /// Issues on which something of the factory's may stand, or should.
    pub fn standing(&self) -> impl Iterator<Item = u64> {
        let proposed = self.open.iter().filter_map(|pull| self.proposed.get(pull));
        let proposed = proposed.flat_map(|tasks| tasks.values());
        self.standing.iter().chain(proposed).copied()
    }

    /// A task is gone.
    pub(super) fn forgotten(&mut self, task: &TaskId) {
        let Some(pull) = self.pulls.remove(task) else {
            return;
        };
        let tasks = self.proposed.entry(pull).or_default();
        tasks.remove(task);
        if tasks.is_empty() {
            self.proposed.remove(&pull);
            self.open.remove(&pull);
        }
    }

    /// A task is where it is now; `closed` says whether its pull request is.
    pub(super) fn task(&mut self, task: &Task, closed: bool) {
        self.forgotten(&task.id);
        if let (TaskState::Done, Some(pull)) = (&task.state, task.pull) {
            self.pulls.insert(task.id.clone(), pull);
            let tasks = self.proposed.entry(pull).or_default();
            tasks.insert(task.id.clone(), task.work.issue);
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
        if effect.kind.refusal().is_some() {
            let keys = self.shown.entry(effect.issue).or_default();
            keys.push(effect.key.clone());
        }
    }

    /// An effect is where it is now, or gone from `all`.
    pub(super) fn moved(&mut self, effect: &Effect, all: &BTreeMap<EffectKey, Effect>) {
        if effect.kind.refusal().is_none() {
            return;
        }
        let issue = effect.issue;
        if !all.contains_key(&effect.key)
            && let Some(keys) = self.shown.get_mut(&issue)
        {
            keys.retain(|key| *key != effect.key);
            if keys.is_empty() {
                self.shown.remove(&issue);
            }
        }
        let last = [true, false].map(|label| self.last(issue, label, all));
        if last.into_iter().flatten().all(is_bare) {
            self.standing.remove(&issue);
        } else {
            self.standing.insert(issue);
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
