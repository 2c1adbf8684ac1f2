//! Reviews and their inline comments as the servers write them.
//!
//! Invariant: a review that is only asked for, or not yet sent, is nobody's
//! word and becomes nothing.

use super::{User, lf, nullable, person, time};
use crate::{
    forge::{InlineComment, Review},
    model::Time,
};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawReview {
    #[serde(deserialize_with = "nullable")]
    id: i64,
    user: Option<User>,
    #[serde(deserialize_with = "nullable")]
    state: String,
    #[serde(deserialize_with = "nullable")]
    body: String,
    #[serde(deserialize_with = "nullable")]
    comments_count: u32,
    #[serde(deserialize_with = "time")]
    submitted_at: Time,
    #[serde(deserialize_with = "time")]
    updated_at: Time,
}

impl RawReview {
    /// Whether somebody has said something by it.
    pub(crate) fn is_sent(&self) -> bool {
        !matches!(self.state.as_str(), "PENDING" | "REQUEST_REVIEW")
    }

    /// `None` when it has no id.
    pub(crate) fn review(self) -> Option<Review> {
        (self.id > 0).then(|| Review {
            id: self.id,
            author: person(self.user),
            body: lf(&self.body),
            inline: self.comments_count,
            created_at: self.submitted_at,
            updated_at: self.updated_at,
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawInline {
    #[serde(deserialize_with = "nullable")]
    id: i64,
    user: Option<User>,
    #[serde(deserialize_with = "nullable")]
    body: String,
    #[serde(deserialize_with = "nullable")]
    path: String,
    #[serde(deserialize_with = "nullable")]
    position: u64,
    #[serde(deserialize_with = "nullable")]
    original_position: u64,
    #[serde(deserialize_with = "time")]
    created_at: Time,
    #[serde(deserialize_with = "time")]
    updated_at: Time,
}

impl RawInline {
    /// `None` when it has no id.
    pub(crate) fn comment(self) -> Option<InlineComment> {
        (self.id > 0).then(|| InlineComment {
            id: self.id,
            author: person(self.user),
            body: lf(&self.body),
            path: self.path,
            line: if self.position > 0 {
                self.position
            } else {
                self.original_position
            },
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}
