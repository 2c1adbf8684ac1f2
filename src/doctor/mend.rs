//! What is safe to mend, mended: a [`Mend`] → what was done.
//!
//! Invariant: only what a check named is touched; rights are only taken away, and
//! nothing is overwritten, closed or deleted.

use super::observe::{forge, unit};
use super::{How, Mend};
use crate::config::Config;
use crate::forge::NewHook;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

/// The colour of labels that are made.
const COLOR: &str = "8b5cf6";

/// Mends one thing.
///
/// # Errors
/// Why it could not be done, in one line.
pub async fn mend(config: &Config, how: &How, mend: &Mend) -> Result<(), String> {
    if let Mend::Mode { path, mode } = mend {
        let found = std::fs::metadata(path).map_err(|e| e.to_string())?;
        let kept = found.permissions().mode() & mode;
        return std::fs::set_permissions(path, Permissions::from_mode(kept))
            .map_err(|e| e.to_string());
    }
    let unit = unit::look(config, how);
    let token = forge::token(config, unit.as_ref()).map_err(|e| e.to_string())?;
    let client = forge::client(config, how, &token).map_err(|e| e.to_string())?;
    match mend {
        Mend::Mode { .. } => Ok(()),
        Mend::Label { name } => {
            let there = client.labels().await.map_err(|e| e.to_string())?;
            if there.iter().any(|label| label.name == *name) {
                return Ok(());
            }
            let made = client.create_label(name, COLOR).await;
            made.map(drop).map_err(|e| e.to_string())
        }
        Mend::Webhook { url } => {
            let Some(hook) = &config.webhook else {
                return Err("the config has no [webhook]".to_owned());
            };
            let secret = hook.secret.read().map_err(|e| e.to_string())?;
            let new = NewHook {
                url: url.clone(),
                secret,
            };
            let made = client.create_hook(&new).await;
            made.map(drop).map_err(|e| e.to_string())
        }
    }
}
