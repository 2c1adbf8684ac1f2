//! Looking at the world without HTTP, for tests and the demo.
//!
//! Invariant: looking changes nothing and costs no request.

use super::{Forge, bare, compare, git};
use crate::model::Time;

/// An issue or pull request as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueView {
    /// Its number.
    pub number: u64,
    /// Who opened it.
    pub author: String,
    /// The title.
    pub title: String,
    /// The body.
    pub body: String,
    /// Whether it is open.
    pub open: bool,
    /// Whether it is a pull request.
    pub is_pull: bool,
    /// The names of its labels.
    pub labels: Vec<String>,
    /// Who is assigned.
    pub assignees: Vec<String>,
    /// What it waits for.
    pub depends_on: Vec<u64>,
    /// Its last change.
    pub updated_at: Time,
}

/// A comment as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommentView {
    /// Its id.
    pub id: i64,
    /// Who said it.
    pub author: String,
    /// What it says now.
    pub body: String,
    /// When it was said.
    pub created_at: Time,
    /// When it was last edited.
    pub updated_at: Time,
}

/// A pull request as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullView {
    /// Its number.
    pub number: u64,
    /// The branch that is proposed.
    pub head: String,
    /// The branch it is for.
    pub base: String,
    /// The title.
    pub title: String,
    /// The body.
    pub body: String,
    /// Who proposed it.
    pub author: String,
    /// The names of its labels.
    pub labels: Vec<String>,
    /// Who is assigned.
    pub assignees: Vec<String>,
    /// `open`, `closed` or `merged`.
    pub state: &'static str,
    /// The commit that is proposed.
    pub head_sha: String,
}

impl Forge {
    /// An issue or pull request.
    #[must_use]
    pub fn issue(&self, repo: &str, number: u64) -> Option<IssueView> {
        self.issues(repo)
            .into_iter()
            .find(|issue| issue.number == number)
    }

    /// All issues and pull requests, by number.
    #[must_use]
    pub fn issues(&self, repo: &str) -> Vec<IssueView> {
        let state = self.inner.state();
        let Ok(repo) = state.repo(repo) else {
            return Vec::new();
        };
        let issues = repo.issues.iter();
        issues
            .map(|issue| IssueView {
                number: issue.number,
                author: issue.author.clone(),
                title: issue.title.clone(),
                body: issue.body.clone(),
                open: issue.closed.is_none(),
                is_pull: issue.pull.is_some(),
                labels: names(repo, issue),
                assignees: issue.assignees.clone(),
                depends_on: issue.depends_on.clone(),
                updated_at: issue.updated,
            })
            .collect()
    }

    /// The comments of an issue, oldest first.
    #[must_use]
    pub fn comments(&self, repo: &str, number: u64) -> Vec<CommentView> {
        let state = self.inner.state();
        let issue = state.repo(repo).ok().and_then(|repo| repo.issue(number));
        let comments = issue.map_or(&[][..], |issue| issue.comments.as_slice());
        comments
            .iter()
            .map(|comment| CommentView {
                id: comment.id,
                author: comment.author.clone(),
                body: comment.body.clone(),
                created_at: comment.created,
                updated_at: comment.updated,
            })
            .collect()
    }

    /// All pull requests, by number.
    #[must_use]
    pub fn pulls(&self, repo: &str) -> Vec<PullView> {
        let state = self.inner.state();
        let Ok(repo) = state.repo(repo) else {
            return Vec::new();
        };
        let issues = repo.issues.iter();
        let pulls = issues.filter_map(|issue| Some((issue, issue.pull.as_ref()?)));
        pulls
            .map(|(issue, pull)| PullView {
                number: issue.number,
                head: pull.head.clone(),
                base: pull.base.clone(),
                title: issue.title.clone(),
                body: issue.body.clone(),
                author: issue.author.clone(),
                labels: names(repo, issue),
                assignees: issue.assignees.clone(),
                state: match (&pull.merged, issue.closed) {
                    (Some(_), _) => "merged",
                    (None, Some(_)) => "closed",
                    (None, None) => "open",
                },
                head_sha: compare::ends(&self.inner, repo, issue.number, pull).head,
            })
            .collect()
    }

    /// All branches with the commit they hold, by name.
    #[must_use]
    pub fn branches(&self, repo: &str) -> Vec<(String, String)> {
        let dir = self.with_repo(repo, |repo| repo.git_dir.clone());
        dir.map_or_else(
            |_| Vec::new(),
            |dir| bare::branches(&dir).into_iter().collect(),
        )
    }

    /// A file of a branch.
    #[must_use]
    pub fn file_at(&self, repo: &str, branch: &str, path: &str) -> Option<String> {
        let dir = self.with_repo(repo, |repo| repo.git_dir.clone()).ok()?;
        let spec = format!("refs/heads/{branch}:{path}");
        let output = git::run(&dir, &["show", &spec], &[]).ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then_some(text)
    }

    /// The commits of a branch, newest first.
    #[must_use]
    pub fn commits(&self, repo: &str, branch: &str) -> Vec<bare::Commit> {
        let dir = self.with_repo(repo, |repo| repo.git_dir.clone());
        let reference = format!("refs/heads/{branch}");
        dir.map_or_else(|_| Vec::new(), |dir| bare::log(&dir, &reference, None))
    }
}

fn names(repo: &super::state::Repo, issue: &super::state::Issue) -> Vec<String> {
    let own = repo
        .labels
        .iter()
        .filter(|label| issue.labels.contains(&label.id));
    own.map(|label| label.name.clone()).collect()
}
