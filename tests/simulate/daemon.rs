//! One life of the factory: the real state machine, executor and poller, driven
//! step by step in an order that the model's generator chooses.
//!
//! Invariant: between two steps the daemon can be dropped, which is a SIGKILL;
//! what is in flight then is lost, or arrives late.

use crate::commit::commit;
use crate::model::{Model, SETTLE};
use crate::outside::{Hands, lock};
use crate::planted::Planted;
use crate::source::Origin;
use crate::{backlog, people, runs, scene};
use adf::act::{Executor, Identity, Job, recover::RecoverError};
use adf::mention::marker::MarkerKey;
use adf::model::*;
use adf::reconcile::{Do, Event, State};
use adf::redact::Redactor;
use adf::sense::{Poller, Wiring};
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// No world has secrets; it is made once, for making it takes long.
static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| Redactor::new(&[]));

type Work<T> = Pin<Box<dyn Future<Output = T>>>;

/// The factory while it lives.
pub struct Daemon {
    pub state: State,
    model: Arc<Mutex<Model>>,
    hands: Arc<Hands>,
    executor: Arc<Executor<Hands>>,
    poller: Arc<tokio::sync::Mutex<Poller<Origin>>>,
    starting: Option<Work<Result<(), RecoverError>>>,
    tasks: Vec<Work<Option<Event>>>,
    events: VecDeque<Event>,
    next_tick: Time,
    /// It could not start, and has ended by itself.
    pub dead: bool,
    /// Ticks in a row at which nothing was to do.
    pub idle_ticks: u32,
}

impl Daemon {
    /// Starts on what the disk holds.
    pub fn start(model: &Arc<Mutex<Model>>, key: &Arc<MarkerKey>) -> Daemon {
        let (world, now, planted, coordinated) = {
            let mut model = lock(model);
            model.ledger.committed.clear();
            model.forge.groomed.read(None);
            let world = model.ledger.world.clone();
            (world, model.now, model.planted, model.coordinated)
        };
        let mut settings = scene::settings();
        settings.forge.settle = match planted {
            Some(Planted::DoesNotSettle) => Duration::ZERO,
            _ => SETTLE,
        };
        settings.schedule.tick = Duration::from_secs(10);
        settings.schedule.mentions_every = 1;
        settings.status = scene::status();
        if coordinated {
            settings.coordinator.builtin = true;
            settings.coordinator.agents = settings.agents.keys().cloned().collect();
        }
        settings.limits.starts_per_hour = 100_000;
        settings.limits.starts_per_day = 100_000;
        for agent in settings.agents.values_mut() {
            agent.limits.starts_per_hour = 100_000;
            agent.limits.starts_per_day = 100_000;
        }
        let settings = Arc::new(settings);
        let factory = FactoryId::from("aaaaaaaaaaaa");
        let who = Arc::new(Identity {
            settings: settings.clone().into(),
            key: key.clone(),
            factory: factory.clone(),
            me: people::bot(),
            repo: RepoId(7),
            redactor: REDACTOR.clone(),
        });
        let hands = Arc::new(Hands {
            model: model.clone(),
            key: key.clone(),
            born: now,
            begun: Mutex::new(Vec::new()),
            over: Mutex::new(0),
        });
        let executor = Arc::new(Executor::new(who, hands.clone()));
        let wiring = Wiring {
            sources: Origin(model.clone()),
            key: key.clone(),
            me: people::bot(),
            since: None,
            narrowed: false,
            ranked: coordinated,
            display: settings.status.names(),
        };
        let poller = Poller::new(wiring, &world);
        let recovering = executor.clone();
        let before = world.clone();
        Daemon {
            state: State::new(world, settings, factory),
            model: model.clone(),
            hands,
            executor,
            poller: Arc::new(tokio::sync::Mutex::new(poller)),
            starting: Some(Box::pin(async move { recovering.recover(&before).await })),
            tasks: Vec::new(),
            events: VecDeque::new(),
            next_tick: now,
            dead: false,
            idle_ticks: 0,
        }
    }

    /// What it had under way ends here, done, undone or on the wire.
    pub fn tasks_are_lost(&mut self) {
        self.tasks.clear();
        self.starting = None;
    }

