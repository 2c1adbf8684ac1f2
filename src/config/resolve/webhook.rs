//! `[webhook]`: where to listen for the forge's deliveries, and the secret's place.
//!
//! Invariant: an address that others can reach is taken only when a key says so
//! by name, and no address without a secret.

use super::Resolver;
use crate::config::raw_webhook::Webhook;
use crate::config::secret::SecretSource;
use url::{Host, Url};

/// The ways to say where the secret is, of which one.
const KEYS: [&str; 3] = ["secret_credential", "secret_env", "secret_file"];

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
        let secret = self.place("/webhook", KEYS, places);
        let Some(listen) = &raw.listen else {
            for key in KEYS.into_iter().chain(["beyond_loopback"]) {
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
}
