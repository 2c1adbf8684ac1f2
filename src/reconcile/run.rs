//! The `select!` loop around the state machine.
//!
//! Invariant: an arm builds an event and nothing else; what an event leads to
//! runs in tasks of its own that report back. Committed batches are always
//! taken before any other event, so that the world is never behind an answer.

use super::desk::Ask;
use super::event::{Do, Event};
use super::state::{Stage, State};
use crate::act::Executor;
use crate::clock::Clock;
use crate::model::settings::Settings;
use crate::model::{Change, EffectState, LISTEN_FROM, Repository};
use crate::sense::{CronSource, Poller, nightwatch};
use crate::store::{BackupTrace, Ledger};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Notify, mpsc};
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_util::task::AbortOnDropHandle;

/// Events that may wait for the loop.
pub const EVENTS_MAX: usize = 1024;
/// The longest read of the forge; a longer one is given up and tried at the next poll.
const POLL_MAX: Duration = Duration::from_secs(300);
/// The longest sleep of the loop.
const SLEEP_MAX: Duration = Duration::from_secs(3600);

/// What the loop tells the outside about itself.
pub trait Report: Send {
    /// The loop is alive; `status` is one line for people.
    fn alive(&mut self, status: &str);
    /// It reads its config again.
    fn reloading(&mut self) {}
    /// It has done so, whatever came of it.
    fn reloaded(&mut self) {}
    /// It begins to stop.
    fn stopping(&mut self);
    /// How often [`Report::alive`] must be called at least.
    fn every(&self) -> Duration;
}

/// Reads the config again: the settings to put in force, or why they stay.
pub type Reload = Arc<dyn Fn() -> Result<Arc<Settings>, String> + Send + Sync>;
/// Says whether files that the config names were changed since it was last asked.
pub type Changed = Arc<dyn Fn(&Settings) -> bool + Send + Sync>;
/// Says why no new work may start on this machine.
pub type Fit = Arc<dyn Fn(&Settings) -> Option<String> + Send + Sync>;

/// The loop and what it is wired to.
pub struct Loop {
    /// The state machine.
    pub state: State,
    /// The ledger.
    pub ledger: Ledger,
    /// Batches as they become durable.
    pub committed: mpsc::Receiver<Arc<Vec<Change>>>,
    /// Carries effects out.
    pub executor: Arc<Executor>,
    /// Reads the forge.
    pub poller: Arc<Mutex<Poller>>,
    /// The schedules.
    pub cron: CronSource,
    /// The moment.
    pub clock: Clock,
    /// Where workspaces are, for the nightwatch.
    pub work_dir: PathBuf,
    /// Looks at what new work needs of this machine; `Some` says why there is none.
    pub fit: Fit,
    /// What sweeps orphans and looks at providers beside the loop, as long as it lasts.
    pub beside: [AbortOnDropHandle<()>; 2],
    /// The longest that an event held the loop.
    pub longest: Duration,
    /// Reads the config again.
    pub reload: Reload,
    /// Looks whether the routing files were changed.
    pub changed: Changed,
    /// SIGHUP.
    pub hups: mpsc::Receiver<()>,
    /// Somebody says that the forge has news.
    pub nudge: Arc<Notify>,
    /// SIGTERM, SIGINT.
    pub stops: mpsc::Receiver<()>,
    /// Questions of operators.
    pub asks: mpsc::Receiver<Ask>,
    /// Events of the tasks that the loop started.
    pub events: mpsc::Receiver<Event>,
    /// Where those tasks send them.
    pub sender: mpsc::Sender<Event>,
}

impl Loop {
    /// Runs until stopped.
    pub async fn run(mut self, mut report: Box<dyn Report>) {
        let mut tick = ticking(Instant::now(), self.state.settings.schedule.tick);
        let mut pulse = tokio::time::interval(report.every());
        pulse.set_missed_tick_behavior(MissedTickBehavior::Skip);
        // This start read it whole, whatever a former one was refused.
        self.config_alert(None);
        loop {
            let next_wake = self.next_wake();
            let event = tokio::select! {
                biased;
                Some(batch) = self.committed.recv() => Event::Committed(batch),
                Some(()) = self.stops.recv() => { report.stopping(); Event::Stop }
                Some(ask) = self.asks.recv() => { self.answer(ask); continue }
                Some(()) = self.hups.recv(), if self.state.stage == Stage::Working => {
                    report.reloading();
                    Event::Reload
                }
                _ = pulse.tick() => { report.alive(&self.status()); continue }
                Some(event) = self.events.recv() => event,
                () = self.nudge.notified() => Event::Nudge,
                _ = tick.tick() => Event::Tick,
                () = tokio::time::sleep_until(next_wake) => self.wake(),
            };
            let began = Instant::now();
            let (reloaded, what) = (matches!(event, Event::Reloaded(_)), event.word());
            let over = self.step(event);
            let held = began.elapsed();
            if held > self.longest {
                self.longest = held;
                tracing::debug!(target: "adf::loop", what, micros = micros(held), "the longest hold so far");
            }
            if over {
                tracing::info!(target: "adf::loop", longest_stall_us = micros(self.longest), "the loop is over");
                return;
            }
            if reloaded {
                let period = self.state.settings.schedule.tick;
                tick = ticking(Instant::now() + period, period);
                report.reloaded();
            }
        }
    }

