//! The forge as it is now, beside what the ledger knows, for commands that touch nothing.
//!
//! Invariant: the ledger is copied to a temporary folder that goes with the answer, and
//! the forge is only read.

use super::complain_plainly;
use crate::app;
use crate::clock::Clock;
use crate::config::Config;
use crate::mention::marker::MarkerKey;
use crate::model::{FactoryId, Time, World};
use crate::sense::{Poller, SenseError, Sources, Wiring};
use crate::store::{self, StoreError};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// What was seen.
pub(super) struct Look {
    /// All that is known.
    pub world: World,
    /// Whose ledger it is.
    pub factory: FactoryId,
    /// Whether the forge could be read.
    pub polled: Result<(), SenseError>,
}

/// Says how far the reading of a whole forge is.
pub(super) fn progress(left: usize) {
    complain_plainly(&format!(
        "reading the forge: {left} known issues are still to be read"
    ));
}

/// Reads the forge once, or, with `progress`, until all open issues and what they wait
/// for are known; `progress` is told how many issues are still to be read.
pub(super) async fn look(
    config: &Config,
    since: Option<Time>,
    progress: Option<&(dyn Fn(usize) + Sync)>,
) -> Result<Look, app::AppError> {
    let clock = Clock::System;
    let token = app::token(config)?;
    let client = app::client(config, token, &clock)?;
    let io = |source| app::AppError::Io {
        what: "a temporary folder".to_owned(),
        source,
    };
    let scratch = tempfile::tempdir().map_err(io)?;
    match store::open_own(&config.settings.state_dir, &config.settings.project) {
        Ok(reader) => reader.copy_to(scratch.path())?,
        Err(StoreError::NoLedger { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let opened = store::open(scratch.path(), clock.clone())?;
    // Nobody drains it here, and a full channel would hold up commits.
    drop(opened.committed);
    // Without a key yet there are no marks of ours; a made-up one verifies none.
    let key = config.secrets.marker_key.read();
    let key = key.unwrap_or_else(|_| SecretString::from(format!("{:064x}", fastrand::u128(..))));
    let key = Arc::new(MarkerKey::new(key.expose_secret().as_bytes())?);
    let me = client.me().await.map_err(app::AppError::from)?;
    let wiring = Wiring {
        sources: Sources {
            client,
            ledger: opened.ledger.clone(),
            clock,
        },
        key,
        me,
        since,
        narrowed: !config.settings.mentions.allow.is_empty(),
        ranked: progress.is_some() || config.settings.coordinator.is_on(),
        display: config.settings.status.names(),
    };
    let mut poller = Poller::new(wiring, &opened.world);
    let mut polled = poller.poll().await;
    if let Some(progress) = progress {
        let mut before = None;
        while polled.is_ok() && !poller.knows_all() && before != Some(poller.left()) {
            before = Some(poller.left());
            progress(poller.unread());
            polled = poller.poll().await;
        }
    }
    let world = opened.ledger.read(|reader| reader.world()).await?;
    Ok(Look {
        world,
        factory: opened.factory,
        polled,
    })
}
