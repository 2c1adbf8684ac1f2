//! A notice becomes one bounded request to an address that only this room knows.
//!
//! Invariant: an address and its token are in no error, log or `Debug`; no redirect
//! is followed, so a notice reaches the named address or nobody; a try ends within its
//! time, whatever the other side does. When to try again is `act::notify`'s.

use crate::model::notify::Webhook;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Method, StatusCode, Url, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a connection may take to come about.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// Characters kept of what the other side said when it refused.
const SAID_MAX: usize = 200;
/// Bytes read of an answer.
const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// The longest pause that the other side may ask for.
const PAUSE_MAX: Duration = Duration::from_mins(10);
/// Bytes of a part of an address that is taken for a secret by itself.
const PART_BYTES_MIN: usize = 16;
/// What stands for the notice's id in an address.
const ID: &str = "{id}";

/// Where a sink's notices go.
#[derive(Clone, Debug)]
pub struct Address {
    /// The URL, in which `{id}` stands for the notice's id.
    pub url: SecretString,
    /// A token to send along.
    pub token: Option<SecretString>,
}

impl Address {
    /// What must appear in no text: the token, the URL, and the parts of it that look like tokens.
    #[must_use]
    pub fn secrets(&self) -> Vec<SecretString> {
        let url = self.url.expose_secret();
        let parts = url.split(['/', '?', '&', '=', '#', '@']);
        let long = parts.filter(|part| part.len() >= PART_BYTES_MIN && !part.contains("//"));
        let mut secrets: Vec<SecretString> = long.map(SecretString::from).collect();
        secrets.push(self.url.clone());
        secrets.extend(self.token.clone());
        secrets
    }
}

/// Why a notice did not arrive, as far as is known.
#[derive(Debug, thiserror::Error)]
pub enum CourierError {
    /// It surely did not; time may mend it.
    #[error("{reason}")]
    Passing {
        /// How long the other side asked to wait.
        after: Option<Duration>,
        /// Why.
        reason: String,
    },
    /// It may have arrived.
    #[error("{0}")]
    Ambiguous(String),
    /// It would be refused again.
    #[error("{0}")]
    Final(String),
}

/// Carries notices to addresses.
#[derive(Clone, Debug)]
pub struct Courier {
    /// Nobody to tell needs no client.
    http: Option<reqwest::Client>,
    addresses: BTreeMap<String, Address>,
}