    /// Handles one event; true when the loop is over.
    fn step(&mut self, event: Event) -> bool {
        let now = self.clock.now();
        let durable = std::iter::from_fn(|| self.committed.try_recv().ok());
        let todo = self.state.handle(event, durable, now);
        let mut over = false;
        for task in todo {
            over |= task == Do::Leave;
            self.perform(task);
        }
        over
    }

    fn next_wake(&self) -> Instant {
        let now = self.clock.now();
        // On its way out nothing is planned, and a slot that is due would spin the loop.
        let working = self.state.stage == Stage::Working;
        let moments = [self.state.wake_at, self.cron.next()];
        let next = moments.into_iter().flatten().filter(|_| working).min();
        let wait = next.map_or(SLEEP_MAX, |at| at.since(now).min(SLEEP_MAX));
        #[expect(
            clippy::disallowed_methods,
            reason = "the runtime's own timer, not a fact"
        )]
        let at = std::time::Instant::now() + wait;
        at.into()
    }

    fn wake(&mut self) -> Event {
        let now = self.clock.now();
        if self.state.wake_at.is_some_and(|at| at <= now) {
            self.state.wake_at = None;
        }
        if self.state.stage == Stage::Working {
            let fires = self.cron.due(now);
            if !fires.is_empty() {
                self.commit_facts(fires);
            }
        }
        Event::Wake
    }

    fn commit_facts(&self, facts: Vec<Change>) {
        let ledger = self.ledger.clone();
        tokio::spawn(async move {
            if let Err(error) = ledger.commit(facts).await {
                tracing::error!(target: "adf::ledger", %error, "a fact could not be written");
            }
        });
    }

    fn perform(&mut self, task: Do) {
        match task {
            Do::Commit(changes) => {
                let ledger = self.ledger.clone();
                let lost = Event::PlanCommitted(Err("the commit panicked".to_owned()));
                self.spawn(lost, async move {
                    let result = ledger.commit(changes).await;
                    Event::PlanCommitted(result.map_err(|e| e.to_string()))
                });
            }
            Do::Start(job) => {
                let executor = self.executor.clone();
                let key = job.effect.key.clone();
                self.spawn(Event::EffectOver(key.clone()), async move {
                    executor.execute(*job).await;
                    Event::EffectOver(key)
                });
            }
            Do::Void(key, tries, reason) => {
                let ledger = self.ledger.clone();
                self.spawn(Event::EffectOver(key.clone()), async move {
                    let state = EffectState::Void { reason };
                    let change = Change::EffectState {
                        key: key.clone(),
                        tries,
                        state,
                    };
                    if let Err(error) = ledger.commit(vec![change]).await {
                        tracing::error!(target: "adf::ledger", %error, %key, "could not void");
                    }
                    Event::EffectOver(key)
                });
            }
            Do::Poll => self.poll(),
            Do::Watch => self.watch(),
            Do::Reload => {
                let reload = self.reload.clone();
                let lost = Event::Reloaded(Err("reading the config panicked".to_owned()));
                self.spawn(lost, async move {
                    let read = tokio::task::spawn_blocking(move || reload()).await;
                    Event::Reloaded(read.unwrap_or_else(|e| Err(e.to_string())))
                });
            }
            Do::Adopt => self.adopt(),
            Do::ConfigAlert(why) => self.config_alert(why),
            Do::StopRun(run) => self.executor.outside.stop_run(&run),
            Do::AllowRuns => self.executor.outside.allow_runs(),
            Do::StopRuns => self.executor.outside.stop_runs(),
            Do::KillRuns => self.executor.outside.kill_runs(),
            Do::Leave => {}
        }
    }

    /// The state's settings are put in force wherever others were kept.
    fn adopt(&mut self) {
        let settings = self.state.settings.clone();
        let now = self.clock.now();
        let fires = self.cron.due(now);
        if !fires.is_empty() {
            self.commit_facts(fires);
        }
        match CronSource::new(&settings, now) {
            Ok(cron) => self.cron = cron,
            Err(error) => {
                tracing::error!(target: "adf::config", %error, "the schedules stay as they were");
            }
        }
        self.executor.who.settings.set(settings);
        tracing::info!(target: "adf::config", "the config was read again and is in force");
    }

    fn config_alert(&self, why: Option<String>) {
        if let Some(why) = &why {
            tracing::error!(target: "adf::config", "the config is refused, the last good one stays: {why}");
        }
        let alerts = &self.state.world.alerts;
        let fact = nightwatch::config(alerts, why.as_deref(), self.clock.now());
        if let Some(fact) = fact {
            self.commit_facts(vec![fact]);
        }
    }

    /// Runs slow work in a task whose end is an event, `fallback` if it panics.
    fn spawn(&self, fallback: Event, work: impl Future<Output = Event> + Send + 'static) {
        let sender = self.sender.clone();
        tokio::spawn(async move {
            let event = match tokio::spawn(work).await {
                Ok(event) => event,
                Err(error) => {
                    tracing::error!(%error, ?fallback, "a task of the loop panicked");
                    fallback
                }
            };
            if sender.send(event).await.is_err() {
                tracing::debug!("the loop is gone; its event is dropped");
            }
        });
    }

    fn poll(&self) {
        let poller = self.poller.clone();
        let settings = self.state.settings.clone();
        let lost = Event::Polled(Err("the poll panicked".to_owned()));
        self.spawn(lost, async move {
            let mut poller = poller.lock().await;
            poller.obey(&settings);
            let result = match tokio::time::timeout(POLL_MAX, poller.poll()).await {
                Ok(result) => result.map_err(|e| e.to_string()),
                Err(_) => Err(format!(
                    "reading the forge took over {} s",
                    POLL_MAX.as_secs()
                )),
            };
            if let Err(error) = &result {
                tracing::warn!(target: "adf::sense", error, "the forge could not be read");
            }
            Event::Polled(result)
        });
    }

    fn watch(&self) {
        let runs = nightwatch::watched(&self.state.world, &self.work_dir);
        let after = self.state.settings.nightwatch.stalled_after;
        let now = self.clock.now();
        let raised_before: Vec<String> = self
            .state
            .world
            .alerts
            .values()
            .filter(|a| a.cleared_at.is_none())
            .map(|a| a.cause.clone())
            .collect();
        let world_alerts = self.state.world.alerts.clone();
        let repository = self.state.world.repository.as_ref();
        let blocker = repository.and_then(Repository::blocker);
        let unanswered = nightwatch::unanswered(&self.state.world, now);
        let away = self.state.forge_away;
        let away = away.zip(self.state.forge_trouble.as_deref());
        let folds = nightwatch::folds(&self.state.world, &self.state.settings, away, now);
        let began = self.state.world.cursors.get(LISTEN_FROM).copied();
        let backups = (self.state.settings.backup_max_age, began);
        let (fit, ledger) = (self.fit.clone(), self.ledger.clone());
        let (changed, sender) = (self.changed.clone(), self.sender.clone());
        let settings = self.state.settings.clone();
        let lost = Event::Watched {
            unfit: Some("the watch panicked".to_owned()),
        };
        self.spawn(lost, async move {
            let seen = tokio::task::spawn_blocking(move || {
                let stalled = nightwatch::stalled(&runs, after, now);
                let last = BackupTrace::read(&settings.state_dir);
                (stalled, fit(&settings), changed(&settings), last)
            });
            let (mut stalled, unfit, changed, last) = match seen.await {
                Ok(seen) => seen,
                Err(error) => (Vec::new(), Some(format!("the watch failed: {error}")), false, None),
            };
            if changed {
                tracing::info!(target: "adf::config", "the routing files were changed: they are read again, with the config");
                // A full line means a reload is on its way or will be asked for; the loop is gone otherwise.
                let _ = sender.send(Event::Reload).await;
            }
            stalled.extend(unanswered);
            let mut facts = nightwatch::mended(&world_alerts, &stalled, now);
            facts.extend(stalled.into_iter().filter(
                |c| !matches!(c, Change::Alert(a) if raised_before.contains(&a.cause)),
            ));
            facts.extend(nightwatch::standing(
                &world_alerts,
                unfit.as_deref(),
                blocker.as_deref(),
                now,
            ));
            facts.extend(folds);
            facts.extend(nightwatch::backup(&world_alerts, backups, last.as_ref(), now));
            for fact in &facts {
                if let Change::Alert(alert) = fact {
                    let over = alert.cleared_at.is_some();
                    tracing::warn!(target: "adf::alert", cause = alert.cause, over, "{}", alert.text);
                }
            }
            let lost = if facts.is_empty() { None } else { ledger.commit(facts).await.err() };
            let unfit = unfit.or_else(|| lost.map(|e| e.to_string()));
            Event::Watched { unfit }
        });
    }
}

pub(super) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// A tick that leaves out what it missed.
fn ticking(start: Instant, period: Duration) -> Interval {
    let mut tick = tokio::time::interval_at(start, period);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    tick
}
