//! What the forge says of an issue, what it waits for, a pull request, a person and the repository.

use super::{RepoId, Time};
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

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
    /// The milestone it belongs to.
    pub milestone: Option<Milestone>,
    /// The forge's time of its last change.
    pub updated_at: Time,
    /// The forge's time of the last change by somebody who may write and is not the factory:
    /// of labels, of title and state where its author may write, and of what they wrote.
    pub changed_at: Time,
    /// Its author may not write, as was known when it was read.
    pub outsider: bool,
    /// The forge's time by which such an author may have reworded title or text last; 0 for
    /// one whose words were seen before anybody could.
    pub reworded_at: Time,
}

/// What an issue is planned for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    /// Its title, as written.
    pub title: String,
    /// The day on which it is due, as `2026-12-24`.
    pub due: Option<String>,
}

impl Issue {
    /// What a reading adds to what was known before; `None` when it adds nothing.
    #[must_use]
    pub fn after(mut self, before: Option<&Issue>) -> Option<Issue> {
        let Some(before) = before else {
            return Some(self);
        };
        let retitled = self.title != before.title;
        // An outsider may retitle, close and reopen an issue of theirs, but not label it.
        let by_author = retitled || self.open != before.open;
        let reworded = self.outsider && (retitled || self.reworded_at > Time::default());
        if reworded {
            // Who labelled it at the same time may not have seen these words.
            self.reworded_at = self.updated_at;
        } else if self.labels != before.labels || (by_author && !self.outsider) {
            self.changed_at = self.changed_at.max(self.updated_at);
        }
        self.changed_at = self.changed_at.max(before.changed_at);
        self.reworded_at = self.reworded_at.max(before.reworded_at);
        (self != *before).then_some(self)
    }

    /// Whether its words are an outsider's, and nobody who may write has labelled it or
    /// written there since they may have become what they are.
    #[must_use]
    pub fn is_unvouched(&self) -> bool {
        self.outsider && self.reworded_at > Time::default() && self.reworded_at >= self.changed_at
    }
}

/// What an issue waits for, as the forge told it last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The issue.
    pub issue: u64,
    /// What it depends on.
    pub on: Vec<Blocker>,
    /// The forge's time before they were read.
    pub read_at: Time,
}

impl Links {
    /// How much later than a change the forge's clock must be for its second to be over.
    const SECOND_OVER: Duration = Duration::from_secs(2);

    /// Whether they were read after all that has happened to the issue by `updated_at`:
    /// a stock server moves an issue whose dependencies change.
    #[must_use]
    pub fn cover(&self, updated_at: Time) -> bool {
        self.read_at >= updated_at.plus(Links::SECOND_OVER)
    }
}

/// Something that an issue depends on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Blocker {
    /// Its number; 0 where the factory's account may not see it.
    pub number: u64,
    /// `owner/name` of its repository when that is another one.
    pub repo: Option<String>,
    /// Whether it was open when it was read; what may not be seen is.
    pub open: bool,
}

impl Blocker {
    /// What ends it where it may not be seen: the forge does not tell open from closed then.
    pub const REMEDY: &str = "; the forge does not say whether that is closed, so take the dependency off, or give the factory's account read access to its repository";

    /// Whether the factory's account may not see it.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.number == 0
    }
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.repo {
            _ if self.is_hidden() => f.write_str("an issue that may not be seen"),
            Some(repo) if !repo.is_empty() => write!(f, "{repo}#{}", self.number),
            Some(_) => write!(f, "an issue elsewhere, number {}", self.number),
            None => write!(f, "#{}", self.number),
        }
    }
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
