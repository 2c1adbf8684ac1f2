//! `[webhook]`: where to listen for the forge's deliveries, and the secret's place.
//!
//! Invariant: an address that others can reach is taken only when a key says so
//! by name, and no address without a secret.

use super::Resolver;
use crate::config::raw_webhook::Webhook;
use crate::config::secret::SecretSource;
use std::path::PathBuf;
use url::{Host, Url};

/// Where deliveries are taken, and what signs them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSettings {
    /// An address and a port.
    pub listen: String,
    /// The secret's place.
    pub secret: SecretSource,
}

impl Resolver<'_, '_> {
    pub(super) fn webhook(&mut self, raw: &Webhook) -> Option<WebhookSettings> {
        let places = (&raw.secret_credential, &raw.secret_env, &raw.secret_file);
        let secret = self.place("/webhook", "secret", places);
        let Some(listen) = &raw.listen else {
            let keys = [
                "secret_credential",
                "secret_env",
                "secret_file",
                "beyond_loopback",
            ];
            for key in keys {
                let pointer = format!("/webhook/{key}");
                if self.faults.doc.has(&pointer) {
                    let message = "has no effect without `listen`".to_owned();
                    let help = "add listen = \"127.0.0.1:8137\", or take the section out";
                    self.faults.key_error(&pointer, message, help);
                }
            }
            return None;
        };
        self.address(listen, raw.beyond_loopback);
        let Some(secret) = secret else {
            let message = "no secret is named, and unsigned deliveries are not taken";
            let help = "add secret_credential, secret_env or secret_file, and give the forge's webhook the same secret";
            self.faults.error("/webhook/listen", message, help);
            return None;
        };
        Some(WebhookSettings {
            listen: listen.clone(),
            secret,
        })
    }

    fn address(&mut self, listen: &str, beyond: bool) {
        let at = "/webhook/listen";
        let port = listen.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
        let host = Url::parse(&format!("http://{listen}/"));
        let host = host
            .ok()
            .filter(|url| url.path() == "/" && url.username().is_empty());
        let host = host.as_ref().and_then(Url::host);
        let loopback = match (host, port) {
            (Some(Host::Ipv4(address)), Some(Ok(_))) => address.is_loopback(),
            (Some(Host::Ipv6(address)), Some(Ok(_))) => address.is_loopback(),
            _ => {
                let message = format!("`{listen}` is not an address and a port");
                let help = "write it as 127.0.0.1:8137 or [::1]:8137";
                return self.faults.error(at, message, help);
            }
        };
        if !loopback && !beyond {
            let message = format!("`{listen}` can be reached from other machines");
            let help = "listen on 127.0.0.1 behind a proxy with TLS, or say beyond_loopback = true";
            self.faults.error(at, message, help);
        }
    }

    /// A secret's place, of which the config may name one; `None` when it names none.
    pub(super) fn place(
        &mut self,
        at: &str,
        what: &str,
        (credential, variable, file): (&Option<String>, &Option<String>, &Option<PathBuf>),
    ) -> Option<SecretSource> {
        let keys = ["credential", "env", "file"].map(|kind| format!("{what}_{kind}"));
        let named: Vec<&String> = keys
            .iter()
            .filter(|key| self.faults.doc.has(&format!("{at}/{key}")))
            .collect();
        for extra in named.iter().skip(1) {
            let first = named.first().unwrap_or(extra);
            self.faults.key_error(
                &format!("{at}/{extra}"),
                format!("the {what}'s place is named twice, by `{first}` and by `{extra}`"),
                format!("keep one of {what}_credential, {what}_env and {what}_file"),
            );
        }
        match (credential, variable, file) {
            (Some(name), _, _) => Some(SecretSource::Credential { name: name.clone() }),
            (_, Some(name), _) => Some(SecretSource::Environment { name: name.clone() }),
            (_, _, Some(path)) => Some(SecretSource::File {
                path: self.path(path, &format!("{at}/{what}_file")),
            }),
            (None, None, None) => None,
        }
    }
}
