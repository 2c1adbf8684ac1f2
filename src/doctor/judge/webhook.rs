//! `[webhook]`: whether `adf run` could take its address and believe what comes there.

use super::secret;
use crate::doctor::observe::{binary::Running, webhook::Webhook};
use crate::doctor::{About, Check};
use std::io::ErrorKind;

/// The webhook, judged; a factory that runs holds the address itself.
#[must_use]
pub fn checks(hook: &Webhook, running: Option<&Running>) -> Vec<Check> {
    vec![key(hook), address(hook, running)]
}

fn key(hook: &Webhook) -> Check {
    const NAME: &str = "webhook.secret";
    let make = "write there what the forge's webhook signs with, such as `openssl rand -hex 32` makes, with mode 0600";
    match &hook.secret {
        Ok(Ok(())) => Check::ok(About::Config, NAME, "it can be read, and is long enough"),
        Ok(Err(weak)) => Check::said(About::Config, NAME, &weak.to_string()),
        Err(error) => secret(NAME, error, make, make),
    }
}

fn address(hook: &Webhook, running: Option<&Running>) -> Check {
    const NAME: &str = "webhook.listen";
    let listen = &hook.listen;
    match (&hook.bound, running) {
        (Ok(()), _) => Check::ok(About::Machine, NAME, format!("{listen} is free")),
        (Err(error), Some(running)) if error.kind() == ErrorKind::AddrInUse => {
            let found = format!(
                "{listen} is taken, and the factory runs as process {}",
                running.pid
            );
            Check::ok(About::Machine, NAME, found)
        }
        (Err(error), _) => {
            let found = format!("{listen} cannot be listened on: {error}");
            let remedy =
                "end what holds it (`ss -ltnp` names it), or name another [webhook] listen";
            Check::error(About::Machine, NAME, found, remedy)
        }
    }
}
