//! The forge, asked as the factory will ask it.
//!
//! Invariant: what comes first decides what else is asked: a forge that does not
//! answer is not asked ten times.

use super::push;
use super::unit::Unit;
use crate::config::{Config, SecretError, SecretSource, TOKEN_CREDENTIAL};
use crate::doctor::How;
use crate::forge::{
    Branch, Client, ForgeConfig, ForgeError, Hook, IssueItem, Label, Limits, Scopes, Version,
};
use crate::model::notify::Way;
use crate::model::{Person, Repository, Time};
use crate::store;
use secrecy::SecretString;
use std::time::Duration;

/// Bounds of a client that somebody waits for.
fn limits() -> Limits {
    Limits {
        connect_timeout: Duration::from_secs(5),
        total_timeout: Duration::from_secs(15),
        read_tries: 2,
        longest_wait: Duration::from_secs(5),
        ..Limits::default()
    }
}

/// What the forge answered; `None` was not asked.
#[derive(Debug, Default)]
pub struct Seen {
    /// Why no client could be made, or the version.
    pub version: Option<Result<Version, ForgeError>>,
    /// Its moment and ours.
    pub times: Option<(Time, Time)>,
    /// What the token lacks.
    pub scopes: Option<Result<Scopes, ForgeError>>,
    /// Whose the token is.
    pub me: Option<Result<Person, ForgeError>>,
    /// Who has spoken for the factory so far.
    pub account: Option<Person>,
    /// The repository.
    pub repository: Option<Result<Repository, ForgeError>>,
    /// The branch that pull requests go to, by name.
    pub base: Option<(String, Result<Option<Branch>, ForgeError>)>,
    /// The repository's labels.
    pub labels: Option<Result<Vec<Label>, ForgeError>>,
    /// Its webhooks, where the config takes deliveries.
    pub hooks: Option<Result<Vec<Hook>, ForgeError>>,
    /// The standing issues of agents with a schedule.
    pub standing: Vec<(String, u64, Result<Option<IssueItem>, ForgeError>)>,
    /// The issues that sinks of `[notify]` write on.
    pub sinks: Vec<(String, u64, Result<Option<IssueItem>, ForgeError>)>,
    /// A push.
    pub push: Option<push::Tried>,
}

/// The token, from where the config says, else from where the unit loads it.
///
/// # Errors
/// As reading it from the config's place.
pub fn token(config: &Config, unit: Option<&Unit>) -> Result<SecretString, SecretError> {
    secret(&config.secrets.token, unit)
}

/// A secret, from where the config says, else from where the unit loads it.
///
/// # Errors
/// As reading it from the config's place.
pub(super) fn secret(
    source: &SecretSource,
    unit: Option<&Unit>,
) -> Result<SecretString, SecretError> {
    let (read, Some(unit)) = (source.read(), unit) else {
        return source.read();
    };
    let credential = match source {
        SecretSource::Standard => unit.credential(TOKEN_CREDENTIAL),
        SecretSource::Credential { name, .. } => unit.credential(name),
        _ => None,
    };
    match (read, credential) {
        (Err(_), Some(path)) => SecretSource::File { path }.read(),
        (Err(SecretError::Unset { .. } | SecretError::Nowhere), None) => {
            source.read_with(|name| unit.environment.get(name).cloned())
        }
        (read, _) => read,
    }
}

/// A client whose patience is a person's.
///
/// # Errors
/// When the address or the token cannot be used at all.
pub fn client(config: &Config, how: &How, token: &SecretString) -> Result<Client, ForgeError> {
    let wanted = ForgeConfig::of(&config.settings.forge, token.clone());
    Client::with_limits(wanted, limits(), how.clock.clone())
}

/// Asks the forge.
pub async fn observe(config: &Config, how: &How, token: &SecretString) -> Seen {
    let mut seen = Seen::default();
    let client = match client(config, how, token) {
        Ok(client) => client,
        Err(error) => {
            seen.version = Some(Err(error));
            return seen;
        }
    };
    let version = client.version_and_time().await;
    let now = how.clock.now();
    seen.times = version.as_ref().ok().and_then(|(_, t)| Some(((*t)?, now)));
    let version = version.map(|(version, _)| version);
    let goes_on = version.as_ref().is_ok_and(|v| v.supported().is_ok());
    seen.version = Some(version);
    if !goes_on {
        return seen;
    }
    let me = client.me().await;
    let is_known = !matches!(me, Err(ForgeError::Unauthorized { .. }));
    seen.me = Some(me);
    seen.account = store::account(&config.settings.state_dir);
    if !is_known {
        return seen;
    }
    seen.scopes = Some(client.scopes().await);
    seen.repository = Some(client.repository().await);
    if let Some(Ok(repository)) = &seen.repository {
        let repository = repository.clone();
        within(&mut seen, config, how, &client, token, &repository).await;
    }
    seen
}

/// What can be asked of a repository that is there.
async fn within(
    seen: &mut Seen,
    config: &Config,
    how: &How,
    client: &Client,
    token: &SecretString,
    repository: &Repository,
) {
    let base = config.settings.delivery.base.clone();
    let base = base.unwrap_or_else(|| repository.default_branch.clone());
    if !base.is_empty() && !repository.empty {
        let branch = client.branch(&base).await;
        seen.base = Some((base, branch));
    }
    seen.labels = Some(client.labels().await);
    if config.webhook.is_some() {
        seen.hooks = Some(client.hooks().await);
    }
    for agent in config.settings.agents.values() {
        // One that the config does not name is opened by the factory.
        if let Some(number) = agent.cron.as_ref().and_then(|cron| cron.issue) {
            let issue = client.issue(number).await;
            seen.standing.push((agent.name.to_string(), number, issue));
        }
    }
    for (name, sink) in &config.settings.notify.sinks {
        if let Way::Issue {
            number: Some(number),
        } = sink.by
        {
            let issue = client.issue(number).await;
            seen.sinks.push((name.clone(), number, issue));
        }
    }
    let head = seen
        .base
        .as_ref()
        .and_then(|(_, b)| b.as_ref().ok()?.as_ref());
    if let Some(head) = head.filter(|_| how.probes && repository.blocker().is_none()) {
        seen.push = Some(push::observe(config, client, token, &head.sha).await);
    }
}
