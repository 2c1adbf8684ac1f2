//! What was said in reviews of a pull request: their bodies and inline comments.
//!
//! Invariant: there is no list of a whole repository's reviews and no `since`;
//! what is read is one pull request's, whole. A pull request that is gone has
//! none.

use super::{
    Client, Endpoint, ForgeError, Listing,
    wire::review::{RawInline, RawReview},
};
use crate::model::{Person, Time};

/// A review that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The forge's number for it; not a comment's.
    pub id: i64,
    /// Who the forge shows as its writer.
    pub author: Person,
    /// The text, LF only; may be empty.
    pub body: String,
    /// How many inline comments it holds.
    pub inline: u32,
    /// When it was begun.
    pub created_at: Time,
    /// When it was last changed: sent, dismissed, called stale.
    pub updated_at: Time,
}

/// A comment on a line of a pull request's changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InlineComment {
    /// The forge's number for it, among those of comments.
    pub id: i64,
    /// Who the forge shows as its writer; an editor is never told.
    pub author: Person,
    /// The text, LF only.
    pub body: String,
    /// The file.
    pub path: String,
    /// The line, of the new side where there is one; 0 when it has none.
    pub line: u64,
    /// When it was written.
    pub created_at: Time,
    /// When it was last changed; a push over its line counts too.
    pub updated_at: Time,
}

/// All that reviews say of one pull request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reviews {
    /// Reviews, oldest first.
    pub reviews: Vec<Review>,
    /// Their inline comments.
    pub inline: Vec<InlineComment>,
    /// Items that could not be read.
    pub skipped: u32,
}

impl Client {
    /// What was said in reviews of a pull request.
    ///
    /// # Errors
    /// Any [`ForgeError`] of a read but [`ForgeError::NotFound`].
    pub async fn reviews(&self, pull: u64) -> Result<Reviews, ForgeError> {
        let call = self.call(
            Endpoint::Reviews,
            format!("the reviews of pull request {pull}"),
            &["pulls", &pull.to_string(), "reviews"],
        );
        let mut listing: Listing<RawReview> = match self.all(&call).await {
            Ok(listing) => listing,
            Err(ForgeError::NotFound { .. }) => return Ok(Reviews::default()),
            Err(error) => return Err(error),
        };
        listing.items.retain(RawReview::is_sent);
        let listing = listing.convert(RawReview::review).distinct(|r| r.id);
        let mut found = Reviews {
            reviews: listing.items,
            inline: Vec::new(),
            skipped: listing.skipped,
        };
        for review in found.reviews.iter().filter(|r| r.inline > 0) {
            let inline = self.inline_comments(pull, review.id).await?;
            found.skipped = found.skipped.saturating_add(inline.skipped);
            found.inline.extend(inline.items);
        }
        Ok(found)
    }

    /// The inline comments of a review; the server does not page them.
    async fn inline_comments(
        &self,
        pull: u64,
        review: i64,
    ) -> Result<Listing<InlineComment>, ForgeError> {
        let call = self.call(
            Endpoint::ReviewComments,
            format!("the comments of review {review}"),
            &[
                "pulls",
                &pull.to_string(),
                "reviews",
                &review.to_string(),
                "comments",
            ],
        );
        let listing: Listing<RawInline> = match self.whole(&call).await {
            Ok(listing) => listing,
            // Taken back since the list was read.
            Err(ForgeError::NotFound { .. }) => Listing {
                items: Vec::new(),
                server_time: None,
                skipped: 0,
            },
            Err(error) => return Err(error),
        };
        Ok(listing.convert(RawInline::comment).distinct(|c| c.id))
    }
}
