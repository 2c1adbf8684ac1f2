//! The repository's webhooks: which there are, and a new one.
//!
//! Invariant: a secret goes out with a new webhook and never comes back; only
//! admins of the repository may see webhooks, so a refusal says nothing of them.

use super::{Client, Endpoint, ForgeError, Listing, wire::nullable};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// The events that bring the factory news.
pub const EVENTS: [&str; 6] = [
    "issues",
    "issue_comment",
    "pull_request",
    "pull_request_comment",
    "pull_request_review_approved",
    "pull_request_review_comment",
];

/// A webhook of the repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Hook {
    /// The forge's number for it.
    pub id: i64,
    /// Whether it delivers.
    pub active: bool,
    /// What it delivers.
    #[serde(deserialize_with = "nullable")]
    pub events: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    config: BTreeMap<String, String>,
}

impl Hook {
    /// Where it delivers to.
    #[must_use]
    pub fn url(&self) -> &str {
        self.config.get("url").map_or("", String::as_str)
    }

    /// Whether it tells of comments, which is where mentions stand.
    #[must_use]
    pub fn tells_of_comments(&self) -> bool {
        self.events.iter().any(|event| event == "issue_comment")
    }
}

/// A webhook to be made.
#[derive(Clone, Debug)]
pub struct NewHook {
    /// Where it delivers to.
    pub url: String,
    /// What it signs with.
    pub secret: SecretString,
}

impl Client {
    /// The repository's webhooks.
    ///
    /// # Errors
    /// [`ForgeError::Forbidden`] when the account is no admin of the repository;
    /// else any [`ForgeError`] of a read.
    pub async fn hooks(&self) -> Result<Vec<Hook>, ForgeError> {
        let call = self.call(Endpoint::Hooks, "the webhook list", &["hooks"]);
        let listing: Listing<Hook> = self.all(&call).await?;
        Ok(listing.distinct(|hook| hook.id).items)
    }

    /// Makes a webhook that delivers what brings the factory news.
    ///
    /// # Errors
    /// Any [`ForgeError`]; one that exists is no error, list first.
    pub async fn create_hook(&self, new: &NewHook) -> Result<Hook, ForgeError> {
        let call = self
            .call(Endpoint::CreateHook, "the repository", &["hooks"])
            .json(&json!({
                "type": "gitea", "active": true, "events": EVENTS,
                "config": {
                    "url": new.url, "content_type": "json",
                    "secret": new.secret.expose_secret(),
                },
            }))?;
        self.send(&call).await?.json()
    }
}
