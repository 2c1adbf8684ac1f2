//! `[webhook]` as written. See [`super::raw`] for what holds of all sections.
//!
//! Invariant: nothing is listened for unless an address is named, and nothing
//! without a secret is believed.

use super::raw::{CREDENTIAL, VARIABLE};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Deliveries of the forge's webhook: they only make the factory look at once instead of at the next tick. The secret comes from a systemd credential, an environment variable or a file, never from this file.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Webhook {
    /// Where to listen, an address and a port such as `127.0.0.1:8137`. Default: nowhere.
    #[schemars(length(min = 3, max = 100))]
    pub listen: Option<String>,
    /// The name of the systemd credential (`LoadCredential=NAME:PATH`) that holds the webhook's secret.
    #[schemars(regex(pattern = CREDENTIAL))]
    pub secret_credential: Option<String>,
    /// The name, without `$`, of the environment variable that holds the webhook's secret.
    #[schemars(regex(pattern = VARIABLE))]
    pub secret_env: Option<String>,
    /// A file of mode 0600 or stricter that holds the webhook's secret.
    #[schemars(length(min = 1, max = 1000))]
    pub secret_file: Option<PathBuf>,
    /// Take an address that others than this machine can reach. Put a proxy with TLS in front of a loopback address instead.
    pub beyond_loopback: bool,
}
