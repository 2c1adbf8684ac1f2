//! The composition root: the only place where adapters meet.
//!
//! Invariant: nothing is started before the config is whole, the ledger is
//! locked and migrated, and what a former start left open is proven over.
//! [`greet`] meets the forge, [`grounds`] clears the folders of git,
//! [`hook`] takes webhooks, [`reload`] reads the config again, [`secrets`] reads what it names.

mod greet;
mod grounds;
mod hook;
pub mod reload;
mod secrets;

use crate::act::supervise::{self, Given, SuperviseError};
use crate::act::{Executor, Identity, Machine, Tools, disk, orphans, providers};
use crate::clock::Clock;
use crate::config::Config;
use crate::courier::{Address, Courier};
use crate::forge::{Client, ForgeConfig};
use crate::mention::marker::MarkerKey;
use crate::model::{Person, RepoId, Time, World, settings::Settings};
use crate::reconcile::{Ask, Event, Loop, Report, State, run::EVENTS_MAX, run::Fit};
use crate::sense::webhook::check::WeakSecret;
use crate::sense::{CronSource, Poller, Sources, Wiring, poll::SCANNED};
use crate::store::{self, Ledger, Opened, StoreError};
use secrecy::SecretString;
pub use secrets::{addresses, keys, token};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Notify, mpsc};
use tokio_util::task::AbortOnDropHandle;
use {greet::greet, grounds::Grounds, hook::Hook};
use {secrets::marker_key, secrets::redactor};

