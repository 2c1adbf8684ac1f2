//! The embedded forge: a small Gitea-compatible world over real HTTP and git.
//!
//! People's deeds (`verbs`) and requests (`api`, `smart_http`) change one
//! `State`; `json` shows it as a recorded Gitea does; `faults` breaks answers
//! on demand; `views` lets a test look without HTTP. `demo_world` fills one for
//! the demo, `agent` is the scripted agent that works in it, and `child` a factory
//! that can be killed.
//!
//! Invariant: nothing here names the forge client: the shapes come from answers
//! recorded from a real server (`tests/data`, `scripts/record-forge`), so that
//! client and stand-in cannot share a mistake. It listens on loopback only.

pub mod agent;
mod answer;
mod api;
mod auth;
mod bare;
mod call;
pub mod child;
mod comments;
mod compare;
pub mod demo_world;
mod faults;
pub mod git;
mod hooks;
mod issues;
mod json;
mod labels;
mod links;
mod merge;
mod pages;
mod pulls;
mod repos;
mod reviews;
mod serve;
mod settings;
mod smart_http;
mod state;
mod statuses;
mod text;
mod verbs;
mod views;
mod wire;

pub use bare::Commit;
pub use faults::{Fault, FaultKind};
pub use serve::serve_until;
pub use settings::UserHandle;
pub use state::Permission;
pub use verbs::{Deed, Refused};
pub use views::{CommentView, IssueView, PullView};

use crate::{clock::Clock, model::Time};
use chrono::{DateTime, FixedOffset, Offset, SecondsFormat, Utc};
use state::State;
use std::{
    collections::{HashMap, VecDeque},
    io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Lines of the request log that are kept.
const REQUEST_LOG_LINES_MAX: usize = 100_000;

/// How to start a forge.
#[derive(Clone, Debug)]
pub struct ForgeOptions {
    /// Where the bare repositories live; made when missing.
    pub dir: PathBuf,
    /// Where to listen; `None` is a free port of 127.0.0.1. Must be loopback.
    pub bind: Option<SocketAddr>,
    /// What time it is there.
    pub clock: Clock,
    /// The server's zone, in minutes east of UTC.
    pub zone_offset_minutes: i32,
    /// What `GET /version` says.
    pub version: String,
}

impl ForgeOptions {
    /// A stock server of the recorded version, in UTC, by the machine's clock.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> ForgeOptions {
        ForgeOptions {
            dir: dir.into(),
            bind: None,
            clock: Clock::System,
            zone_offset_minutes: 0,
            version: "1.25.4".to_owned(),
        }
    }
}

/// One request as it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestLine {
    /// The method.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The status; 0 when the connection was dropped unanswered.
    pub status: u16,
}

#[derive(Debug, Default)]
struct Log {
    lines: VecDeque<RequestLine>,
    count: u64,
}

/// The key of a comparison: repository, base, head.
type CompareKey = (PathBuf, String, String);

/// What requests and verbs share.
struct Inner {
    state: Mutex<State>,
    log: Mutex<Log>,
    faults: Mutex<Vec<Fault>>,
    compared: Mutex<HashMap<CompareKey, Arc<compare::Compared>>>,
    dir: PathBuf,
    base: String,
    clock: Clock,
    zone: FixedOffset,
    version: String,
    viewer: String,
    stop: CancellationToken,
}

/// A running forge. Clones share it; it stops when the last one is dropped.
#[derive(Clone)]
pub struct Forge {
    inner: Arc<Inner>,
    _guard: Arc<DropGuard>,
}

impl std::fmt::Debug for Forge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Forge")
            .field("url", &self.inner.base)
            .finish_non_exhaustive()
    }
}

impl Forge {
    /// Starts listening and serves until stopped or dropped.
    ///
    /// # Errors
    /// When the address is not loopback or taken, or the directory cannot be made.
    pub async fn start(options: ForgeOptions) -> io::Result<Forge> {
        let address = options
            .bind
            .unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 0).into());
        if !address.ip().is_loopback() {
            return Err(io::Error::other(format!(
                "the embedded forge listens on loopback only, not on {address}"
            )));
        }
        std::fs::create_dir_all(&options.dir)?;
        let listener = tokio::net::TcpListener::bind(address).await?;
        let zone = FixedOffset::east_opt(options.zone_offset_minutes.saturating_mul(60));
        let stop = CancellationToken::new();
        let inner = Arc::new(Inner {
            state: Mutex::default(),
            log: Mutex::default(),
            faults: Mutex::default(),
            compared: Mutex::default(),
            dir: options.dir,
            base: format!("http://{}", listener.local_addr()?),
            clock: options.clock,
            zone: zone.unwrap_or_else(|| Utc.fix()),
            version: options.version,
            viewer: text::secret()?,
            stop: stop.clone(),
        });
        tokio::spawn(serve::serve(Arc::clone(&inner), listener));
        Ok(Forge {
            inner,
            _guard: Arc::new(stop.drop_guard()),
        })
    }

    /// Its address, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.inner.base
    }

    /// The address of a page that a browser may open: it carries the viewer's token.
    #[must_use]
    pub fn page(&self, path: &str) -> String {
        format!("{}{path}?token={}", self.inner.base, self.inner.viewer)
    }

    /// Stops listening; open connections are cut at their next request.
    pub fn stop(&self) {
        self.inner.stop.cancel();
    }

    /// The last requests, oldest first.
    #[must_use]
    pub fn request_log(&self) -> Vec<RequestLine> {
        lock(&self.inner.log).lines.iter().cloned().collect()
    }

    /// How many requests came in all.
    #[must_use]
    pub fn requests(&self) -> u64 {
        lock(&self.inner.log).count
    }

    /// Breaks the next matching answers.
    pub fn push_fault(&self, fault: Fault) {
        lock(&self.inner.faults).push(fault);
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        lock(&self.inner.faults).clear();
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn compared(&self) -> MutexGuard<'_, HashMap<CompareKey, Arc<compare::Compared>>> {
        lock(&self.compared)
    }

    fn note(&self, line: RequestLine) {
        let mut log = lock(&self.log);
        log.count += 1;
        if log.lines.len() >= REQUEST_LOG_LINES_MAX {
            log.lines.pop_front();
        }
        log.lines.push_back(line);
    }

    /// A moment as the server writes it: whole seconds, in its own zone.
    fn wire_time(&self, time: Time) -> String {
        let moment = DateTime::<Utc>::from_timestamp(time.seconds(), 0).unwrap_or_default();
        let moment = moment.with_timezone(&self.zone);
        moment.to_rfc3339_opts(SecondsFormat::Secs, true)
    }
}

/// A lock whose holder's panic does not end the world: rows are written whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
