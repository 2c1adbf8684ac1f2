//! The repository, its branches and the server as they describe themselves.
//!
//! Invariant: a missing flag reads as the safe side: not writable, not there.

use super::nullable;
use crate::{
    forge::{Branch, Features},
    model::{RepoId, Repository, Sha},
};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawRepository {
    #[serde(deserialize_with = "nullable")]
    id: i64,
    #[serde(deserialize_with = "nullable")]
    full_name: String,
    #[serde(deserialize_with = "nullable")]
    default_branch: String,
    #[serde(deserialize_with = "nullable")]
    archived: bool,
    #[serde(deserialize_with = "nullable")]
    empty: bool,
    #[serde(deserialize_with = "nullable")]
    mirror: bool,
    #[serde(deserialize_with = "nullable")]
    has_issues: bool,
    #[serde(deserialize_with = "nullable")]
    has_pull_requests: bool,
    internal_tracker: Option<Tracker>,
    #[serde(deserialize_with = "nullable")]
    permissions: Permissions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tracker {
    #[serde(deserialize_with = "nullable")]
    enable_issue_dependencies: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Permissions {
    #[serde(deserialize_with = "nullable")]
    push: bool,
}

impl RawRepository {
    pub(crate) fn features(&self) -> Features {
        let tracker = self.internal_tracker.as_ref();
        Features {
            dependencies: tracker.is_some_and(|t| t.enable_issue_dependencies),
        }
    }

    /// `None` when it has no number: then it is no repository.
    pub(crate) fn repository(self) -> Option<Repository> {
        (self.id > 0).then(|| Repository {
            id: RepoId(self.id),
            full_name: self.full_name,
            default_branch: self.default_branch,
            archived: self.archived,
            empty: self.empty,
            mirror: self.mirror,
            may_push: self.permissions.push,
            // With an external tracker the flag is set and the API is of no use.
            has_issues: self.has_issues && self.internal_tracker.is_some(),
            has_pulls: self.has_pull_requests,
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawBranch {
    #[serde(deserialize_with = "nullable")]
    name: String,
    #[serde(deserialize_with = "nullable")]
    commit: RawCommit,
    #[serde(deserialize_with = "nullable")]
    protected: bool,
    #[serde(deserialize_with = "nullable")]
    user_can_push: bool,
    #[serde(deserialize_with = "nullable")]
    user_can_merge: bool,
    #[serde(deserialize_with = "nullable")]
    required_approvals: i64,
    #[serde(deserialize_with = "nullable")]
    enable_status_check: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawCommit {
    #[serde(deserialize_with = "nullable")]
    id: String,
}

impl RawBranch {
    pub(crate) fn branch(self) -> Option<Branch> {
        (!self.name.is_empty() && !self.commit.id.is_empty()).then_some(Branch {
            name: self.name,
            sha: Sha(self.commit.id),
            protected: self.protected,
            user_can_push: self.user_can_push,
            user_can_merge: self.user_can_merge,
            required_approvals: self.required_approvals,
            needs_status: self.enable_status_check,
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawVersion {
    #[serde(deserialize_with = "nullable")]
    pub(crate) version: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawPermission {
    #[serde(deserialize_with = "nullable")]
    pub(crate) permission: String,
}
