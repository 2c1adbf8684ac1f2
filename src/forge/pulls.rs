//! Pull requests: the open ones, one, a new one, a new text.
//!
//! Invariant: the open pull request of a branch is found by listing the open
//! ones; the server's own look-up by branch answers with closed ones as well.

use super::{Client, Endpoint, ForgeError, Listing, issues::nothing, wire::pull::RawPull};
use crate::model::{Person, RepoId, Sha};
use serde_json::json;

/// A pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pull {
    /// The number that issues and pull requests share.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// Its text, LF only.
    pub body: String,
    /// Who opened it.
    pub author: Person,
    /// The branch it brings; `refs/pull/N/head` when that is deleted.
    pub head_ref: String,
    /// The repository of the head; `None` when that is gone.
    pub head_repo: Option<RepoId>,
    /// The commit it brings; empty when it cannot be told.
    pub head_sha: Sha,
    /// The repository it is to be merged into.
    pub base_repo: RepoId,
    /// The branch it is to be merged into.
    pub base_ref: String,
    /// Whether it is open.
    pub open: bool,
    /// Whether it was merged.
    pub merged: bool,
    /// The names of its labels.
    pub labels: Vec<String>,
    /// The logins of its assignees, lower case.
    pub assignees: Vec<String>,
    /// Its page, for people; never fetched.
    pub html_url: String,
}

impl Client {
    /// All open pull requests, oldest first.
    ///
    /// # Errors
    /// Any [`ForgeError`] of a read.
    pub async fn open_pulls(&self) -> Result<Vec<Pull>, ForgeError> {
        let call = self
            .call(Endpoint::Pulls, "the list of pull requests", &["pulls"])
            .query("state", "open")
            .query("sort", "oldest");
        let listing: Listing<RawPull> = self.all(&call).await?;
        for raw in &listing.items {
            self.verify(Endpoint::Pulls, raw.base_repo())?;
        }
        let listing = listing.convert(RawPull::pull).distinct(|pull| pull.number);
        Ok(listing.items)
    }

    /// The open pull request of a branch of this repository; the oldest of several.
    ///
    /// # Errors
    /// Any [`ForgeError`] of a read.
    pub async fn find_open_pull(&self, head_branch: &str) -> Result<Option<Pull>, ForgeError> {
        let here = |pull: &Pull| {
            pull.open && pull.head_ref == head_branch && pull.head_repo == Some(pull.base_repo)
        };
        let pulls = self.open_pulls().await?;
        Ok(pulls
            .into_iter()
            .filter(here)
            .min_by_key(|pull| pull.number))
    }

    /// One pull request, if it is there.
    ///
    /// # Errors
    /// Any [`ForgeError`] of a read but [`ForgeError::NotFound`].
    pub async fn pull(&self, number: u64) -> Result<Option<Pull>, ForgeError> {
        let call = self.call(
            Endpoint::Pull,
            format!("pull request {number}"),
            &["pulls", &number.to_string()],
        );
        let raw: RawPull = match self.send(&call).await {
            Ok(reply) => reply.json()?,
            Err(ForgeError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        self.verify(Endpoint::Pull, raw.base_repo())?;
        Ok(raw.pull())
    }

    /// Opens a pull request from a branch of this repository.
    ///
    /// # Errors
    /// [`ForgeError::Conflict`] when one is open for this head and base; else any
    /// [`ForgeError`], see its verdict.
    pub async fn create_pull(
        &self,
        head: &str,
        base: &str,
        title: &str,
        body: &str,
    ) -> Result<Pull, ForgeError> {
        let at = Endpoint::CreatePull;
        let call = self
            .call(at, format!("branch `{head}` or `{base}`"), &["pulls"])
            .json(&json!({ "head": head, "base": base, "title": title, "body": body }))?;
        let raw: RawPull = self.send(&call).await?.json()?;
        raw.pull().ok_or_else(|| nothing(at, "the pull request"))
    }

    /// Gives a pull request a new title and text.
    ///
    /// # Errors
    /// Any [`ForgeError`]; see its verdict.
    pub async fn edit_pull(
        &self,
        number: u64,
        title: &str,
        body: &str,
    ) -> Result<Pull, ForgeError> {
        let at = Endpoint::EditPull;
        let call = self
            .call(
                at,
                format!("pull request {number}"),
                &["pulls", &number.to_string()],
            )
            .json(&json!({ "title": title, "body": body }))?;
        let raw: RawPull = self.send(&call).await?.json()?;
        raw.pull().ok_or_else(|| nothing(at, "the pull request"))
    }
}
