//! The composition root: the only place where adapters meet.
//!
//! Invariant: nothing is started before the config is whole, the ledger is
//! locked and migrated, and what a former start left open is proven over.

use crate::act::git::{Git, GitAuth, Remote, reap_orphans, remove_stale_locks};
use crate::act::{Executor, Tools, deliver::Deliver, disk, workspace};
use crate::clock::Clock;
use crate::config::{Config, SecretSource};
use crate::forge::{Client, ForgeConfig, ForgeError};
use crate::mention::marker::MarkerKey;
use crate::model::{Person, Time};
use crate::reconcile::{Event, Loop, Report, State, run::EVENTS_MAX};
use crate::redact::Redactor;
use crate::sense::{CronSource, Poller};
use crate::store::{self, Opened, StoreError};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};

/// Questions that may wait for the loop.
const ASKS_MAX: usize = 16;
/// Signals that may wait for the loop.
const STOPS_MAX: usize = 4;
/// The first wait when the forge cannot be reached at the start.
const FORGE_WAIT: Duration = Duration::from_secs(2);
/// The longest wait between two tries to reach the forge at the start.
const FORGE_WAIT_MAX: Duration = Duration::from_secs(60);

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
    let token = token(config)?;
    let keys = keys(config)?;
    let client = client(config, token.clone(), &start.clock)?;
    let state_dir = &settings.state_dir;
    let Opened {
        ledger,
        world,
        committed,
        factory,
        ..
    } = store::open(state_dir, start.clock.clone())?;
    let key_text = marker_key(config)?;
    let key = Arc::new(MarkerKey::new(key_text.expose_secret().as_bytes())?);
    let (me, repo) = greet(&client, &*start.waiting).await?;
    let mut secrets: Vec<SecretString> = keys.values().cloned().collect();
    secrets.extend([token.clone(), key_text]);
    let redactor = Redactor::new(&secrets);

    let (sender, events) = mpsc::channel(EVENTS_MAX);
    let (stop, stops) = mpsc::channel(STOPS_MAX);
    let (ask, asks) = mpsc::channel(ASKS_MAX);
    let over = sender.clone();
    let io = |what: &str| {
        let what = what.to_owned();
        move |source| AppError::Io { what, source }
    };
    let git = Git::new(state_dir.join("git-home"));
    let left = reap_orphans(&git)
        .await
        .map_err(io("git processes of a former start"))?;
    if left > 0 {
        tracing::warn!(target: "adf::start", left, "git processes of a former start were ended");
    }
    let url = format!(
        "{}/{}/{}.git",
        settings.forge.url, settings.forge.owner, settings.forge.repo
    );
    let remote = Remote::new(&url, Some(GitAuth::token(&token)))
        .map_err(|e| AppError::Forge(e.to_string()))?;
    let mirror = Arc::new(workspace::Mirror::new(git.clone(), state_dir, remote));
    let deliver = Deliver::new(git.clone(), state_dir, mirror.dir());
    for dir in [mirror.dir(), deliver.dir()]
        .into_iter()
        .filter(|dir| dir.exists())
    {
        remove_stale_locks(dir).map_err(io("locks of a former start"))?;
    }
    let work_dir = state_dir.join("work");
    let workspaces =
        workspace::Workspaces::new(git.clone(), state_dir, mirror.clone(), deliver.dir());
    let tools = Tools {
        client: client.clone(),
        ledger: ledger.clone(),
        clock: start.clock.clone(),
        settings: settings.clone(),
        key: key.clone(),
        factory: factory.clone(),
        me: me.clone(),
        repo,
        redactor,
        git,
        mirror,
        workspaces,
        deliver,
        runs_dir: state_dir.join("runs"),
        adf: start.adf,
        environment: crate::config::passed_on(&settings.walls.environment),
        keys,
        run_over: Arc::new(move || {
            let over = over.clone();
            tokio::spawn(async move { over.send(Event::RunOver).await });
        }),
    };
    let executor = Arc::new(Executor::new(tools));
    executor.recover(&world).await?;
    let poller = Poller::new(
        client,
        ledger.clone(),
        start.clock.clone(),
        key,
        me,
        start.since,
        !settings.mentions.allow.is_empty(),
        &world,
    );
    let cron = CronSource::new(&settings, start.clock.now())?;
    let (dir, wanted) = (state_dir.clone(), settings.limits.disk_free_bytes);
    let main = Loop {
        state: State::new(world, settings, factory),
        ledger,
        committed,
        executor,
        poller: Arc::new(Mutex::new(poller)),
        cron,
        clock: start.clock,
        work_dir,
        fit: Arc::new(move || disk_trouble(&dir, wanted)),
        stops,
        asks,
        events,
        sender,
    };
    Ok(Factory { main, stop, ask })
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

/// Learns who the factory is and which repository it serves. What time can mend
/// is waited for, so that a forge that is down is no crash loop.
async fn greet(
    client: &Client,
    waiting: &(dyn Fn(&str) + Send),
) -> Result<(Person, crate::model::RepoId), AppError> {
    let mut wait = FORGE_WAIT;
    loop {
        match meet(client).await {
            Ok(met) => return Ok(met),
            Err(Meeting::Never(why)) => return Err(AppError::Forge(why)),
            Err(Meeting::Later(why)) => {
                waiting(&format!("{why}; trying again in {} s", wait.as_secs()));
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(FORGE_WAIT_MAX);
            }
        }
    }
}

enum Meeting {
    Later(String),
    Never(String),
}

impl From<ForgeError> for Meeting {
    fn from(error: ForgeError) -> Meeting {
        match error {
            ForgeError::Transport { .. }
            | ForgeError::RateLimited { .. }
            | ForgeError::Server { .. }
            | ForgeError::BreakerOpen { .. } => Meeting::Later(error.to_string()),
            other => Meeting::Never(other.to_string()),
        }
    }
}

async fn meet(client: &Client) -> Result<(Person, crate::model::RepoId), Meeting> {
    let version = client.version().await?;
    version.supported().map_err(Meeting::Never)?;
    let me = client.me().await?;
    let repository = client.repository().await?;
    if let Some(remedy) = client.scopes().await?.remedy() {
        return Err(Meeting::Never(remedy));
    }
    Ok((me, repository.id))
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
