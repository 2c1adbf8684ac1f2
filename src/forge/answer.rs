//! An HTTP answer becomes a [`Reply`] or a [`ForgeError`].
//!
//! Invariant: what a forge or a proxy wrote enters an error only as one short
//! line taken from JSON, with the token blotted out; HTML never does.

use super::{Endpoint, ForgeError, retry};
use crate::model::Time;
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::error::Category;

/// Characters of a forge's own words in an error.
const MAX_SAID_CHARS: usize = 240;

/// A good answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) at: Endpoint,
    pub(crate) status: u16,
    /// `X-Total-Count`.
    pub(crate) total: Option<u64>,
    /// The `Date` header: the server's own time.
    pub(crate) server_time: Option<Time>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// Reads the body as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, ForgeError> {
        serde_json::from_slice(&self.body).map_err(|error| decode(self.at, &error))
    }
}

/// Says where reading stopped, without quoting the text.
pub(crate) fn decode(at: Endpoint, error: &serde_json::Error) -> ForgeError {
    let kind = match error.classify() {
        Category::Io => "unreadable",
        Category::Syntax => "not json",
        Category::Data => "json of another shape",
        Category::Eof => "json that ends too early",
    };
    let (line, column) = (error.line(), error.column());
    ForgeError::Decode {
        at,
        detail: format!("{kind} at line {line}, column {column}"),
    }
}

/// The parts of an answer that judging it needs.
pub(crate) struct Answer<'a> {
    pub(crate) at: Endpoint,
    pub(crate) what: &'a str,
    pub(crate) status: u16,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) now: Time,
    pub(crate) token: &'a SecretString,
    /// `owner/name` as configured.
    pub(crate) full_name: &'a str,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Complaint {
    message: Option<String>,
}

impl Answer<'_> {
    /// The error that a status other than 2xx is.
    pub(crate) fn error(&self) -> ForgeError {
        let at = self.at;
        let message = self.message();
        match self.status {
            300..=399 => ForgeError::Moved {
                at,
                to: self.target(),
            },
            401 => ForgeError::Unauthorized { at },
            403 => ForgeError::Forbidden {
                at,
                missing: required_scope(&message),
                message,
            },
            404 => ForgeError::NotFound {
                at,
                what: self.what.to_owned(),
            },
            405 => ForgeError::NotAllowed { at, message },
            409 => ForgeError::Conflict { at, message },
            422 => ForgeError::Invalid { at, message },
            423 => ForgeError::Archived { at },
            429 => ForgeError::RateLimited {
                at,
                after: self.retry_after(),
            },
            500..=599 => ForgeError::Server {
                at,
                status: self.status,
                after: self.retry_after(),
                message,
            },
            status => ForgeError::Refused {
                at,
                status,
                message,
            },
        }
    }

    fn retry_after(&self) -> Option<std::time::Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?;
        let now = server_time(self.headers).unwrap_or(self.now);
        retry::retry_after(text, now)
    }

    fn message(&self) -> String {
        let said = serde_json::from_slice::<Complaint>(self.body)
            .ok()
            .and_then(|complaint| complaint.message)
            .unwrap_or_default();
        one_line(&said, self.token)
    }

    /// `owner/name` when the redirect goes to another one, else the address without its query.
    fn target(&self) -> String {
        let to = self.headers.get(LOCATION).and_then(|to| to.to_str().ok());
        let to = to.unwrap_or("nowhere");
        let to = to.split(['?', '#']).next().unwrap_or(to);
        let name = to.split_once("/api/v1/repos/").and_then(|(_, rest)| {
            let mut parts = rest.split('/');
            Some(format!("{}/{}", parts.next()?, parts.next()?))
        });
        match name {
            Some(name) if !name.eq_ignore_ascii_case(self.full_name) => one_line(&name, self.token),
            _ => one_line(to, self.token),
        }
    }
}

/// `X-Total-Count`.
pub(crate) fn total(headers: &HeaderMap) -> Option<u64> {
    headers.get("x-total-count")?.to_str().ok()?.parse().ok()
}

/// The `Date` header.
pub(crate) fn server_time(headers: &HeaderMap) -> Option<Time> {
    retry::http_date(headers.get(reqwest::header::DATE)?.to_str().ok()?)
}

/// One line, of bounded length, without the token.
pub(crate) fn one_line(text: &str, token: &SecretString) -> String {
    let token = token.expose_secret();
    let text = if token.is_empty() {
        text.to_owned()
    } else {
        text.replace(token, "[token]")
    };
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let line = words.join(" ");
    if line.chars().count() <= MAX_SAID_CHARS {
        return line;
    }
    let mut cut: String = line.chars().take(MAX_SAID_CHARS).collect();
    cut.push('…');
    cut
}

/// The scope in Gitea's `required=[write:issue]`; a hint, never relied upon.
fn required_scope(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("required=[")?;
    let (scope, _) = rest.split_once(']')?;
    (!scope.is_empty()).then(|| scope.to_owned())
}
