//! `[notify]`, resolved: who is told besides the issues, how often, and how.
//!
//! Invariant: no secret is inside; the addresses of webhooks are secrets, and
//! the config names only their places.

use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// What operators want to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notify {
    /// What comes up within is one notice.
    pub gather: Duration,
    /// The least time between two notices of a sink.
    pub every: Duration,
    /// When digests are told, as crontab writes it; none: never.
    pub digest: Option<String>,
    /// Who is told, by name.
    pub sinks: BTreeMap<String, Sink>,
}

impl Default for Notify {
    fn default() -> Notify {
        Notify {
            gather: Duration::from_secs(20),
            every: Duration::from_mins(10),
            digest: None,
            sinks: BTreeMap::new(),
        }
    }
}

/// Somebody who is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sink {
    /// Whether digests are told too.
    pub digest: bool,
    /// How.
    pub by: Way,
}

/// How a sink is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Way {
    /// By comments on an issue of the repository.
    Issue {
        /// Its number; none: one that the factory opens.
        number: Option<u64>,
    },
    /// By requests to an address.
    Webhook(Webhook),
}

/// A request as the operator wants it, without its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Webhook {
    /// `POST` or `PUT`.
    pub method: &'static str,
    /// What the body is.
    pub format: BodyFormat,
    /// Headers that hold no secret.
    pub headers: BTreeMap<String, String>,
    /// The template of the body.
    pub body: String,
    /// How long one try may take.
    pub timeout: Duration,
    /// The header that carries the token, where the config names one.
    pub auth_header: String,
}

/// What the body of a request is, and so how values enter it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyFormat {
    /// JSON: every value enters as a JSON value, quotes and all.
    Json,
    /// Plain text: values enter as they are.
    Text,
}

impl BodyFormat {
    /// Its `Content-Type`.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            BodyFormat::Json => "application/json",
            BodyFormat::Text => "text/plain; charset=utf-8",
        }
    }
}
