//! The secrets that a config names → whether and how the unit passes each, read by the
//! reader that the factory uses.
//!
//! Invariant: what is kept is whether a secret can be used, never any part of it; a file
//! that this account may not read is not held against the unit.

use super::forge::secret;
use super::unit::Unit;
use super::unit_text::{variables, words};
use crate::config::{Config, SecretError, SecretSource, TOKEN_CREDENTIAL, TOKEN_VARIABLE};
use std::{collections::BTreeMap, fs};

/// How the unit passes a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// Which secret, as "the token".
    pub what: String,
    /// As what the config wants it, as "credential gitea-token".
    pub wanted: String,
    /// Whether it is the forge's token.
    pub is_token: bool,
    /// Whether a variable is wanted.
    pub is_variable: bool,
    /// How it comes.
    pub found: Found,
}

/// How a secret comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Not at all.
    Absent,
    /// As it should, as far as can be seen.
    Usable,
    /// It comes, and cannot be used: why.
    Unusable(String),
}

/// Looks at each secret that the unit has to pass.
#[must_use]
pub fn observe(config: &Config, unit: &Unit) -> Vec<Passed> {
    let named = named(config).into_iter();
    let passed = named.filter_map(|(what, source)| {
        let (wanted, found) = match source {
            SecretSource::File { .. } => return None,
            SecretSource::Credential { name, .. } => {
                (format!("credential {name}"), credential(unit, name))
            }
            SecretSource::Environment { name } => {
                (format!("variable {name}"), variable(unit, source, name))
            }
            SecretSource::Standard => {
                let wanted = format!("credential {TOKEN_CREDENTIAL}");
                match credential(unit, TOKEN_CREDENTIAL) {
                    Found::Absent => (wanted, variable(unit, source, TOKEN_VARIABLE)),
                    found => (wanted, found),
                }
            }
        };
        // What a shell's reading finds wrong too is said where that is judged.
        let is_said = matches!(found, Found::Unusable(_)) && secret(source, Some(unit)).is_err();
        (!is_said).then(|| Passed {
            is_token: std::ptr::eq(source, &raw const config.secrets.token),
            is_variable: matches!(source, SecretSource::Environment { .. }),
            what,
            wanted,
            found,
        })
    });
    passed.collect()
}

/// Every secret of a config, and what it is.
pub(super) fn named(config: &Config) -> Vec<(String, &SecretSource)> {
    let secrets = &config.secrets;
    let mut all = vec![
        ("the token".to_owned(), &secrets.token),
        ("the key of the marks".to_owned(), &secrets.marker_key),
    ];
    let keys = secrets.keys.iter();
    all.extend(keys.map(|(name, source)| (format!("the key of provider `{name}`"), source)));
    for (name, sink) in &secrets.sinks {
        all.push((format!("the address of sink `{name}`"), &sink.url));
        let token = sink.token.as_ref();
        all.extend(token.map(|token| (format!("the token of sink `{name}`"), token)));
    }
    let hook = config.webhook.as_ref();
    all.extend(hook.map(|hook| ("the webhook's secret".to_owned(), &hook.secret)));
    all
}

fn credential(unit: &Unit, name: &str) -> Found {
    match unit.credential(name) {
        Some(path) => usable(SecretSource::File { path }.read().err()),
        None if unit.has_credential(name) => Found::Usable,
        None => Found::Absent,
    }
}

fn variable(unit: &Unit, source: &SecretSource, name: &str) -> Found {
    match unit.environment.get(name) {
        Some(_) => {
            let passed = |name: &str| unit.environment.get(name).cloned();
            usable(source.read_with(passed).err())
        }
        None if unit.is_hidden => Found::Usable,
        None => Found::Absent,
    }
}

/// That a file is not there, open to others or not to be read here is judged with the unit's files.
fn usable(error: Option<SecretError>) -> Found {
    match error {
        Some(error @ SecretError::Unusable { .. }) => Found::Unusable(error.to_string()),
        _ => Found::Usable,
    }
}

/// The variables that a unit passes, and whether one of its files could not be looked into.
#[must_use]
pub fn environment(unit: &Unit) -> (BTreeMap<String, String>, bool) {
    let mut found = BTreeMap::new();
    for (_, value) in unit.settings.iter().filter(|(k, _)| k == "Environment") {
        let words = words(value);
        let pairs = words.iter().filter_map(|word| word.split_once('='));
        found.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    // What stands in files is stronger.
    let mut is_hidden = false;
    for (_, path) in unit.settings.iter().filter(|(k, _)| k == "EnvironmentFile") {
        match fs::read_to_string(path.trim_start_matches('-')) {
            Ok(text) => found.extend(variables(&text)),
            Err(error) => is_hidden |= error.kind() == std::io::ErrorKind::PermissionDenied,
        }
    }
    (found, is_hidden)
}
