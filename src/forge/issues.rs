//! Issues: what changed since, one of them, what blocks it, and a new one.
//!
//! Invariant: an issue of another repository than the pinned one is an error,
//! not an answer.

use super::{
    Client, Endpoint, ForgeError, Label, Listing, Page,
    wire::{self, issue},
};
use crate::model::{self, Time};
use serde_json::json;

/// An issue or pull request with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueItem {
    /// The issue.
    pub issue: model::Issue,
    /// Its body, LF only.
    pub body: String,
    /// When it was opened.
    pub created_at: Time,
}

/// Something that blocks an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// Its number; 0 for one that the factory's account may not read.
    pub number: u64,
    /// Whether it still blocks; an unreadable one does.
    pub open: bool,
    /// `owner/name` of its repository, empty when it cannot be told.
    pub repo: String,
}

impl Dependency {
    /// Whether the forge hides what it is.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.number == 0
    }
}

impl Client {
    /// Issues and pull requests whose last change is at or after `since` (whole
    /// seconds, inclusive); all without it.
    ///
    /// # Errors
    /// Any [`ForgeError`] of a read.
    pub async fn issues_since(
        &self,
        since: Option<Time>,
    ) -> Result<Listing<IssueItem>, ForgeError> {
        let mut call = self
            .call(Endpoint::Issues, "the issue list", &["issues"])
            .query("state", "all");
        if let Some(since) = since {
            call = call.query("since", wire::format_time(since));
        }
        let listing: Listing<issue::Issue> = self.all(&call).await?;
        for raw in &listing.items {
            self.verify_issue(Endpoint::Issues, raw)?;
        }
        let listing = listing.convert(issue::Issue::item);
        Ok(listing.distinct(|item| item.issue.number))
    }

    /// A page of the open issues and pull requests, newest first, from page 1 on.
    ///
    /// # Errors
    /// Any [`ForgeError`] of a read.
    pub async fn open_issues(&self, page: u32) -> Result<Page<IssueItem>, ForgeError> {
        let call = self
            .call(Endpoint::Issues, "the open issues", &["issues"])
            .query("state", "open");
        let raw: Page<issue::Issue> = self.one_page(&call, page).await?;
        for issue in &raw.items {
            self.verify_issue(Endpoint::Issues, issue)?;
        }
        Ok(Page {
            items: raw
                .items
                .into_iter()
                .filter_map(issue::Issue::item)
                .collect(),
            given: raw.given,
            total: raw.total,
        })
    }

    /// One issue or pull request, if it is there.
    ///
    /// # Errors
    /// Any [`ForgeError`] of a read but [`ForgeError::NotFound`].
    pub async fn issue(&self, number: u64) -> Result<Option<IssueItem>, ForgeError> {
        Ok(self.raw_issue(number).await?.and_then(issue::Issue::item))
    }

