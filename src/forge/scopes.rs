//! What the token lacks, found out without changing anything.
//!
//! Reads are tried; writes are tried with an empty object, which every server
//! refuses after it has looked at the scope and before it does anything.
//! Invariant: no probe can create, change or delete.

use super::{Client, Endpoint, ForgeError};
use serde_json::json;

/// What the token lacks; empty when it has all that the factory needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes {
    /// The scopes missing, such as `write:issue`.
    pub missing: Vec<String>,
}

impl Scopes {
    /// Whether nothing is missing.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        self.missing.is_empty()
    }

    /// What to do about it, in one line; `None` when nothing is missing.
    #[must_use]
    pub fn remedy(&self) -> Option<String> {
        (!self.is_enough()).then(|| {
            format!(
                "the token lacks {}; make one with write:repository, write:issue and read:user",
                self.missing.join(", ")
            )
        })
    }
}

impl Client {
    /// Finds out what the token lacks. A repository that is missing or archived is
    /// no matter of scopes and is not reported here.
    ///
    /// # Errors
    /// Any [`ForgeError`] that leaves the question open, such as a dead token.
    pub async fn scopes(&self) -> Result<Scopes, ForgeError> {
        let mut missing = Vec::new();
        let lacks = |result: Result<(), ForgeError>, scope: &str| match result {
            // A refusal that names no scope bars the account, not the token: an error with its own words.
            Err(ForgeError::Forbidden {
                missing: Some(_), ..
            }) => Ok(Some(scope.to_owned())),
            Ok(())
            | Err(
                ForgeError::Invalid { .. }
                | ForgeError::NotFound { .. }
                | ForgeError::Archived { .. }
                | ForgeError::Refused { .. }
                | ForgeError::NotAllowed { .. },
            ) => Ok(None),
            // Servers that look the issue up before the body answer 500 for number 0.
            Err(ForgeError::Server {
                at: Endpoint::ProbeIssueScope,
                status: 500,
                ..
            }) => Ok(None),
            Err(error) => Err(error),
        };
        missing.extend(lacks(self.me().await.map(drop), "read:user")?);
        missing.extend(lacks(
            self.probe_repository_read().await,
            "read:repository",
        )?);
        missing.extend(lacks(
            self.probe_repository_scope().await,
            "write:repository",
        )?);
        missing.extend(lacks(self.probe_issue_scope().await, "write:issue")?);
        missing.dedup();
        Ok(Scopes { missing })
    }

    async fn probe_repository_read(&self) -> Result<(), ForgeError> {
        self.repository().await.map(drop)
    }

    /// An empty pull request: 403 without the scope, 422 with it.
    async fn probe_repository_scope(&self) -> Result<(), ForgeError> {
        let call = self.call(Endpoint::ProbeRepositoryScope, "the repository", &["pulls"]);
        self.send(&call.json(&json!({}))?).await.map(drop)
    }

    /// An empty comment on issue 0: 403 without the scope, 422 (or 404, 500) with it.
    async fn probe_issue_scope(&self) -> Result<(), ForgeError> {
        let tail = ["issues", "0", "comments"];
        let call = self.call(Endpoint::ProbeIssueScope, "issue 0", &tail);
        self.send(&call.json(&json!({}))?).await.map(drop)
    }
}
