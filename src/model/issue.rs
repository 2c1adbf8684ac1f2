//! What the forge says of an issue, a pull request, a person and the repository.

use super::{RepoId, Time};
use serde::{Deserialize, Serialize};

/// An account of the forge. `id <= 0` is nobody (deleted users, action tokens).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Person {
    /// The forge's number.
    pub id: i64,
    /// The login, lower case.
    pub login: String,
}

/// An issue or pull request as last seen, without its body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// The number shared by issues and pull requests.
    pub number: u64,
    /// Whether it is a pull request.
    pub is_pull: bool,
    /// The title, as written.
    pub title: String,
    /// Whether it is open.
    pub open: bool,
    /// Who opened it.
    pub author: Person,
    /// The names of its labels.
    pub labels: Vec<String>,
    /// The forge's time of its last change.
    pub updated_at: Time,
}

/// What delivery depends on, as the forge last told it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// The forge's number for it.
    pub id: RepoId,
    /// `owner/name` as it is called now.
    pub full_name: String,
    /// Pull requests go there.
    pub default_branch: String,
    /// No write is possible.
    pub archived: bool,
    /// It has no commit yet.
    pub empty: bool,
    /// It mirrors another; pushes are refused.
    pub mirror: bool,
    /// The factory's account may push code.
    pub may_push: bool,
    /// Issues are kept by the forge itself.
    pub has_issues: bool,
    /// Pull requests are switched on.
    pub has_pulls: bool,
}

impl Repository {
    /// What stands in the way of any delivery, with the remedy.
    #[must_use]
    pub fn blocker(&self) -> Option<String> {
        let checks: [(bool, &str, &str); 6] = [
            (self.archived, "is archived", "unarchive it"),
            (
                self.empty,
                "has no commit yet",
                "push a first commit to its default branch",
            ),
            (
                self.mirror,
                "is a mirror and takes no pushes",
                "point the config at its source",
            ),
            (
                !self.may_push,
                "cannot be pushed to by the factory's account",
                "give it write access",
            ),
            (
                !self.has_pulls,
                "has pull requests switched off",
                "switch them on in its settings",
            ),
            (
                !self.has_issues,
                "keeps no issues of its own",
                "switch issues on in its settings",
            ),
        ];
        let (_, what, remedy) = checks.iter().find(|(hit, _, _)| *hit)?;
        Some(format!("repository `{}` {what}; {remedy}", self.full_name))
    }
}
