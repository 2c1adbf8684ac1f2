//! `[notify]` as written. See [`super::raw`] for what holds of all sections.
//!
//! Invariant: an address and a token are named by their places, never written
//! here; without a sink nobody is told anything but under the issues.

use super::raw::{CREDENTIAL, Span, VARIABLE};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Who is told besides the issues: of what needs a person at once, of what was done only in a digest.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Notify {
    /// What comes up within this time is told in one message.
    pub gather: Span,
    /// The least time between two messages of blockers to one sink; what comes up meanwhile is counted in the next.
    pub every: Span,
    /// When what was done is told, as a crontab line of five fields in the project's time zone. Default: never.
    #[schemars(length(min = 1, max = 200))]
    pub digest: Option<String>,
    /// Who is told, by name.
    #[schemars(length(max = 16))]
    pub sinks: BTreeMap<String, Sink>,
}

impl Default for Notify {
    fn default() -> Self {
        Notify {
            gather: Span::from("20s"),
            every: Span::from("10m"),
            digest: None,
            sinks: BTreeMap::new(),
        }
    }
}

/// Somebody who is told.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Sink {
    /// `issue`: comments on an issue of the repository. `webhook`: a request to an address.
    pub kind: SinkKind,
    /// Whether digests are told too.
    #[serde(default = "yes")]
    pub digest: bool,
    /// Of an `issue`: its number. Default: one that the factory opens, once.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub number: Option<u64>,
    /// Of a `webhook`: the name of the systemd credential (`LoadCredential=NAME:PATH`) that holds the address.
    #[serde(default)]
    #[schemars(regex(pattern = CREDENTIAL))]
    pub url_credential: Option<String>,
    /// Of a `webhook`: the name, without `$`, of the environment variable that holds the address.
    #[serde(default)]
    #[schemars(regex(pattern = VARIABLE))]
    pub url_env: Option<String>,
    /// Of a `webhook`: a file of mode 0600 or stricter that holds the address, in which `{id}` stands for the message's id.
    #[serde(default)]
    #[schemars(length(min = 1, max = 1000))]
    pub url_file: Option<PathBuf>,
    /// The name of the systemd credential that holds a token to send along.
    #[serde(default)]
    #[schemars(regex(pattern = CREDENTIAL))]
    pub token_credential: Option<String>,
    /// The name, without `$`, of the environment variable that holds a token to send along.
    #[serde(default)]
    #[schemars(regex(pattern = VARIABLE))]
    pub token_env: Option<String>,
    /// A file of mode 0600 or stricter that holds a token to send along.
    #[serde(default)]
    #[schemars(length(min = 1, max = 1000))]
    pub token_file: Option<PathBuf>,
    /// The header that carries the token: `Authorization` as `Bearer TOKEN`, any other with the token alone.
    #[serde(default = "authorization")]
    #[schemars(regex(pattern = r"^[A-Za-z][A-Za-z0-9-]{0,99}$"))]
    pub auth_header: String,
    /// The method.
    #[serde(default)]
    pub method: Method,
    /// What the body is: in `json` every value enters as a JSON value with its quotes, in `text` as it is.
    #[serde(default)]
    pub format: Format,
    /// Headers that hold no secret, besides `Content-Type`, which comes from `format`.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub headers: BTreeMap<String, String>,
    /// The template of the body, with `{{ text }}`, `{{ title }}`, `{{ count }}`, `{{ kind }}` (blockers or digest), `{{ id }}`, `{{ project }}`, `{{ repository }}` and `{{ url }}`. Default: `{"text": {{ text }}}`, or `{{ text }}` alone for `text`.
    #[serde(default)]
    #[schemars(length(min = 1, max = 10000))]
    pub body: Option<String>,
    /// How long one try may take.
    #[serde(default = "timeout")]
    pub timeout: Span,
}

/// How a sink is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SinkKind {
    Issue,
    Webhook,
}

/// The method of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Method {
    #[default]
    Post,
    Put,
}

/// What the body of a request is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Format {
    #[default]
    Json,
    Text,
}

fn yes() -> bool {
    true
}

fn authorization() -> String {
    "Authorization".to_owned()
}

fn timeout() -> Span {
    Span::from("10s")
}