impl Courier {
    /// A courier that knows these addresses, by the sink's name.
    ///
    /// # Errors
    /// When no HTTP client can be made on this machine.
    pub fn new(addresses: BTreeMap<String, Address>) -> Result<Courier, CourierError> {
        if addresses.is_empty() {
            return Ok(Courier {
                http: None,
                addresses,
            });
        }
        // Another part of the program may have installed it before; then there is nothing to do.
        let _already = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(concat!("adf/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(CONNECT_MAX)
            .build()
            .map_err(|error| CourierError::Final(told(error)))?;
        Ok(Courier {
            http: Some(http),
            addresses,
        })
    }

    /// Sends a notice, once.
    ///
    /// # Errors
    /// With what it means for trying again.
    pub async fn carry(
        &self,
        sink: &str,
        how: &Webhook,
        id: &str,
        body: String,
    ) -> Result<(), CourierError> {
        let known = self.http.as_ref().zip(self.addresses.get(sink));
        let Some((http, address)) = known else {
            return Err(CourierError::Final(format!(
                "the factory knows no address of `{sink}`; restart it, so that it reads the one that the config names"
            )));
        };
        let url = url(address, id)?;
        let method = Method::from_bytes(how.method.as_bytes()).unwrap_or(Method::POST);
        let request = http
            .request(method, url)
            .headers(headers(address, how, id)?)
            .timeout(how.timeout)
            .body(body);
        let response = request.send().await.map_err(lost)?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let pause = response.headers().get(RETRY_AFTER);
        let pause = pause.and_then(|v| v.to_str().ok()?.parse().ok());
        let pause = pause.map(|secs| Duration::from_secs(secs).min(PAUSE_MAX));
        Err(refused(status, pause, &answer(response).await))
    }
}

/// Whether notices could go to an address, as far as can be found out without telling
/// anybody anything: what would be sent along is well, and somebody takes connections.
///
/// # Errors
/// What is wrong, without the address.
pub async fn reach(address: &Address, how: &Webhook) -> Result<(), CourierError> {
    let url = url(address, "0")?;
    headers(address, how, "0")?;
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_matches(['[', ']']).to_owned();
    let port = url.port_or_known_default().unwrap_or_default();
    let passing = |reason: String| CourierError::Passing {
        after: None,
        reason,
    };
    let connected = tokio::net::TcpStream::connect((host, port));
    match tokio::time::timeout(CONNECT_MAX, connected).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(passing(error.to_string())),
        Err(_) => Err(passing("it did not answer in time".to_owned())),
    }
}

/// Where a notice goes.
fn url(address: &Address, id: &str) -> Result<Url, CourierError> {
    let url = address.url.expose_secret().replace(ID, id);
    let url = Url::parse(&url).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or_else(|| {
        CourierError::Final(
            "its address is not a URL; write one line such as https://chat.example.org/hook"
                .to_owned(),
        )
    })
}

fn headers(address: &Address, how: &Webhook, id: &str) -> Result<HeaderMap, CourierError> {
    let mut headers = HeaderMap::new();
    let content = HeaderValue::from_static(how.format.content_type());
    headers.insert(CONTENT_TYPE, content);
    let unusable = |name: &str| {
        CourierError::Final(format!(
            "its header `{name}` cannot be sent; it must be one line of ASCII"
        ))
    };
    let mut add = |name: &str, value: &str, sensitive: bool| {
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable(name))?;
        let mut value = HeaderValue::from_str(value).map_err(|_| unusable(name))?;
        value.set_sensitive(sensitive);
        headers.insert(key, value);
        Ok(())
    };
    add("Idempotency-Key", id, false)?;
    for (name, value) in &how.headers {
        add(name, value, false)?;
    }
    if let Some(token) = &address.token {
        let token = token.expose_secret();
        let bearer = how.auth_header.eq_ignore_ascii_case("authorization");
        let value = if bearer {
            format!("Bearer {token}")
        } else {
            token.to_owned()
        };
        add(&how.auth_header, &value, true)?;
    }
    Ok(headers)
}

fn refused(status: StatusCode, after: Option<Duration>, said: &str) -> CourierError {
    let said = if said.is_empty() {
        String::new()
    } else {
        format!(": {said}")
    };
    match status.as_u16() {
        300..=399 => CourierError::Final(format!(
            "it answered {status}, and redirects are not followed; name the address that it leads to"
        )),
        408 | 425 | 429 | 500..=599 => CourierError::Passing {
            after,
            reason: format!("it answered {status}{said}"),
        },
        _ => CourierError::Final(format!(
            "it refused with {status}{said}; check its address, token and body"
        )),
    }
}

/// The beginning of what the other side said, on one line.
async fn answer(mut response: reqwest::Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_BYTES_MAX {
            break;
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(SAID_MAX).collect::<String>().trim().to_owned()
}

fn lost(error: reqwest::Error) -> CourierError {
    let (connecting, builder, slow) = (error.is_connect(), error.is_builder(), error.is_timeout());
    let reason = if slow {
        "it did not answer in time".to_owned()
    } else {
        told(error)
    };
    match (connecting, builder) {
        (_, true) => CourierError::Final(reason),
        (true, _) => CourierError::Passing {
            after: None,
            reason,
        },
        _ => CourierError::Ambiguous(reason),
    }
}

/// An error and what caused it, without the address.
fn told(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut next = std::error::Error::source(&error);
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text.replace(|c: char| c.is_control(), " ")
}
