//! Pull requests as the servers write them.
//!
//! Invariant: a head whose repository is gone has no repository here, whatever
//! stale number the server still shows.

use super::{User, lenient_list, lf, nullable, person};
use crate::{
    forge::{Label, Pull},
    model::{RepoId, Sha},
};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawPull {
    #[serde(deserialize_with = "nullable")]
    number: u64,
    #[serde(deserialize_with = "nullable")]
    title: String,
    #[serde(deserialize_with = "nullable")]
    body: String,
    #[serde(deserialize_with = "nullable")]
    state: String,
    #[serde(deserialize_with = "nullable")]
    merged: bool,
    user: Option<User>,
    #[serde(deserialize_with = "nullable")]
    head: End,
    #[serde(deserialize_with = "nullable")]
    base: End,
    #[serde(deserialize_with = "lenient_list")]
    labels: Vec<Label>,
    #[serde(deserialize_with = "lenient_list")]
    assignees: Vec<User>,
    #[serde(deserialize_with = "nullable")]
    html_url: String,
}

/// The head or the base.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct End {
    #[serde(rename = "ref", deserialize_with = "nullable")]
    name: String,
    #[serde(deserialize_with = "nullable")]
    sha: String,
    #[serde(deserialize_with = "nullable")]
    repo_id: i64,
    repo: Option<serde::de::IgnoredAny>,
}

impl RawPull {
    /// The number of the repository it is to be merged into.
    pub(crate) fn base_repo(&self) -> RepoId {
        RepoId(self.base.repo_id)
    }

    /// `None` for an object that stands for something unreadable.
    pub(crate) fn pull(self) -> Option<Pull> {
        let there = self.head.repo.is_some() && self.head.repo_id > 0;
        (self.number > 0).then(|| Pull {
            number: self.number,
            title: self.title,
            body: lf(&self.body),
            author: person(self.user),
            head_repo: there.then_some(RepoId(self.head.repo_id)),
            head_ref: self.head.name,
            head_sha: Sha(self.head.sha),
            base_repo: RepoId(self.base.repo_id),
            base_ref: self.base.name,
            open: self.state == "open",
            merged: self.merged,
            labels: self.labels.into_iter().map(|label| label.name).collect(),
            assignees: self
                .assignees
                .into_iter()
                .map(|u| person(Some(u)).login)
                .collect(),
            html_url: self.html_url,
        })
    }
}
