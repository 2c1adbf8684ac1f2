//! The secrets that a config names, read once at the start, and the redactor of them all.
//!
//! Invariant: whatever is read here is known to the redactor before anything is said.

use super::AppError;
use super::hook::Hook;
use crate::config::{Config, SecretSource};
use crate::courier::Address;
use crate::mention::marker::MarkerKey;
use crate::redact::Redactor;
use crate::store;
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use std::sync::Arc;

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

/// Reads where the webhooks of a config's sinks are, by the sink's name.
///
/// # Errors
/// As [`token`].
pub fn addresses(config: &Config) -> Result<BTreeMap<String, Address>, AppError> {
    let sinks = config.secrets.sinks.iter();
    sinks
        .map(|(name, source)| {
            let url = source.url.read()?;
            let token = source.token.as_ref().map(SecretSource::read).transpose()?;
            Ok((name.clone(), Address { url, token }))
        })
        .collect()
}

/// The key of the marks: made at the first start where it is a file of our own.
pub(super) fn marker_key(config: &Config) -> Result<(SecretString, Arc<MarkerKey>), AppError> {
    let text = match &config.secrets.marker_key {
        SecretSource::File { path } => store::marker_key(path)?,
        source => source.read()?,
    };
    let key = MarkerKey::new(text.expose_secret().as_bytes())?;
    Ok((text, Arc::new(key)))
}

/// Takes every secret that the factory knows out of what it says.
pub(super) fn redactor<'a>(
    secrets: impl Iterator<Item = &'a SecretString>,
    hook: Option<&'a Hook>,
) -> Redactor {
    let secrets = secrets.chain(hook.map(|hook| &hook.secret));
    Redactor::new(&secrets.cloned().collect::<Vec<_>>())
}