    /// Does one thing; false when there is nothing to do at this moment.
    pub fn step(&mut self) -> bool {
        if let Some(starting) = &mut self.starting {
            let mut context = Context::from_waker(Waker::noop());
            if let Poll::Ready(result) = starting.as_mut().poll(&mut context) {
                self.starting = None;
                self.dead = result.is_err();
            }
            return true;
        }
        self.adopt();
        // Whoever writes need not wait until the loop has heard of it.
        let heard = {
            let mut model = lock(&self.model);
            let hears = self.tasks.is_empty() || model.rng.bool();
            let committed = &mut model.ledger.committed;
            hears.then(|| committed.pop_front()).flatten()
        };
        if let Some(batch) = heard {
            self.handle(Event::Committed(batch));
            return true;
        }
        let (now, here) = {
            let model = lock(&self.model);
            (model.now, model.here())
        };
        let due = self.state.wake_at.is_some_and(|at| at <= here);
        let choices = self.tasks.len() + usize::from(!self.events.is_empty());
        if choices > 0 {
            let choice = lock(&self.model).rng.usize(0..choices);
            if choice < self.tasks.len() {
                self.poll(choice);
            } else if let Some(event) = self.events.pop_front() {
                self.handle(event);
            }
        } else if due {
            self.state.wake_at = None;
            self.handle(Event::Wake);
        } else if now >= self.next_tick {
            self.next_tick = now.plus(self.state.settings.schedule.tick);
            self.idle_ticks += 1;
            self.handle(Event::Tick);
        } else {
            return false;
        }
        true
    }

    /// How long there is nothing to do: ticks come by a clock that nobody sets.
    pub fn idle(&self) -> Duration {
        let model = lock(&self.model);
        let tick = self.next_tick.since(model.now);
        let wake = self.state.wake_at.map(|at| at.since(model.here()));
        wake.map_or(tick, |wake| wake.min(tick))
    }

    fn poll(&mut self, choice: usize) {
        let mut context = Context::from_waker(Waker::noop());
        let Some(task) = self.tasks.get_mut(choice) else {
            return;
        };
        if let Poll::Ready(event) = task.as_mut().poll(&mut context) {
            drop(self.tasks.swap_remove(choice));
            self.events.extend(event);
        }
    }

    /// Follows runs that began, and hears of runs that are over.
    fn adopt(&mut self) {
        for (task, run) in std::mem::take(&mut *lock(&self.hands.begun)) {
            let hands = self.hands.clone();
            self.tasks.push(Box::pin(async move {
                runs::follow(hands, task, run).await;
                None
            }));
        }
        for _ in 0..std::mem::take(&mut *lock(&self.hands.over)) {
            self.events.push_back(Event::RunOver);
        }
    }

    fn handle(&mut self, event: Event) {
        let (now, planted) = {
            let model = lock(&self.model);
            (model.here(), model.planted)
        };
        let model = self.model.clone();
        let durable = std::iter::from_fn(|| lock(&model).ledger.committed.pop_front());
        let tick = matches!(event, Event::Tick);
        if planted == Some(Planted::LeaseIsNotChecked) {
            self.forget_leases();
        }
        let todo = if planted == Some(Planted::OlderBatchLast) {
            let events = durable.map(Event::Committed).chain([event]);
            let each = events.flat_map(|event| self.state.handle(event, [], now));
            each.collect()
        } else {
            self.state.handle(event, durable, now)
        };
        for task in todo {
            self.perform(task);
        }
        self.one_effect_a_task();
        // Two whole plans: at each tick that would be a third of all that is done here.
        if tick && lock(&self.model).one_in(4) {
            self.settled_means_nothing_to_do(now);
        }
    }

    /// Whoever asks finds nobody at work.
    fn forget_leases(&mut self) {
        let runs = &mut self.state.world.runs;
        runs.retain(|_, run| run.outcome().is_some());
        for task in self.state.world.tasks.values_mut() {
            if task.state == TaskState::Running {
                task.state = TaskState::Queued;
            }
        }
    }

    /// A planner that looked at every task would plan the same.
    fn settled_means_nothing_to_do(&self, now: Time) {
        let known = &self.state.world;
        if known.unsettled.len() == known.tasks.len() {
            return;
        }
        let mut all = known.clone();
        all.unsettled = all.tasks.keys().cloned().collect();
        let plan = |world| {
            let snapshot = Snapshot {
                world,
                ..self.state.snapshot(now)
            };
            let plan = adf::decide::plan(&snapshot, &self.state.routes);
            // While the factory is stopped, that is said of every task it looks at.
            let skips = Vec::new();
            Plan { skips, ..plan }
        };
        let (left, whole) = (plan(known), plan(&all));
        if left != whole {
            let fault = format!("a settled task had something left to do: {whole:?}");
            lock(&self.model).fault(fault);
        }
    }

