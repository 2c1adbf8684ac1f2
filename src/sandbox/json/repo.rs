//! Repositories, branches, commits and statuses on the wire.

use super::{NEVER, View};
use crate::model::Time;
use crate::sandbox::{
    bare::{self, Commit},
    state::{Permission, Repo, Status},
};
use serde_json::{Value, json};

impl View<'_> {
    /// A repository as the viewer may use it.
    pub fn repo(&self, repo: &Repo) -> Value {
        let right = repo.right(self.actor.map(|actor| actor.login.as_str()));
        let (base, full) = (&self.world.base, repo.full_name());
        let open = |pulls: bool| {
            let issues = repo.issues.iter();
            issues
                .filter(|it| it.closed.is_none() && it.pull.is_some() == pulls)
                .count()
        };
        let mut value = json!({
            "id": repo.id, "owner": self.user(&repo.owner), "name": repo.name, "full_name": full,
            "description": "", "empty": bare::branch(&repo.git_dir, "main").is_none(),
            "private": repo.private, "fork": false, "template": false, "mirror": false,
            "size": 25, "language": "",
            "languages_url": format!("{base}/api/v1/repos/{full}/languages"),
            "html_url": format!("{base}/{full}"), "url": format!("{base}/api/v1/repos/{full}"),
            "link": "", "ssh_url": format!("git@localhost:{full}.git"),
            "clone_url": format!("{base}/{full}.git"), "original_url": "", "website": "",
            "stars_count": 0, "forks_count": 0, "watchers_count": 1,
            "open_issues_count": open(false), "open_pr_counter": open(true), "release_counter": 0,
            "default_branch": "main", "archived": repo.archived.is_some(),
            "created_at": self.time(repo.created), "updated_at": self.time(repo.updated),
            "archived_at": self.time(repo.archived.unwrap_or(Time(0))),
            "permissions": {
                "admin": right >= Permission::Admin,
                "push": right >= Permission::Write,
                "pull": right >= Permission::Read,
            },
        });
        if let (Value::Object(map), Value::Object(more)) = (&mut value, settings()) {
            map.extend(more);
        }
        value
    }

    /// A branch and whether the viewer may push to it.
    pub fn branch(&self, repo: &Repo, name: &str, commit: &Commit) -> Value {
        let right = repo.right(self.actor.map(|actor| actor.login.as_str()));
        let protected = repo.protected.contains(name);
        let writer = right >= Permission::Write;
        let shown = protected && right >= Permission::Admin;
        json!({
            "name": name, "commit": self.payload_commit(repo, commit), "protected": protected,
            "required_approvals": 0, "enable_status_check": false,
            "status_check_contexts": if protected { Value::Null } else { json!([]) },
            "user_can_push": writer && !protected, "user_can_merge": writer,
            "effective_branch_protection_name": if shown { name } else { "" },
        })
    }

    fn payload_commit(&self, repo: &Repo, commit: &Commit) -> Value {
        let person = |(name, email): &(String, String)| {
            let known = self
                .state
                .user(name)
                .filter(|it| super::email(&it.login) == *email);
            json!({"name": name, "email": email, "username": known.map_or("", |it| it.login.as_str())})
        };
        json!({
            "id": commit.sha, "message": commit.message,
            "url": format!("{}/{}/commit/{}", self.world.base, repo.full_name(), commit.sha),
            "author": person(&commit.author), "committer": person(&commit.committer),
            "verification": unsigned(), "timestamp": self.time(Time::from_seconds(commit.seconds)),
            "added": null, "removed": null, "modified": null,
        })
    }

    /// A commit of a pull request's list, with its files and counts.
    pub fn commit(&self, repo: &Repo, commit: &Commit) -> Value {
        let api = format!("{}/api/v1/repos/{}/git", self.world.base, repo.full_name());
        let url = format!("{api}/commits/{}", commit.sha);
        let date = self.time(Time::from_seconds(commit.seconds));
        let person =
            |(name, email): &(String, String)| json!({"name": name, "email": email, "date": date});
        let files = commit.parents.first().map_or_else(Vec::new, |parent| {
            bare::changed(&repo.git_dir, parent, &commit.sha)
        });
        let added: u64 = files.iter().map(|file| file.additions).sum();
        let deleted: u64 = files.iter().map(|file| file.deletions).sum();
        let named: Vec<Value> = files
            .iter()
            .map(|file| {
                let status = if file.status == "changed" {
                    "modified"
                } else {
                    file.status
                };
                json!({"filename": file.path, "status": status})
            })
            .collect();
        let parents: Vec<Value> = commit
            .parents
            .iter()
            .map(|sha| json!({"url": format!("{api}/commits/{sha}"), "sha": sha, "created": NEVER}))
            .collect();
        json!({
            "url": url, "sha": commit.sha, "created": date,
            "html_url": format!("{}/{}/commit/{}", self.world.base, repo.full_name(), commit.sha),
            "commit": {
                "url": url, "author": person(&commit.author), "committer": person(&commit.committer),
                "message": commit.message,
                "tree": {"url": format!("{api}/trees/{}", commit.tree), "sha": commit.tree, "created": date},
                "verification": unsigned(),
            },
            "author": null, "committer": null, "parents": parents, "files": named,
            "stats": {"total": added + deleted, "additions": added, "deletions": deleted},
        })
    }

    /// A commit status; `index` counts those of its commit from 1.
    pub fn status(&self, repo: &Repo, status: &Status, index: usize) -> Value {
        let api = format!("{}/api/v1/repos/{}", self.world.base, repo.full_name());
        json!({
            "id": index, "status": status.state, "target_url": status.target_url,
            "description": status.description, "url": format!("{api}/statuses/{}", status.sha),
            "context": status.context, "creator": self.user(&status.creator),
            "created_at": self.time(status.created), "updated_at": self.time(status.created),
        })
    }
}

fn unsigned() -> Value {
    json!({
        "verified": false, "reason": "gpg.error.not_signed_commit",
        "signature": "", "signer": null, "payload": "",
    })
}

/// What every repository here has in common: a stock server's defaults.
fn settings() -> Value {
    json!({
        "has_code": true, "has_issues": true,
        "internal_tracker": {
            "enable_time_tracker": true, "allow_only_contributors_to_track_time": true,
            "enable_issue_dependencies": true,
        },
        "has_wiki": true, "has_pull_requests": true, "has_projects": true, "projects_mode": "all",
        "has_releases": true, "has_packages": true, "has_actions": false,
        "ignore_whitespace_conflicts": false, "allow_merge_commits": true, "allow_rebase": true,
        "allow_rebase_explicit": true, "allow_squash_merge": true,
        "allow_fast_forward_only_merge": true, "allow_rebase_update": true,
        "allow_manual_merge": false, "autodetect_manual_merge": false,
        "default_delete_branch_after_merge": false, "default_merge_style": "merge",
        "default_allow_maintainer_edit": false, "avatar_url": "", "internal": false,
        "mirror_interval": "", "object_format_name": "sha1", "mirror_updated": NEVER,
        "topics": [], "licenses": [],
    })
}
