//! The plan while it is being made.
//!
//! Invariant: a draft reads only the snapshot; what it planned so far counts
//! against the limits like what already runs.

use super::{admission, health, routes::Routes};
use crate::model::plan::Decision;
use crate::model::route::Healths;
use crate::model::{
    AgentName, Change, Effect, EffectKey, EffectKind, EffectState, Plan, Run, Skip, SkipReason,
    Snapshot, Task, TaskState, Time,
};
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// A plan in the making.
pub(super) struct Draft<'a> {
    /// What it is made from.
    pub s: &'a Snapshot<'a>,
    /// What the words of a task may call for.
    pub routes: &'a Routes,
    /// How providers and models are; most plans ask nobody, and the past is long.
    health: OnceCell<Healths>,
    /// What it came to so far.
    pub plan: Plan,
    /// Runs that are not over.
    pub open: Vec<&'a Run>,
    /// Runs that were started within a day.
    pub recent: Vec<&'a Run>,
    /// Tasks that hold their issue.
    pub busy: Vec<&'a Task>,
    /// Runs started by this very plan, by agent.
    pub started: BTreeMap<AgentName, u32>,
    /// Issues on which this very plan starts a run.
    pub taken: std::collections::BTreeSet<u64>,
}

impl<'a> Draft<'a> {
    pub fn new(s: &'a Snapshot<'a>, routes: &'a Routes) -> Self {
        // Once a plan and not once a task: a queue may be long, and so may be the past.
        let runs = s.world.runs.values();
        let left = s.world.unsettled.iter();
        let tasks = left.filter_map(|id| s.world.tasks.get(id));
        Self {
            s,
            routes,
            health: OnceCell::new(),
            open: runs.clone().filter(|run| run.is_open()).collect(),
            recent: admission::recent(runs, s.now),
            busy: tasks.filter(|task| admission::is_busy(task)).collect(),
            plan: Plan::default(),
            started: BTreeMap::new(),
            taken: std::collections::BTreeSet::new(),
        }
    }

    /// How providers and models are.
    pub fn health(&self) -> &Healths {
        let Snapshot {
            world,
            settings,
            now,
            ..
        } = self.s;
        self.health
            .get_or_init(|| health::known(world, settings, *now))
    }

    pub fn finish(self) -> Plan {
        self.plan
    }

    /// Asks to be planned again at `at`, if nothing else wakes the loop before.
    pub fn wake(&mut self, at: Time) {
        let sooner = self.plan.wake_at.is_none_or(|w| at < w);
        if sooner && at < Time::NEVER {
            self.plan.wake_at = Some(at);
        }
    }

    pub fn skip(&mut self, what: impl Into<String>, issue: Option<u64>, reason: SkipReason) {
        self.plan.skips.push(Skip {
            what: what.into(),
            issue,
            reason,
        });
    }

    pub fn skip_task(&mut self, task: &Task, reason: SkipReason) {
        self.skip(task.id.as_str(), Some(task.work.issue), reason);
    }

    /// Writes down an effect; it starts in the same breath.
    pub fn intend(
        &mut self,
        task: Option<&Task>,
        issue: u64,
        key: String,
        kind: EffectKind,
        lease: u64,
    ) {
        let key = EffectKey(key);
        self.plan.changes.push(Change::Effect(Effect {
            key: key.clone(),
            task: task.map(|t| t.id.clone()),
            issue,
            kind,
            lease,
            tries: 0,
            state: EffectState::Intended,
            created_at: self.s.now,
        }));
        self.plan.start.push(key);
    }

    /// Moves a task to another state and says why.
    pub fn turn(&mut self, task: &Task, state: TaskState, note: &str) -> Task {
        let mut task = task.clone();
        task.state = state;
        note.clone_into(&mut task.note);
        task.changed_at = self.s.now;
        self.plan.changes.push(Change::Task(task.clone()));
        task
    }

    /// Records a decision for the log.
    pub fn decide(&mut self, what: &str, task: &Task, reason: impl Into<String>, source: &str) {
        self.plan.decisions.push(Decision {
            what: what.to_owned(),
            issue: task.work.issue,
            task: Some(task.id.to_string()),
            run: None,
            agent: Some(task.agent.to_string()),
            reason: reason.into(),
            source: source.to_owned(),
            overrode: None,
        });
    }
}