    /// An effect whose result is in the ledger is over, though its task may not have said so.
    fn one_effect_a_task(&self) {
        let mut of: BTreeMap<&TaskId, u32> = BTreeMap::new();
        let effects = &self.state.world.effects;
        let under_way = self
            .state
            .in_flight()
            .iter()
            .filter_map(|key| effects.get(key));
        for effect in under_way.filter(|e| !e.state.is_closed()) {
            if let Some(task) = &effect.task {
                *of.entry(task).or_default() += 1;
            }
        }
        if let Some((task, n)) = of.into_iter().find(|(_, n)| *n > 1) {
            lock(&self.model).fault(format!("{n} effects of task {task} are under way"));
        }
    }

    fn perform(&mut self, task: Do) {
        let planted = lock(&self.model).planted;
        let model = self.model.clone();
        match task {
            Do::Commit(changes) => {
                self.idle_ticks = 0;
                let (world, plan) = (&self.state.world, &self.state.last_plan);
                backlog::judge(&mut lock(&model), world, plan, &changes);
                if planted == Some(Planted::WorldBeforeLedger) {
                    self.state.world.apply_all(&changes);
                }
                if planted == Some(Planted::IntentIsForgotten) {
                    self.start_unwritten(&changes);
                }
                self.tasks.push(Box::pin(async move {
                    let result = commit(&model, changes).await;
                    Some(Event::PlanCommitted(result.map_err(|e| e.to_string())))
                }));
            }
            Do::Start(job) => {
                self.idle_ticks = 0;
                let key = job.effect.key.clone();
                lock(&self.model).tell(format_args!("starts {key}, try {}", job.effect.tries + 1));
                if planted == Some(Planted::StartsTwice) {
                    self.start_job((*job).clone());
                }
                if planted == Some(Planted::EndsEarly) {
                    self.events.push_back(Event::EffectOver(key));
                }
                self.start_job(*job);
            }
            Do::Void(key, tries, reason) => self.tasks.push(Box::pin(async move {
                let state = EffectState::Void { reason };
                let change = Change::EffectState {
                    key: key.clone(),
                    tries,
                    state,
                };
                let _ = commit(&model, vec![change]).await;
                Some(Event::EffectOver(key))
            })),
            Do::Poll => {
                let poller = self.poller.clone();
                self.tasks.push(Box::pin(async move {
                    let mut poller = poller.lock().await;
                    let began = {
                        let model = lock(&model);
                        model.forge.groomed.reading(model.now)
                    };
                    let result = poller.poll().await;
                    if result.is_ok() {
                        lock(&model).forge.groomed.read(Some(began));
                    }
                    Some(Event::Polled(result.map_err(|e| e.to_string())))
                }));
            }
            Do::Watch => self.events.push_back(Event::Watched { unfit: None }),
            Do::StopRuns | Do::KillRuns => {
                for process in lock(&self.model).disk.processes.values_mut() {
                    process.stopped = true;
                }
            }
            Do::StopRun(run) => {
                if let Some(process) = lock(&self.model).disk.processes.get_mut(run.as_str()) {
                    process.stopped = true;
                }
            }
            // Nobody changes a config or gives an order in these worlds.
            Do::Reload | Do::Adopt | Do::ConfigAlert(_) | Do::AllowRuns | Do::Leave => {}
        }
    }

    fn start_job(&mut self, job: Job) {
        let executor = self.executor.clone();
        self.tasks.push(Box::pin(async move {
            let key = job.effect.key.clone();
            executor.execute(job).await;
            Some(Event::EffectOver(key))
        }));
    }

    fn start_unwritten(&mut self, changes: &[Change]) {
        for change in changes {
            if let Change::Effect(effect) = change {
                let task = effect.task.as_ref();
                let job = Job {
                    effect: effect.clone(),
                    task: task.and_then(|id| self.state.world.tasks.get(id)).cloned(),
                    run: None,
                };
                self.start_job(job);
            }
        }
    }
}
