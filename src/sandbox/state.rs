//! The world of the embedded forge: people, repositories, issues, in memory.
//!
//! Rows and look-ups only; what may be done to them is in `issues`,
//! `comments`, `labels`, `links` and `pulls`. Commits and branches are not
//! here: they are read from the bare repositories (`git`).
//!
//! Invariant: numbers and ids are given once and never reused, and every
//! change of an issue moves its `updated`.

use super::answer::Answer;
use crate::model::Time;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
};

/// What somebody may do in a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Not even see it.
    None,
    /// See it and talk.
    Read,
    /// Push, label, assign, edit other people's words.
    Write,
    /// Settings too.
    Admin,
    /// It is theirs.
    Owner,
}

impl Permission {
    /// Gitea's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Permission::None => "none",
            Permission::Read => "read",
            Permission::Write => "write",
            Permission::Admin => "admin",
            Permission::Owner => "owner",
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct User {
    pub id: i64,
    pub login: String,
    pub created: Time,
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub login: String,
    pub scopes: BTreeSet<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Label {
    pub id: i64,
    pub name: String,
    pub color: String,
    pub description: String,
}

#[derive(Clone, Debug)]
pub(super) struct Comment {
    pub id: i64,
    pub author: String,
    pub body: String,
    pub created: Time,
    pub updated: Time,
}

/// A comment on a line of a pull request's changes.
#[derive(Clone, Debug)]
pub(super) struct Inline {
    pub said: Comment,
    pub path: String,
    /// Negative on the old side.
    pub line: i64,
    pub hunk: String,
}

#[derive(Clone, Debug)]
pub(super) struct Review {
    pub id: i64,
    /// The comment that shows it.
    pub comment: i64,
    pub author: String,
    pub state: String,
    pub body: String,
    pub commit: String,
    pub official: bool,
    pub inline: Vec<Inline>,
    pub created: Time,
    pub updated: Time,
}

#[derive(Clone, Debug)]
pub(super) struct Merged {
    pub at: Time,
    pub by: String,
    pub sha: String,
}

#[derive(Clone, Debug)]
pub(super) struct Pull {
    pub id: i64,
    pub head: String,
    pub base: String,
    /// Head and base as they stood at the merge.
    pub frozen: Option<(String, String)>,
    pub merged: Option<Merged>,
    pub reviews: Vec<Review>,
}

#[derive(Clone, Debug)]
pub(super) struct Issue {
    pub id: i64,
    pub number: u64,
    pub author: String,
    pub title: String,
    pub body: String,
    pub closed: Option<Time>,
    pub labels: BTreeSet<i64>,
    /// The title of its milestone, and the day that is due.
    pub milestone: Option<(String, String)>,
    pub assignees: Vec<String>,
    pub depends_on: Vec<u64>,
    pub comments: Vec<Comment>,
    pub pull: Option<Pull>,
    pub created: Time,
    pub updated: Time,
}

#[derive(Clone, Debug)]
pub(super) struct Status {
    pub sha: String,
    pub state: String,
    pub context: String,
    pub description: String,
    pub target_url: String,
    pub creator: String,
    pub created: Time,
}

/// A webhook; its secret is not kept, because nothing is delivered.
#[derive(Clone, Debug)]
pub(super) struct Hook {
    pub id: i64,
    pub url: String,
    pub active: bool,
    pub events: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Repo {
    pub id: i64,
    pub owner: String,
    pub name: String,
    pub private: bool,
    pub archived: Option<Time>,
    pub protected: BTreeSet<String>,
    pub collaborators: BTreeMap<String, Permission>,
    pub labels: Vec<Label>,
    pub issues: Vec<Issue>,
    pub statuses: Vec<Status>,
    pub hooks: Vec<Hook>,
    pub git_dir: PathBuf,
    pub created: Time,
    pub updated: Time,
}

/// Everything, behind one lock.
#[derive(Debug, Default)]
pub(super) struct State {
    pub users: Vec<User>,
    pub tokens: HashMap<String, Token>,
    pub repos: Vec<Repo>,
    /// Old `owner/name`, lower case, to the id that moved.
    pub moved: HashMap<String, i64>,
    last_id: i64,
}

impl Repo {
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    pub fn issue(&self, number: u64) -> Option<&Issue> {
        self.issues.iter().find(|issue| issue.number == number)
    }

    pub fn issue_mut(&mut self, number: u64) -> Option<&mut Issue> {
        self.issues.iter_mut().find(|issue| issue.number == number)
    }

    /// The issue that holds a comment, and the comment.
    pub fn comment(&self, id: i64) -> Option<(&Issue, &Comment)> {
        self.issues.iter().find_map(|issue| {
            let comment = issue.comments.iter().find(|comment| comment.id == id)?;
            Some((issue, comment))
        })
    }

    /// The issue that holds a comment or inline comment, and the text.
    pub fn said(&self, id: i64) -> Option<(&Issue, &Comment)> {
        let inline = || {
            self.issues.iter().find_map(|issue| {
                let mut reviews = issue.pull.iter().flat_map(|pull| &pull.reviews);
                let found = reviews.find_map(|it| it.inline.iter().find(|it| it.said.id == id));
                Some((issue, &found?.said))
            })
        };
        self.comment(id).or_else(inline)
    }

    /// What `login` may do here; `None` is somebody not signed in.
    pub fn right(&self, login: Option<&str>) -> Permission {
        let floor = if self.private {
            Permission::None
        } else {
            Permission::Read
        };
        let Some(login) = login else { return floor };
        if login == self.owner {
            return Permission::Owner;
        }
        self.collaborators
            .get(login)
            .map_or(floor, |given| (*given).max(floor))
    }

    /// Everybody who can be assigned, by login.
    pub fn assignable(&self) -> BTreeSet<&str> {
        let writers = self.collaborators.iter();
        writers
            .filter(|(_, right)| **right >= Permission::Write)
            .map(|(login, _)| login.as_str())
            .chain([self.owner.as_str()])
            .collect()
    }

    /// Whether an issue still waits for another.
    pub fn is_blocked(&self, issue: &Issue) -> bool {
        let mut needs = issue.depends_on.iter();
        needs.any(|number| self.issue(*number).is_some_and(|it| it.closed.is_none()))
    }
}

impl State {
    /// The next id; one counter serves every table.
    pub fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    pub fn user(&self, login: &str) -> Option<&User> {
        let mut users = self.users.iter();
        users.find(|user| user.login.eq_ignore_ascii_case(login))
    }

    pub fn repo(&self, full_name: &str) -> Result<&Repo, Answer> {
        let mut repos = self.repos.iter();
        repos
            .find(|repo| repo.full_name().eq_ignore_ascii_case(full_name))
            .ok_or_else(Answer::not_found)
    }

    pub fn repo_mut(&mut self, full_name: &str) -> Result<&mut Repo, Answer> {
        let mut repos = self.repos.iter_mut();
        repos
            .find(|repo| repo.full_name().eq_ignore_ascii_case(full_name))
            .ok_or_else(Answer::not_found)
    }
}
