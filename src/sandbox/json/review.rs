//! Reviews and their inline comments on the wire.

use super::View;
use crate::sandbox::state::{Inline, Issue, Repo, Review};
use serde_json::{Value, json};

impl View<'_> {
    /// A review; its address is that of the comment that shows it.
    pub fn review(&self, repo: &Repo, issue: &Issue, review: &Review) -> Value {
        let page = self.page(repo, issue);
        json!({
            "id": review.id, "user": self.user(&review.author), "team": null,
            "state": review.state, "body": review.body, "commit_id": review.commit,
            "stale": false, "official": review.official, "dismissed": false,
            "comments_count": review.inline.len(), "submitted_at": self.time(review.created),
            "updated_at": self.time(review.updated),
            "html_url": format!("{page}#issuecomment-{}", review.comment), "pull_request_url": page,
        })
    }

    /// A comment on a line.
    pub fn inline(&self, repo: &Repo, issue: &Issue, review: &Review, inline: &Inline) -> Value {
        let page = self.page(repo, issue);
        let (said, line) = (&inline.said, inline.line.unsigned_abs());
        let (new, old) = if inline.line < 0 {
            (0, line)
        } else {
            (line, 0)
        };
        json!({
            "id": said.id, "body": said.body, "user": self.user(&said.author), "resolver": null,
            "pull_request_review_id": review.id, "created_at": self.time(said.created),
            "updated_at": self.time(said.updated), "path": inline.path, "commit_id": review.commit,
            "original_commit_id": "", "diff_hunk": inline.hunk, "position": new,
            "original_position": old, "html_url": format!("{page}#issuecomment-{}", said.id),
            "pull_request_url": page,
        })
    }
}
