//! The sinks of `[notify]`: whether operators can be told.
//!
//! Invariant: a sink that cannot work is an error, because whoever reads nothing there
//! believes that nothing is wrong.

use super::secret;
use crate::courier::CourierError;
use crate::doctor::observe::forge::Seen;
use crate::doctor::observe::sinks::{Sink, Unreached};
use crate::doctor::{About, Check};

/// The webhooks, judged.
#[must_use]
pub fn checks(sinks: &[Sink]) -> Vec<Check> {
    sinks
        .iter()
        .map(|(name, found)| webhook(name, found))
        .collect()
}

fn webhook(name: &str, found: &Result<(), Unreached>) -> Check {
    const ADDRESS: &str = "notify.address";
    const HOST: &str = "notify.host";
    match found {
        Ok(()) => Check::ok(
            About::Machine,
            HOST,
            format!("`{name}` takes connections; nobody was told anything"),
        ),
        Err(Unreached::Secret(error)) => {
            let remedy = format!("write there what [notify.sinks.{name}] names, with mode 0600");
            let mut check = secret(ADDRESS, error, &remedy, &remedy);
            check.found = format!("sink `{name}`: {}", check.found);
            check
        }
        Err(Unreached::Courier(CourierError::Final(why) | CourierError::Ambiguous(why))) => {
            Check::said(About::Config, ADDRESS, &format!("sink `{name}`: {why}"))
        }
        Err(Unreached::Courier(CourierError::Passing { reason, .. })) => {
            let found = format!("the host of sink `{name}` takes no connection: {reason}");
            let remedy = format!(
                "see that it runs and that this machine reaches it, or correct the address that [notify.sinks.{name}] names"
            );
            Check::error(About::Machine, HOST, found, remedy)
        }
    }
}

/// The issues that sinks write on, judged.
#[must_use]
pub fn issues(seen: &Seen) -> Vec<Check> {
    const NAME: &str = "notify.issue";
    let judged = seen.sinks.iter().map(|(name, number, issue)| match issue {
        Err(error) => Check::said(About::Forge, NAME, &error.to_string()),
        Ok(Some(item)) if item.issue.open => {
            let found = format!("sink `{name}` comments on #{number}");
            Check::ok(About::Forge, NAME, found)
        }
        Ok(Some(_)) => {
            let found = format!("sink `{name}` comments on #{number}, which is closed");
            let remedy = "open it again, so that it is found by whoever looks for it";
            Check::warning(About::Forge, NAME, found, remedy)
        }
        Ok(None) => {
            let found = format!("sink `{name}` would comment on #{number}, which does not exist");
            let remedy = format!(
                "open an issue and write its number into [notify.sinks.{name}], or take `number` out, and the factory opens one"
            );
            Check::error(About::Config, NAME, found, remedy)
        }
    });
    judged.collect()
}
