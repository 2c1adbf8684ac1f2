//! Issues, comments and labels on the wire.

use super::View;
use crate::sandbox::state::{Comment, Issue, Label, Repo};
use serde_json::{Value, json};

fn milestone(issue: &Issue) -> Value {
    issue
        .milestone
        .as_ref()
        .map_or(Value::Null, |(title, due)| {
            json!({
                "id": 1, "title": title, "description": "", "state": "open",
                "open_issues": 1, "closed_issues": 0, "closed_at": null,
                "due_on": format!("{due}T23:59:59Z"),
            })
        })
}

impl View<'_> {
    /// An issue, or a pull request as an issue.
    pub fn issue(&self, repo: &Repo, issue: &Issue) -> Value {
        let (base, full) = (&self.world.base, repo.full_name());
        let pull = issue.pull.as_ref().map(|pull| {
            json!({
                "merged": pull.merged.is_some(),
                "merged_at": pull.merged.as_ref().map(|it| self.time(it.at)),
                "draft": is_draft(&issue.title), "html_url": self.page(repo, issue),
            })
        });
        let mut assignees = self.assignees(issue);
        if issue.assignees.is_empty() {
            assignees = Value::Null;
        }
        json!({
            "id": issue.id, "url": format!("{base}/api/v1/repos/{full}/issues/{}", issue.number),
            "html_url": self.page(repo, issue), "number": issue.number,
            "user": self.user(&issue.author), "original_author": "", "original_author_id": 0,
            "title": issue.title, "body": issue.body, "ref": "", "assets": [],
            "labels": self.labels_of(repo, issue), "milestone": milestone(issue),
            "assignee": self.assignee(issue), "assignees": assignees,
            "state": state(issue), "is_locked": false, "comments": issue.comments.len(),
            "created_at": self.time(issue.created), "updated_at": self.time(issue.updated),
            "closed_at": issue.closed.map(|at| self.time(at)), "due_date": null,
            "time_estimate": 0, "pull_request": pull,
            "repository": {"id": repo.id, "name": repo.name, "owner": repo.owner, "full_name": full},
            "pin_order": 0,
        })
    }

    pub(super) fn assignee(&self, issue: &Issue) -> Value {
        issue
            .assignees
            .first()
            .map_or(Value::Null, |login| self.user(login))
    }

    pub(super) fn assignees(&self, issue: &Issue) -> Value {
        issue
            .assignees
            .iter()
            .map(|login| self.user(login))
            .collect()
    }

    /// A comment; one of the two addresses is empty.
    pub fn comment(&self, repo: &Repo, issue: &Issue, comment: &Comment) -> Value {
        let page = self.page(repo, issue);
        let (on_issue, on_pull) = match issue.pull {
            Some(_) => ("", page.as_str()),
            None => (page.as_str(), ""),
        };
        json!({
            "id": comment.id, "html_url": format!("{page}#issuecomment-{}", comment.id),
            "pull_request_url": on_pull, "issue_url": on_issue,
            "user": self.user(&comment.author), "original_author": "", "original_author_id": 0,
            "body": comment.body, "assets": [],
            "created_at": self.time(comment.created), "updated_at": self.time(comment.updated),
        })
    }

    /// A label.
    pub fn label(&self, repo: &Repo, label: &Label) -> Value {
        let api = format!("{}/api/v1/repos/{}", self.world.base, repo.full_name());
        json!({
            "id": label.id, "name": label.name, "exclusive": false, "is_archived": false,
            "color": label.color, "description": label.description,
            "url": format!("{api}/labels/{}", label.id),
        })
    }

    /// An issue's labels, by name.
    pub fn labels_of(&self, repo: &Repo, issue: &Issue) -> Value {
        let mut own: Vec<&Label> = repo
            .labels
            .iter()
            .filter(|label| issue.labels.contains(&label.id))
            .collect();
        own.sort_by(|a, b| a.name.cmp(&b.name));
        own.into_iter()
            .map(|label| self.label(repo, label))
            .collect()
    }

    /// The page of an issue or pull request.
    pub fn page(&self, repo: &Repo, issue: &Issue) -> String {
        let kind = if issue.pull.is_some() {
            "pulls"
        } else {
            "issues"
        };
        let base = &self.world.base;
        format!("{base}/{}/{kind}/{}", repo.full_name(), issue.number)
    }
}

pub(super) fn state(issue: &Issue) -> &'static str {
    if issue.closed.is_some() {
        "closed"
    } else {
        "open"
    }
}

/// Whether a title marks unfinished work.
pub(in crate::sandbox) fn is_draft(title: &str) -> bool {
    let title = title.trim_start().to_ascii_uppercase();
    title.starts_with("WIP:") || title.starts_with("[WIP]")
}
