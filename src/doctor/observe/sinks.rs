//! The webhooks of `[notify]`, as far as they can be tried without telling anybody anything.
//!
//! Invariant: a connection is all that is made; an address is in no fact. The issues of
//! sinks are asked of the forge, with everything else that is there: [`super::forge`].

use super::forge::secret;
use super::unit::Unit;
use crate::config::{Config, SecretError};
use crate::courier::{self, Address, CourierError};
use crate::model::notify::Way;

/// What stands between a sink and its notices.
#[derive(Debug)]
pub enum Unreached {
    /// Its address or token cannot be read.
    Secret(SecretError),
    /// It cannot be reached.
    Courier(CourierError),
}

/// A sink's name, and whether notices could go there.
pub type Sink = (String, Result<(), Unreached>);

/// Looks at each webhook.
pub async fn observe(config: &Config, unit: Option<&Unit>) -> Vec<Sink> {
    let sinks = &config.settings.notify.sinks;
    let mut found = Vec::new();
    for (name, sink) in sinks {
        let Way::Webhook(how) = &sink.by else {
            continue;
        };
        let reached = match address(config, name, unit) {
            Some(Ok(address)) => courier::reach(&address, how).await,
            Some(Err(error)) => {
                found.push((name.clone(), Err(Unreached::Secret(error))));
                continue;
            }
            None => continue,
        };
        found.push((name.clone(), reached.map_err(Unreached::Courier)));
    }
    found
}

fn address(
    config: &Config,
    name: &str,
    unit: Option<&Unit>,
) -> Option<Result<Address, SecretError>> {
    let places = config.secrets.sinks.get(name)?;
    let token = places.token.as_ref().map(|place| secret(place, unit));
    let read = || {
        Ok(Address {
            url: secret(&places.url, unit)?,
            token: token.transpose()?,
        })
    };
    Some(read())
}
