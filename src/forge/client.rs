//! The client of one repository: what it is made of and what can be asked of it.
//!
//! Invariant: the token travels in one sensitive header only; it is in no
//! address, no error and no `Debug`. How a call is sent is in `send`; what the
//! calls are is in the files named after their subjects.

use super::{
    Breaker, BreakerState, Endpoint, ForgeError, Limits, call::Call, meter::Meter, repo::Features,
    send,
};
use crate::{
    clock::Clock,
    model::{RepoId, settings::ForgeSettings},
};
use reqwest::{
    Url,
    header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue},
    redirect::Policy,
};
use secrecy::{ExposeSecret, SecretString};
use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::sync::Semaphore;

/// Idle connections are closed before a proxy does it in the middle of a write.
const POOL_IDLE: Duration = Duration::from_secs(15);

/// Which repository of which forge, and as whom.
#[derive(Clone, Debug)]
pub struct ForgeConfig {
    /// The forge's root, with its sub-path if it has one.
    pub url: String,
    /// The repository's owner.
    pub owner: String,
    /// The repository's name.
    pub repo: String,
    /// The token of the factory's own account.
    pub token: SecretString,
    /// Requests under way at the same time.
    pub concurrency: u32,
    /// How the factory names itself.
    pub user_agent: String,
}

impl ForgeConfig {
    /// The forge of a config, with its token.
    #[must_use]
    pub fn of(forge: &ForgeSettings, token: SecretString) -> ForgeConfig {
        ForgeConfig {
            url: forge.url.clone(),
            owner: forge.owner.clone(),
            repo: forge.repo.clone(),
            token,
            concurrency: forge.concurrency,
            user_agent: concat!("adf/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// A client of one repository; clones share everything.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) http: reqwest::Client,
    pub(crate) root: Url,
    pub(crate) owner: String,
    pub(crate) repo: String,
    pub(crate) full_name: String,
    pub(crate) token: SecretString,
    pub(crate) permits: Semaphore,
    pub(crate) breaker: Breaker,
    pub(crate) meter: Meter,
    pub(crate) limits: Limits,
    pub(crate) clock: Clock,
    /// The pinned repository; 0 until it is known.
    pub(crate) pinned: AtomicI64,
    pub(crate) features: Mutex<Option<Features>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("root", &self.inner.root.as_str())
            .field("repository", &self.inner.full_name)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client with the bounds of production.
    ///
    /// # Errors
    /// [`ForgeError::Unusable`] when the address, the names or the token cannot be used.
    pub fn new(config: ForgeConfig, clock: Clock) -> Result<Client, ForgeError> {
        Client::with_limits(config, Limits::default(), clock)
    }

    /// A client with other bounds.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with_limits(
        config: ForgeConfig,
        limits: Limits,
        clock: Clock,
    ) -> Result<Client, ForgeError> {
        let root = root(&config.url)?;
        for (key, name) in [("owner", &config.owner), ("repo", &config.repo)] {
            if name.is_empty() || name.contains('/') || name == "." || name == ".." {
                return Err(unusable(format!(
                    "`[gitea]` names the {key} `{name}`, which cannot be one; write `owner/name`"
                )));
            }
        }
        let http = http(&config, &limits)?;
        let permits = usize::try_from(config.concurrency.max(1)).unwrap_or(1);
        Ok(Client {
            inner: Arc::new(Inner {
                http,
                root,
                full_name: format!("{}/{}", config.owner, config.repo),
                owner: config.owner,
                repo: config.repo,
                token: config.token,
                permits: Semaphore::new(permits.min(Semaphore::MAX_PERMITS)),
                breaker: Breaker::new(&limits),
                meter: Meter::new(),
                limits,
                clock,
                pinned: AtomicI64::new(0),
                features: Mutex::new(None),
            }),
        })
    }

    /// Requests sent so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.inner.meter.total()
    }

    /// Requests sent so far, by endpoint; those never called are left out.
    #[must_use]
    pub fn requests_by_endpoint(&self) -> Vec<(Endpoint, u64)> {
        self.inner.meter.each()
    }

    /// What the breaker does at the moment.
    #[must_use]
    pub fn breaker(&self) -> BreakerState {
        self.inner.breaker.state(self.inner.clock.now())
    }

    /// The repository this client is pinned to, once known.
    #[must_use]
    pub fn pinned(&self) -> Option<RepoId> {
        let id = self.inner.pinned.load(Ordering::SeqCst);
        (id > 0).then_some(RepoId(id))
    }

    /// A call below the repository.
    pub(crate) fn call(&self, at: Endpoint, what: impl Into<String>, tail: &[&str]) -> Call {
        let mut segments = vec!["repos", &self.inner.owner, &self.inner.repo];
        segments.extend(tail);
        Call::new(at, what, &segments)
    }
}

fn http(config: &ForgeConfig, limits: &Limits) -> Result<reqwest::Client, ForgeError> {
    // Another part of the program may have installed it before; then there is nothing to do.
    let _already = rustls::crypto::ring::default_provider().install_default();
    let token = format!("token {}", config.token.expose_secret());
    let mut token = HeaderValue::from_str(&token).map_err(|_| {
        unusable("the token holds characters that a header cannot; it must be one line".to_owned())
    })?;
    token.set_sensitive(true);
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, token);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    reqwest::Client::builder()
        .default_headers(headers)
        .user_agent(&config.user_agent)
        .redirect(Policy::none())
        .referer(false)
        .no_proxy()
        .connect_timeout(limits.connect_timeout)
        .timeout(limits.total_timeout)
        .pool_idle_timeout(POOL_IDLE)
        .build()
        .map_err(|error| {
            unusable(format!(
                "no http client can be made: {}",
                send::chain(&error)
            ))
        })
}

fn root(text: &str) -> Result<Url, ForgeError> {
    // The address is not repeated: a password may be in it.
    let url = Url::parse(text).map_err(|error| {
        unusable(format!(
            "`[gitea] url` is not an address ({error}); write `https://host/`"
        ))
    })?;
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if !matches!(url.scheme(), "http" | "https") || !plain {
        return Err(unusable(
            "`[gitea] url` must be `http(s)://host[:port]/[path]`, without user, query or fragment"
                .to_owned(),
        ));
    }
    Ok(url)
}

fn unusable(what: String) -> ForgeError {
    ForgeError::Unusable {
        at: Endpoint::Version,
        what,
    }
}
