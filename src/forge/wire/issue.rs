//! Issues, comments, labels and dependencies as the servers write them.
//!
//! Invariant: the number of a comment's issue is taken from the end of the
//! address it carries; the address itself is never used.

use super::{User, author, lenient_list, lf, nullable, time};
use crate::{
    forge::{Comment, Dependency, IssueItem, Label},
    model::{self, Time},
};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Issue {
    #[serde(deserialize_with = "nullable")]
    pub(crate) number: u64,
    #[serde(deserialize_with = "nullable")]
    title: String,
    #[serde(deserialize_with = "nullable")]
    body: String,
    #[serde(deserialize_with = "nullable")]
    state: String,
    user: Option<User>,
    #[serde(deserialize_with = "nullable")]
    original_author: String,
    #[serde(deserialize_with = "nullable")]
    original_author_id: i64,
    #[serde(deserialize_with = "lenient_list")]
    pub(crate) labels: Vec<Label>,
    #[serde(deserialize_with = "lenient_list")]
    pub(crate) assignees: Vec<User>,
    #[serde(deserialize_with = "time")]
    created_at: Time,
    #[serde(deserialize_with = "time")]
    updated_at: Time,
    milestone: Option<Milestone>,
    pull_request: Option<serde::de::IgnoredAny>,
    pub(crate) repository: Option<RepositoryRef>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Milestone {
    #[serde(deserialize_with = "nullable")]
    title: String,
    #[serde(deserialize_with = "nullable")]
    due_on: String,
}

impl Milestone {
    /// The day alone is kept; a year before any forge's is "never".
    fn read(self) -> model::Milestone {
        let day = self.due_on.get(..10).filter(|day| {
            let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
            day.split('-').all(digits) && *day > "2000-01-01"
        });
        model::Milestone {
            due: day.map(str::to_owned),
            title: self.title,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RepositoryRef {
    #[serde(deserialize_with = "nullable")]
    pub(crate) id: i64,
    #[serde(deserialize_with = "nullable")]
    full_name: String,
}

impl Issue {
    /// `None` for the zeroed object that stands for something unreadable.
    pub(crate) fn item(self) -> Option<IssueItem> {
        if self.number == 0 {
            return None;
        }
        Some(IssueItem {
            issue: model::Issue {
                number: self.number,
                is_pull: self.pull_request.is_some(),
                title: self.title,
                open: self.state != "closed",
                author: author(self.user, &self.original_author, self.original_author_id),
                labels: self.labels.into_iter().map(|label| label.name).collect(),
                milestone: self.milestone.map(Milestone::read),
                updated_at: self.updated_at,
                changed_at: self.created_at,
                outsider: false,
                reworded_at: Time::default(),
            },
            body: lf(&self.body),
            created_at: self.created_at,
        })
    }

    /// A blocker; one that may not be read keeps its place with number 0.
    pub(crate) fn dependency(self) -> Dependency {
        Dependency {
            number: self.number,
            open: self.state != "closed",
            repo: self.repository.map(|r| r.full_name).unwrap_or_default(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawComment {
    #[serde(deserialize_with = "nullable")]
    id: i64,
    #[serde(deserialize_with = "nullable")]
    body: String,
    user: Option<User>,
    #[serde(deserialize_with = "nullable")]
    original_author: String,
    #[serde(deserialize_with = "nullable")]
    original_author_id: i64,
    #[serde(deserialize_with = "time")]
    created_at: Time,
    #[serde(deserialize_with = "time")]
    updated_at: Time,
    #[serde(deserialize_with = "nullable")]
    issue_url: String,
    #[serde(deserialize_with = "nullable")]
    pull_request_url: String,
}

impl RawComment {
    /// `None` when it has no id or its issue cannot be told.
    pub(crate) fn comment(self) -> Option<Comment> {
        let is_pull = self.issue_url.is_empty();
        let url = if is_pull {
            &self.pull_request_url
        } else {
            &self.issue_url
        };
        let issue = last_number(url)?;
        (self.id > 0).then(|| Comment {
            id: self.id,
            issue,
            is_pull,
            author: author(self.user, &self.original_author, self.original_author_id),
            body: lf(&self.body),
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

fn last_number(url: &str) -> Option<u64> {
    let path = url.split(['?', '#']).next()?;
    let last = path.trim_end_matches('/').rsplit('/').next()?;
    last.parse().ok().filter(|number| *number > 0)
}
