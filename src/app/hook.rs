//! `[webhook]` of the config → a desk that takes the forge's deliveries.
//!
//! Invariant: nothing listens unless the config names an address, and the secret
//! is strong before the address is taken.

use super::AppError;
use crate::config::{Config, WebhookSettings};
use crate::model::RepoId;
use crate::sense::webhook::{Bounds, Desk, check::Key};
use secrecy::SecretString;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::task::AbortOnDropHandle;

/// Where the config wants deliveries taken, and what signs them.
#[derive(Clone)]
pub(super) struct Hook {
    settings: WebhookSettings,
    pub secret: SecretString,
}

impl Hook {
    /// Reads the secret, where the config names a webhook.
    pub fn read(config: &Config) -> Result<Option<Hook>, AppError> {
        let Some(settings) = config.webhook.clone() else {
            return Ok(None);
        };
        let secret = settings.secret.read()?;
        Ok(Some(Hook { settings, secret }))
    }
}

/// Takes deliveries about `repo`, if there is a hook, until the handle is dropped.
pub(super) async fn listen(
    hook: Option<Hook>,
    repo: RepoId,
    me: i64,
    nudge: Arc<Notify>,
) -> Result<Option<AbortOnDropHandle<()>>, AppError> {
    let Some(Hook { settings, secret }) = hook else {
        return Ok(None);
    };
    let desk = Desk::new(Key::new(secret)?, repo, me, nudge, Bounds::default());
    let address = settings.listen;
    let listener = TcpListener::bind(address.as_str());
    let listener = listener.await.map_err(|source| AppError::Io {
        what: format!("`[webhook] listen` {address}"),
        source,
    })?;
    tracing::info!(target: "adf::webhook", address, "deliveries are taken");
    let serving = tokio::spawn(Arc::new(desk).serve(listener));
    Ok(Some(AbortOnDropHandle::new(serving)))
}
