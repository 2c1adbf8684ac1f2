//! The composition root: the only place where adapters meet.
//!
//! Invariant: nothing is started before the config is whole, the ledger is
//! locked and migrated, and what a former start left open is proven over.
//! [`greet`] meets the forge, [`grounds`] clears the folders of git.

mod greet;
mod grounds;

use crate::act::{Executor, Identity, Machine, Tools, disk};
use crate::clock::Clock;
use crate::config::{Config, SecretSource};
use crate::forge::{Client, ForgeConfig};
use crate::mention::marker::MarkerKey;
use crate::model::{Time, settings::Settings};
use crate::reconcile::{Event, Loop, Report, State, run::EVENTS_MAX};
use crate::redact::Redactor;
use crate::sense::{CronSource, Poller, Sources, Wiring};
use crate::store::{self, StoreError};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};
use {greet::greet, grounds::Grounds};

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
    /// A former run is not over.
    #[error(transparent)]
    Recover(#[from] crate::act::recover::RecoverError),
    /// The key of the marks is too short.
    #[error(transparent)]
    Key(#[from] crate::mention::marker::WeakKey),
    /// A schedule.
    #[error(transparent)]
    Schedule(#[from] crate::schedule::ScheduleError),
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
    pub ask: mpsc::Sender<crate::reconcile::run::Ask>,
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

/// Reads the secrets of a config: the forge's token.
///
/// # Errors
/// With the source and the remedy, never the value.
pub fn token(config: &Config) -> Result<SecretString, AppError> {
    Ok(config.secrets.token.read()?)
}

/// Reads the keys of a config's providers, by the provider's name.
///
/// # Errors
/// As [`token`].
pub fn keys(config: &Config) -> Result<BTreeMap<String, SecretString>, AppError> {
    let sources = config.secrets.keys.iter();
    sources
        .map(|(name, source)| Ok((name.clone(), source.read()?)))
        .collect()
}

/// The key of the marks: made at the first start where it is a file of our own.
fn marker_key(config: &Config) -> Result<SecretString, AppError> {
    Ok(match &config.secrets.marker_key {
        SecretSource::File { path } => store::marker_key(path)?,
        source => source.read()?,
    })
}

/// A client for the config's forge.
///
/// # Errors
/// When the URL or the token cannot be used at all.
pub fn client(config: &Config, token: SecretString, clock: &Clock) -> Result<Client, AppError> {
    let forge = &config.settings.forge;
    let wanted = ForgeConfig {
        url: forge.url.clone(),
        owner: forge.owner.clone(),
        repo: forge.repo.clone(),
        token,
        concurrency: forge.concurrency,
        user_agent: concat!("adf/", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    Client::new(wanted, clock.clone()).map_err(|e| AppError::Forge(e.to_string()))
}

/// Puts a factory together.
///
/// # Errors
/// Everything that a start can stumble over, each with its remedy.
pub async fn build(config: &Config, start: Start) -> Result<Factory, AppError> {
    let settings = Arc::new(config.settings.clone());
    let (token, keys) = (token(config)?, keys(config)?);
    let client = client(config, token.clone(), &start.clock)?;
    let state_dir = &settings.state_dir;
    let opened = store::open(state_dir, start.clock.clone())?;
    let key_text = marker_key(config)?;
    let key = Arc::new(MarkerKey::new(key_text.expose_secret().as_bytes())?);
    let (me, repo) = greet(&client, &*start.waiting).await?;
    let secrets: Vec<SecretString> = keys.values().chain([&token, &key_text]).cloned().collect();

    let (sender, events) = mpsc::channel(EVENTS_MAX);
    let (stop, stops) = mpsc::channel(STOPS_MAX);
    let (ask, asks) = mpsc::channel(ASKS_MAX);
    let grounds = Grounds::prepare(&settings, &token).await?;
    let work_dir = state_dir.join("work");
    let who = Arc::new(Identity {
        settings: settings.clone(),
        key: key.clone(),
        factory: opened.factory.clone(),
        me: me.clone(),
        repo,
        redactor: Redactor::new(&secrets),
    });
    let tools = Tools {
        client: client.clone(),
        ledger: opened.ledger.clone(),
        clock: start.clock.clone(),
        git: grounds.git,
        mirror: grounds.mirror,
        workspaces: grounds.workspaces,
        deliver: grounds.deliver,
        runs_dir: state_dir.join("runs"),
        adf: start.adf,
        environment: crate::config::passed_on(&settings.walls.environment),
        keys,
        run_over: run_over(sender.clone()),
    };
    let machine = Arc::new(Machine::new(who.clone(), tools));
    let executor = Arc::new(Executor::new(who, machine));
    executor.recover(&opened.world).await?;
    let wiring = Wiring {
        sources: Sources {
            client,
            ledger: opened.ledger.clone(),
            clock: start.clock.clone(),
        },
        key,
        me,
        since: start.since,
        narrowed: !settings.mentions.allow.is_empty(),
    };
    let poller = Poller::new(wiring, &opened.world);
    let cron = CronSource::new(&settings, start.clock.now())?;
    let main = Loop {
        fit: fit(&settings),
        state: State::new(opened.world, settings, opened.factory),
        ledger: opened.ledger,
        committed: opened.committed,
        executor,
        poller: Arc::new(Mutex::new(poller)),
        cron,
        clock: start.clock,
        work_dir,
        stops,
        asks,
        events,
        sender,
    };
    Ok(Factory { main, stop, ask })
}

/// Wakes the loop when a run is over.
fn run_over(over: mpsc::Sender<Event>) -> Arc<dyn Fn() + Send + Sync> {
    Arc::new(move || {
        let over = over.clone();
        tokio::spawn(async move { over.send(Event::RunOver).await });
    })
}

/// Says why no new work may start on this machine.
fn fit(settings: &Settings) -> Arc<dyn Fn() -> Option<String> + Send + Sync> {
    let (dir, wanted) = (settings.state_dir.clone(), settings.limits.disk_free_bytes);
    Arc::new(move || disk_trouble(&dir, wanted))
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