    async fn raw_issue(&self, number: u64) -> Result<Option<issue::Issue>, ForgeError> {
        let call = self.call(
            Endpoint::Issue,
            format!("issue {number}"),
            &["issues", &number.to_string()],
        );
        let raw: issue::Issue = match self.send(&call).await {
            Ok(reply) => reply.json()?,
            Err(ForgeError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        self.verify_issue(Endpoint::Issue, &raw)?;
        Ok(Some(raw))
    }

    /// The labels of an issue or pull request and the logins of who is assigned, lower
    /// case, if it is there.
    ///
    /// # Errors
    /// Any [`ForgeError`] of a read but [`ForgeError::NotFound`].
    pub async fn worn(&self, number: u64) -> Result<Option<(Vec<Label>, Vec<String>)>, ForgeError> {
        let raw = self.raw_issue(number).await?;
        Ok(raw.map(|raw| {
            let people = raw.assignees.into_iter();
            let logins = people.map(|user| wire::person(Some(user)).login).collect();
            (raw.labels, logins)
        }))
    }

    /// What blocks an issue, closed ones included; `None` where dependencies are
    /// switched off or unknown to the server, or the issue is missing.
    ///
    /// # Errors
    /// Any [`ForgeError`] of a read but [`ForgeError::NotFound`].
    pub async fn dependencies(&self, number: u64) -> Result<Option<Vec<Dependency>>, ForgeError> {
        let call = self.call(
            Endpoint::Dependencies,
            format!("the dependencies of issue {number}"),
            &["issues", &number.to_string(), "dependencies"],
        );
        match self.all::<issue::Issue>(&call).await {
            Ok(list) => {
                // An item that cannot be read may block all the same.
                let unread = (0..list.skipped).map(|_| issue::Issue::default().dependency());
                let read = list.items.into_iter().map(issue::Issue::dependency);
                Ok(Some(read.chain(unread).collect()))
            }
            Err(ForgeError::NotFound { .. } | ForgeError::NotAllowed { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Opens an issue.
    ///
    /// # Errors
    /// Any [`ForgeError`]; see its verdict.
    pub async fn create_issue(&self, title: &str, body: &str) -> Result<model::Issue, ForgeError> {
        let at = Endpoint::CreateIssue;
        let call = self
            .call(at, "the repository", &["issues"])
            .json(&json!({ "title": title, "body": body }))?;
        let raw: issue::Issue = self.send(&call).await?.json()?;
        let item = raw.item().ok_or_else(|| nothing(at, "an issue"))?;
        Ok(item.issue)
    }

    /// Closes an issue or pull request; one that is closed stays so.
    ///
    /// # Errors
    /// Any [`ForgeError`].
    pub async fn close(&self, number: u64) -> Result<(), ForgeError> {
        let call = self
            .call(
                Endpoint::Close,
                format!("issue {number}"),
                &["issues", &number.to_string()],
            )
            .json(&json!({ "state": "closed" }))?;
        self.send(&call).await.map(drop)
    }

    /// Sets the assignees of an issue or pull request, as a whole.
    ///
    /// # Errors
    /// [`ForgeError::LeftOut`] when the forge answers "done" and did not assign
    /// somebody; else any [`ForgeError`].
    pub async fn set_assignees(&self, number: u64, logins: &[&str]) -> Result<(), ForgeError> {
        let at = Endpoint::SetAssignees;
        let call = self
            .call(
                at,
                format!("issue {number}"),
                &["issues", &number.to_string()],
            )
            .json(&json!({ "assignees": logins }))?;
        let raw: issue::Issue = self.send(&call).await?.json()?;
        let is: Vec<String> = raw
            .assignees
            .into_iter()
            .map(|user| wire::person(Some(user)).login)
            .collect();
        let missing = logins
            .iter()
            .find(|login| !is.contains(&login.to_lowercase()));
        match missing {
            Some(login) => Err(ForgeError::LeftOut {
                at,
                what: format!("the assignee `{login}`"),
            }),
            None => Ok(()),
        }
    }

    /// Gitea answers 500 to the comments of a missing issue: asks whether that is why.
    pub(crate) async fn missing_or(&self, error: ForgeError, number: u64) -> ForgeError {
        let at = error.at();
        if !matches!(error, ForgeError::Server { status: 500, .. }) {
            return error;
        }
        match self.issue(number).await {
            Ok(None) => ForgeError::NotFound {
                at,
                what: format!("issue {number}"),
            },
            _ => error,
        }
    }

    fn verify_issue(&self, at: Endpoint, raw: &issue::Issue) -> Result<(), ForgeError> {
        let id = raw.repository.as_ref().map_or(0, |r| r.id);
        self.verify(at, model::RepoId(id))
    }
}

/// The forge answered "done" and showed nothing.
pub(crate) fn nothing(at: Endpoint, what: &str) -> ForgeError {
    ForgeError::Decode {
        at,
        detail: format!("it does not hold {what}"),
    }
}
