//! The loop's state machine: an event in, what to do out.
//!
//! Invariant: synchronous, without I/O; the clock's reading is passed in.
//! Whatever order events come in, an effect is started only when its row is in
//! the world, is not in flight and holds the newest lease of its work key.

use super::event::{Do, Event};
use crate::act::Job;
use crate::decide::{self, Routes};
use crate::model::settings::Settings;
use crate::model::{
    Change, Effect, EffectKey, EffectKind, FactoryId, Order, Plan, Snapshot, Time, World,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How far the factory is on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// It works.
    Working,
    /// It ends what runs and starts nothing.
    Draining,
    /// It kills what runs.
    Hurrying,
}

/// The loop's state.
#[derive(Debug)]
pub struct State {
    /// What the ledger knows.
    pub world: World,
    /// What the operator wants.
    pub settings: Arc<Settings>,
    /// What words call for, by these settings.
    pub routes: Routes,
    /// This factory's id.
    pub factory: FactoryId,
    /// How far it is on its way out.
    pub stage: Stage,
    /// The forge was read since the start.
    pub synced: bool,
    /// Why the last read of the forge failed.
    pub forge_trouble: Option<String>,
    /// Since when reading it has failed.
    pub forge_away: Option<Time>,
    /// Why the config on disk is not in force, when it was refused.
    pub config_trouble: Option<String>,
    /// Why no new run may start.
    pub unfit: Option<String>,
    /// When to plan again.
    pub wake_at: Option<Time>,
    /// The last plan, for `adf status`.
    pub last_plan: Plan,
    /// Runs being supervised.
    pub runs: usize,
    in_flight: BTreeSet<EffectKey>,
    /// The tries that each effect in flight had before.
    tried: BTreeMap<EffectKey, u32>,
    waiting: BTreeSet<EffectKey>,
    committing: bool,
    dirty: bool,
    polling: bool,
    nudged: bool,
    reloading: bool,
    reload_again: bool,
    watching: bool,
    ticks: u64,
}

impl State {
    /// The state at the start of a loop.
    #[must_use]
    pub fn new(world: World, settings: Arc<Settings>, factory: FactoryId) -> State {
        State {
            world,
            routes: Routes::of(&settings),
            settings,
            factory,
            stage: Stage::Working,
            synced: false,
            forge_trouble: None,
            forge_away: None,
            config_trouble: None,
            unfit: None,
            wake_at: None,
            last_plan: Plan::default(),
            runs: 0,
            in_flight: BTreeSet::new(),
            tried: BTreeMap::new(),
            waiting: BTreeSet::new(),
            committing: false,
            dirty: true,
            polling: false,
            nudged: false,
            reloading: false,
            reload_again: false,
            watching: false,
            ticks: 0,
        }
    }

    /// Effects being tried at this moment.
    #[must_use]
    pub fn in_flight(&self) -> &BTreeSet<EffectKey> {
        &self.in_flight
    }

    /// Takes an event in, after what has become durable meanwhile and in the order in
    /// which that was written: an event of the ledger itself is older than `durable`.
    /// Nothing is decided before all of it is known. Says what to do.
    pub fn handle(
        &mut self,
        event: Event,
        durable: impl IntoIterator<Item = Arc<Vec<Change>>>,
        now: Time,
    ) -> Vec<Do> {
        let mut todo = Vec::new();
        let (first, last) = match event {
            Event::Committed(_) => (Some(event), None),
            _ => (None, Some(event)),
        };
        let durable = durable.into_iter().map(Event::Committed);
        for event in first.into_iter().chain(durable).chain(last) {
            self.take(event, now, &mut todo);
        }
        self.start_waiting(&mut todo);
        self.plan(now, &mut todo);
        self.leave(&mut todo);
        todo
    }

    fn take(&mut self, event: Event, now: Time, todo: &mut Vec<Do>) {
        match event {
            Event::Committed(batch) => {
                self.world.apply_all(batch.iter());
                self.obey(&batch, todo);
                self.dirty = true;
            }
            Event::PlanCommitted(result) => {
                self.committing = false;
                if let Err(why) = result {
                    self.waiting.clear();
                    self.unfit = Some(why);
                    // The next tick plans it anew; planning at once would spin.
                    self.dirty = false;
                }
            }
            Event::Tick => self.tick(todo),
            Event::Wake => self.dirty = true,
            Event::Polled(result) => {
                self.polling = false;
                self.dirty = true;
                self.forge_trouble = result.err();
                if self.forge_trouble.is_none() {
                    self.synced = true;
                    self.forge_away = None;
                } else {
                    self.forge_away.get_or_insert(now);
                }
                if std::mem::take(&mut self.nudged) {
                    self.poll(todo);
                }
            }
            Event::Nudge if self.polling => self.nudged = true,
            Event::Nudge => self.poll(todo),
            Event::Reload if self.reloading => self.reload_again = true,
            Event::Reload => {
                self.reloading = true;
                todo.push(Do::Reload);
            }
            Event::Reloaded(result) => self.reloaded(result, todo),
            Event::Watched { unfit } => {
                self.watching = false;
                if self.unfit != unfit {
                    self.unfit = unfit;
                    self.dirty = true;
                }
            }
            Event::EffectOver(key) => {
                self.in_flight.remove(&key);
                // A try that the ledger does not know could not be written down: the
                // next tick tries again; planning at once would spin.
                self.dirty |= self.tried.remove(&key) != self.tries(&key);
            }
            Event::RunOver => {
                self.runs = self.runs.saturating_sub(1);
                self.dirty = true;
            }
            Event::Stop => self.stop(todo),
        }
    }

