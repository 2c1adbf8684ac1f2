//! Pull requests on the wire: full for one, leaner in a list.

use super::{
    View,
    issue::{is_draft, state},
};
use crate::sandbox::{
    bare::Changed,
    compare::{Ends, ends},
    state::{Issue, Pull, Repo},
};
use serde_json::{Value, json};

impl View<'_> {
    /// A pull request as its own address gives it.
    pub fn pull(&self, repo: &Repo, issue: &Issue, pull: &Pull) -> Value {
        self.render_pull(repo, issue, pull, true)
    }

    /// A pull request as a list gives it: nulls for empty lists, no counts.
    pub fn pull_row(&self, repo: &Repo, issue: &Issue, pull: &Pull) -> Value {
        self.render_pull(repo, issue, pull, false)
    }

    fn render_pull(&self, repo: &Repo, issue: &Issue, pull: &Pull, full: bool) -> Value {
        let ends = ends(self.world, repo, issue.number, pull);
        let page = self.page(repo, issue);
        let none = if full { json!([]) } else { Value::Null };
        let mut assignees = self.assignees(issue);
        if !full && issue.assignees.is_empty() {
            assignees = Value::Null;
        }
        let open = pull.merged.is_none() && issue.closed.is_none();
        let mut value = json!({
            "id": pull.id, "url": page, "number": issue.number, "user": self.user(&issue.author),
            "title": issue.title, "body": issue.body, "labels": self.labels_of(repo, issue),
            "milestone": null, "assignee": self.assignee(issue), "assignees": assignees,
            "requested_reviewers": none, "requested_reviewers_teams": none,
            "state": state(issue), "draft": is_draft(&issue.title), "is_locked": false,
            "comments": issue.comments.len(),
        });
        let counts = if full { counts(&ends) } else { json!({}) };
        let rest = json!({
            "html_url": page, "diff_url": format!("{page}.diff"), "patch_url": format!("{page}.patch"),
            "mergeable": open && ends.mergeable && !is_draft(&issue.title),
            "merged": pull.merged.is_some(),
            "merged_at": pull.merged.as_ref().map(|it| self.time(it.at)),
            "merge_commit_sha": pull.merged.as_ref().map(|it| it.sha.as_str()),
            "merged_by": pull.merged.as_ref().filter(|_| full).map(|it| self.user(&it.by)),
            "allow_maintainer_edit": false,
            "base": self.end(repo, &pull.base, &pull.base, &ends.base),
            "head": self.end(repo, &pull.head, &ends.head_ref, &ends.head),
            "merge_base": ends.merge_base, "due_date": null,
            "created_at": self.time(issue.created), "updated_at": self.time(issue.updated),
            "closed_at": issue.closed.map(|at| self.time(at)), "pin_order": 0,
        });
        if let Value::Object(map) = &mut value {
            for more in [counts, rest] {
                if let Value::Object(more) = more {
                    map.extend(more);
                }
            }
        }
        value
    }

    fn end(&self, repo: &Repo, label: &str, reference: &str, sha: &str) -> Value {
        json!({
            "label": label, "ref": reference, "sha": sha,
            "repo_id": repo.id, "repo": self.repo(repo),
        })
    }

    /// A file that a pull request changes.
    pub fn file(&self, repo: &Repo, file: &Changed, head: &str) -> Value {
        let (base, full, path) = (&self.world.base, repo.full_name(), &file.path);
        json!({
            "filename": path, "status": file.status, "additions": file.additions,
            "deletions": file.deletions, "changes": file.additions + file.deletions,
            "html_url": format!("{base}/{full}/src/commit/{head}/{path}"),
            "contents_url": format!("{base}/api/v1/repos/{full}/contents/{path}?ref={head}"),
            "raw_url": format!("{base}/{full}/raw/commit/{head}/{path}"),
        })
    }
}

fn counts(ends: &Ends) -> Value {
    let added: u64 = ends.files.iter().map(|file| file.additions).sum();
    let deleted: u64 = ends.files.iter().map(|file| file.deletions).sum();
    json!({"additions": added, "deletions": deleted, "changed_files": ends.files.len()})
}
