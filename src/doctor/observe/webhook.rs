//! `[webhook]`: its secret, by the reader and the measure of `adf run`, and its address, by
//! taking it for a moment.
//!
//! Invariant: nothing that arrives meanwhile is read; the address is free again at once.

use super::forge::secret;
use super::unit::Unit;
use crate::config::{Config, SecretError};
use crate::sense::webhook::check::{Key, WeakSecret};

/// What was found.
#[derive(Debug)]
pub struct Webhook {
    /// Where the config listens.
    pub listen: String,
    /// Whether the secret can be had.
    pub secret: Result<Result<(), WeakSecret>, SecretError>,
    /// Whether the address can be taken.
    pub bound: Result<(), std::io::Error>,
}

/// Tries it, where the config names one.
pub async fn observe(config: &Config, unit: Option<&Unit>) -> Option<Webhook> {
    let hook = config.webhook.as_ref()?;
    let bound = tokio::net::TcpListener::bind(hook.listen.as_str()).await;
    Some(Webhook {
        listen: hook.listen.clone(),
        secret: secret(&hook.secret, unit).map(|secret| Key::new(secret).map(drop)),
        bound: bound.map(drop),
    })
}