    fn tick(&mut self, todo: &mut Vec<Do>) {
        self.dirty = true;
        if self.stage > Stage::Working {
            return;
        }
        let poll = self
            .ticks
            .is_multiple_of(u64::from(self.settings.schedule.mentions_every));
        self.ticks += 1;
        if poll {
            self.poll(todo);
        }
        if !self.watching {
            self.watching = true;
            todo.push(Do::Watch);
        }
    }

    /// One reading of the forge at a time; none on the way out.
    fn poll(&mut self, todo: &mut Vec<Do>) {
        if !self.polling && self.stage == Stage::Working {
            self.polling = true;
            todo.push(Do::Poll);
        }
    }

    /// What an operator's order means for what runs; the rest is the planner's.
    fn obey(&self, batch: &[Change], todo: &mut Vec<Do>) {
        for change in batch {
            match change {
                Change::Operator(row) if row.order == Order::Stop => todo.push(Do::StopRuns),
                Change::Operator(row)
                    if row.order == Order::Resume && self.stage == Stage::Working =>
                {
                    todo.push(Do::AllowRuns);
                }
                _ => {}
            }
        }
    }

    /// A config is adopted whole, or the one before stays and that is said.
    fn reloaded(&mut self, result: Result<Arc<Settings>, String>, todo: &mut Vec<Do>) {
        self.reloading = false;
        match result {
            Ok(settings) => {
                self.routes = Routes::of(&settings);
                self.settings = settings;
                self.config_trouble = None;
                self.dirty = true;
                todo.push(Do::Adopt);
            }
            Err(why) => self.config_trouble = Some(why),
        }
        todo.push(Do::ConfigAlert(self.config_trouble.clone()));
        if std::mem::take(&mut self.reload_again) {
            self.reloading = true;
            todo.push(Do::Reload);
        }
    }

    fn stop(&mut self, todo: &mut Vec<Do>) {
        self.dirty = true;
        if self.stage == Stage::Working {
            self.stage = Stage::Draining;
            todo.push(Do::StopRuns);
        } else {
            self.stage = Stage::Hurrying;
            todo.push(Do::KillRuns);
        }
    }

    /// Starts what was intended, once its row is in the world.
    fn start_waiting(&mut self, todo: &mut Vec<Do>) {
        if self.stage > Stage::Working {
            self.waiting.clear();
            return;
        }
        let ready: Vec<EffectKey> = self
            .waiting
            .iter()
            .filter(|k| self.world.effects.contains_key(*k))
            .cloned()
            .collect();
        for key in ready {
            self.waiting.remove(&key);
            self.start(&key, todo);
        }
    }

    fn start(&mut self, key: &EffectKey, todo: &mut Vec<Do>) {
        let Some(effect) = self.world.effects.get(key) else {
            return;
        };
        if effect.state.is_closed() || self.in_flight.contains(key) {
            return;
        }
        let task = effect.task.as_ref().and_then(|id| self.world.tasks.get(id));
        let lease = task.map_or(0, |t| self.world.lease(t.work));
        if effect.lease != 0 && effect.lease != lease {
            let why = format!(
                "its lease {} is stale, the work key is at {lease}",
                effect.lease
            );
            self.in_flight.insert(key.clone());
            todo.push(Do::Void(key.clone(), effect.tries, why));
            return;
        }
        let run = match &effect.kind {
            EffectKind::Spawn { run } => self.world.runs.get(run).cloned(),
            _ => None,
        };
        self.in_flight.insert(key.clone());
        self.tried.insert(key.clone(), effect.tries);
        if run.is_some() {
            self.runs += 1;
        }
        let job = Job {
            effect: Effect {
                kind: self.world.said_last(effect).clone(),
                ..effect.clone()
            },
            task: task.cloned(),
            run,
        };
        todo.push(Do::Start(Box::new(job)));
    }

    fn tries(&self, key: &EffectKey) -> Option<u32> {
        self.world.effects.get(key).map(|e| e.tries)
    }

    fn plan(&mut self, now: Time, todo: &mut Vec<Do>) {
        if !self.dirty || self.committing || self.stage > Stage::Working {
            return;
        }
        self.dirty = false;
        let plan = decide::plan(&self.snapshot(now), &self.routes);
        self.wake_at = plan.wake_at;
        self.waiting = plan.start.iter().cloned().collect();
        todo.extend(plan.stop.iter().cloned().map(Do::StopRun));
        super::log::decisions(&self.settings.project, &plan);
        if plan.changes.is_empty() {
            self.start_waiting(todo);
        } else {
            self.committing = true;
            todo.push(Do::Commit(plan.changes.clone()));
        }
        self.last_plan = plan;
    }

    /// What the planner looks at now.
    #[must_use]
    pub fn snapshot(&self, now: Time) -> Snapshot<'_> {
        Snapshot {
            now,
            world: &self.world,
            settings: &self.settings,
            factory: &self.factory,
            synced: self.synced,
            draining: self.stage > Stage::Working,
            unfit: self.unfit.as_deref(),
            in_flight: &self.in_flight,
        }
    }

    fn leave(&self, todo: &mut Vec<Do>) {
        // Who hurries waits for no forge: what is under way there is looked for at the next start.
        let effects = self.stage < Stage::Hurrying && !self.in_flight.is_empty();
        let busy = self.committing || effects || self.runs > 0;
        if self.stage > Stage::Working && !busy {
            todo.push(Do::Leave);
        }
    }
}