/// Questions that may wait for the loop.
const ASKS_MAX: usize = 16;
/// Signals that may wait for the loop.
const STOPS_MAX: usize = 4;
/// Why the factory cannot run.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A secret cannot be read.
    #[error(transparent)]
    Secret(#[from] crate::config::SecretError),
    /// The ledger.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The forge says no, and time does not mend it.
    #[error("{0}")]
    Forge(String),
    /// The forge does not answer, or not as it should; time may mend it.
    #[error("{0}")]
    Away(String),
    /// A former run is not over.
    #[error(transparent)]
    Recover(#[from] crate::act::recover::RecoverError),
    /// The key of the marks is too short.
    #[error(transparent)]
    Key(#[from] crate::mention::marker::WeakKey),
    /// The webhook's secret is too short.
    #[error(transparent)]
    Webhook(#[from] WeakSecret),
    /// A schedule.
    #[error(transparent)]
    Schedule(#[from] crate::schedule::ScheduleError),
    /// Nobody could be told anything by a webhook.
    #[error("`[notify]`: {0}")]
    Courier(String),
    /// The walls that the config asks for cannot be built.
    #[error("agents cannot be confined here: {0}")]
    Walls(String),
    /// The walls cannot be tried.
    #[error(transparent)]
    Supervise(#[from] SuperviseError),
    /// Something of this machine.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
}

impl AppError {
    fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> AppError {
        move |source| AppError::Io {
            what: what.to_owned(),
            source,
        }
    }
}

/// A factory ready to run, and the ways to talk to it.
pub struct Factory {
    /// The loop.
    pub main: Loop,
    /// Ask it to stop; a second time: to hurry.
    pub stop: mpsc::Sender<()>,
    /// Ask it a question.
    pub ask: mpsc::Sender<Ask>,
    /// Have it read its config again.
    pub hup: mpsc::Sender<()>,
    /// Takes the forge's deliveries until it is dropped, where the config says so.
    pub webhook: Option<AbortOnDropHandle<()>>,
}

/// What a start may be told besides the config.
pub struct Start {
    /// Where a new ledger begins to listen; `None`: now.
    pub since: Option<Time>,
    /// The moment.
    pub clock: Clock,
    /// The factory's own executable, for supervisors.
    pub adf: PathBuf,
    /// Says one line while the start waits for something.
    pub waiting: Box<dyn Fn(&str) + Send>,
}

/// A client for the config's forge.
///
/// # Errors
/// When the URL or the token cannot be used at all.
pub fn client(config: &Config, token: SecretString, clock: &Clock) -> Result<Client, AppError> {
    let wanted = ForgeConfig::of(&config.settings.forge, token);
    Client::new(wanted, clock.clone()).map_err(|e| AppError::Forge(e.to_string()))
}

/// Opens the ledger. With its ledger lost, a factory does not know what it sent a
/// moment ago: the forge is read only when that must have arrived, else it would
/// be done again.
async fn open(settings: &Settings, start: &Start) -> Result<Opened, AppError> {
    store::check_project(&settings.state_dir, &settings.project)?;
    let lived_before = settings.state_dir.join(store::FACTORY_FILE).exists();
    let opened = store::open(&settings.state_dir, start.clock.clone())?;
    store::claim_project(&settings.state_dir, &settings.project)?;
    if lived_before && !opened.world.cursors.contains_key(SCANNED) {
        let settle = settings.forge.settle;
        (start.waiting)(&format!(
            "the ledger is new and the factory is not; going on in {} s, when all that it sent before has arrived",
            settle.as_secs_f32()
        ));
        tokio::time::sleep(settle).await;
    }
    Ok(opened)
}

/// Puts a factory together.
///
/// # Errors
/// Everything that a start can stumble over, each with its remedy.
pub async fn build(config: &Config, start: Start) -> Result<Factory, AppError> {
    let settings = Arc::new(config.settings.clone());
    let (token, keys, addresses) = (token(config)?, keys(config)?, addresses(config)?);
    let client = client(config, token.clone(), &start.clock)?;
    let opened = open(&settings, &start).await?;
    let (key_text, key) = marker_key(config)?;
    let hook = Hook::read(config)?;
    let given = walls(&settings, &start).await?;
    let (me, repo) = known(&client, &settings, &start).await?;
    let told: Vec<SecretString> = addresses.values().flat_map(Address::secrets).collect();
    let redactor = redactor(
        keys.values().chain([&token, &key_text]).chain(&told),
        hook.as_ref(),
    );
    let courier = Courier::new(addresses).map_err(|e| AppError::Courier(e.to_string()))?;
    let lines = Lines::open();
    let nudge = Arc::new(Notify::new());
    let webhook = hook::listen(hook, repo, me.id, nudge.clone()).await?;
    let grounds = Grounds::prepare(&settings, &token).await?;
    let who = Arc::new(Identity {
        settings: settings.clone().into(),
        key: key.clone(),
        factory: opened.factory.clone(),
        me: me.clone(),
        repo,
        redactor,
    });
    let tools = tools(
        grounds,
        &client,
        (keys, given, courier),
        &opened.ledger,
        &start,
        &lines.sender,
        &settings,
    );
    let machine = Arc::new(Machine::new(who.clone(), tools));
    let executor = Arc::new(Executor::new(who, machine.clone()));
    executor.recover(&opened.world).await?;
    let sources = sources(client, &opened.ledger, &start.clock);
    let wiring = wiring(sources, key, me, start.since, &settings);
    let main = Loop {
        cron: CronSource::new(&settings, start.clock.now())?,
        fit: fit(machine.clone()),
        poller: Arc::new(Mutex::new(poller(wiring, &opened.world).await)),
        beside: beside(&machine, &opened.world),
        longest: Duration::ZERO,
        reload: reload::reload(config),
        changed: reload::changed(&config.settings),
        hups: lines.hups.1,
        nudge,
        work_dir: settings.state_dir.join("work"),
        state: State::new(opened.world, settings, opened.factory),
        ledger: opened.ledger,
        committed: opened.committed,
        executor,
        clock: start.clock,
        stops: lines.stops.1,
        asks: lines.asks.1,
        events: lines.events,
        sender: lines.sender,
    };
    Ok(Factory {
        main,
        stop: lines.stops.0,
        ask: lines.asks.0,
        hup: lines.hups.0,
        webhook,
    })
}

/// Who the factory is on the forge, if it is still the same, and its repository.
async fn known(
    client: &Client,
    settings: &Settings,
    start: &Start,
) -> Result<(Person, RepoId), AppError> {
    let (me, repo) = greet(client, &*start.waiting).await?;
    store::claim_account(&settings.state_dir, &me)?;
    Ok((me, repo))
}

/// The walls of this machine, when they will do for the config.
async fn walls(settings: &Settings, start: &Start) -> Result<Given, AppError> {
    let walls = &settings.walls;
    let given = supervise::given(&start.adf).await?;
    if let Some(reason) = given.refusal(walls.required, &walls.accept, walls.bubblewrap) {
        return Err(AppError::Walls(reason));
    }
    tracing::info!(target: "adf::start", walls = given.line(&walls.accept), "walls");
    Ok(given)
}

/// A poller that has written down where it listens from.
async fn poller(wiring: Wiring, world: &World) -> Poller {
    let mut poller = Poller::new(wiring, world);
    if let Err(error) = poller.begin().await {
        tracing::warn!(target: "adf::start", %error, "a new ledger listens from its first poll on");
    }
    poller
}

/// What a poller reads with.
fn wiring(
    sources: Sources,
    key: Arc<MarkerKey>,
    me: Person,
    since: Option<Time>,
    settings: &Settings,
) -> Wiring {
    Wiring {
        sources,
        key,
        me,
        since,
        narrowed: !settings.mentions.allow.is_empty(),
        ranked: settings.coordinator.is_on(),
        display: settings.status.names(),
    }
}

fn sources(client: Client, ledger: &Ledger, clock: &Clock) -> Sources {
    Sources {
        client,
        ledger: ledger.clone(),
        clock: clock.clone(),
    }
}

/// What goes on beside the loop, as long as it lasts.
fn beside(machine: &Arc<Machine>, world: &World) -> [AbortOnDropHandle<()>; 2] {
    let swept = tokio::spawn(orphans::keep_swept(machine.clone()));
    let looked = providers::keep_looked(machine.clone(), world.alerts.clone());
    [swept, tokio::spawn(looked)].map(AbortOnDropHandle::new)
}

/// The lines into the loop, both ends of each.
struct Lines {
    sender: mpsc::Sender<Event>,
    events: mpsc::Receiver<Event>,
    stops: (mpsc::Sender<()>, mpsc::Receiver<()>),
    hups: (mpsc::Sender<()>, mpsc::Receiver<()>),
    asks: (mpsc::Sender<Ask>, mpsc::Receiver<Ask>),
}

impl Lines {
    fn open() -> Lines {
        let (sender, events) = mpsc::channel(EVENTS_MAX);
        Lines {
            sender,
            events,
            stops: mpsc::channel(STOPS_MAX),
            hups: mpsc::channel(STOPS_MAX),
            asks: mpsc::channel(ASKS_MAX),
        }
    }
}

/// What runs on this machine work with.
fn tools(
    grounds: Grounds,
    client: &Client,
    (keys, given, courier): (BTreeMap<String, SecretString>, Given, Courier),
    ledger: &Ledger,
    start: &Start,
    over: &mpsc::Sender<Event>,
    settings: &Settings,
) -> Tools {
    Tools {
        client: client.clone(),
        ledger: ledger.clone(),
        clock: start.clock.clone(),
        courier,
        git: grounds.git,
        mirror: grounds.mirror,
        workspaces: grounds.workspaces,
        deliver: grounds.deliver,
        runs_dir: settings.state_dir.join("runs"),
        adf: start.adf.clone(),
        given,
        environment: crate::config::passed_on(&settings.walls.environment),
        keys,
        view: crate::decide::view::view,
        run_over: run_over(over.clone()),
    }
}

/// Wakes the loop when a run is over.
fn run_over(over: mpsc::Sender<Event>) -> Arc<dyn Fn() + Send + Sync> {
    Arc::new(move || {
        let over = over.clone();
        tokio::spawn(async move { over.send(Event::RunOver).await });
    })
}

/// Looks whether new work may start on this machine.
fn fit(machine: Arc<Machine>) -> Fit {
    Arc::new(move |s: &Settings| {
        let limits = &s.limits;
        disk_trouble(&s.state_dir, limits.disk_free_bytes)
            .or_else(|| orphans::trouble(&machine.swept.get(), limits.state_bytes))
    })
}

/// Why no new work may start on this disk.
fn disk_trouble(dir: &std::path::Path, wanted: u64) -> Option<String> {
    match disk::free_bytes(dir) {
        Ok(free) if free >= wanted => None,
        Ok(free) => Some(format!(
            "only {free} bytes are free at `{}`, {wanted} are wanted; free some, or lower `[limits] disk_free_bytes`",
            dir.display()
        )),
        Err(error) => Some(format!(
            "the disk of `{}` cannot be read: {error}",
            dir.display()
        )),
    }
}

/// A start that tells nobody about itself: in a terminal, in tests.
pub struct Plain;

impl Report for Plain {
    fn alive(&mut self, _status: &str) {}
    fn stopping(&mut self) {}
    fn every(&self) -> Duration {
        Duration::from_secs(10)
    }
}
