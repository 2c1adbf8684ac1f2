//! Comments: the repository's since a moment, an issue's, one; and writing them.
//!
//! Invariant: `since` speaks of the last change and is inclusive to the whole
//! second, while the order is by creation; so a cursor is a time that the server
//! said, never the last item. Only plain comments appear; reviews do not.

use super::{
    Client, Endpoint, ForgeError, Listing,
    issues::nothing,
    wire::{self, issue::RawComment},
};
use crate::model::{Person, Time};
use serde_json::json;

/// A comment in the conversation of an issue or pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The forge's number for it; later comments have higher ones.
    pub id: i64,
    /// The issue or pull request.
    pub issue: u64,
    /// Whether that is a pull request.
    pub is_pull: bool,
    /// Who the forge shows as its writer; an editor is never told.
    pub author: Person,
    /// The text, LF only.
    pub body: String,
    /// When it was written.
    pub created_at: Time,
    /// When it was last edited.
    pub updated_at: Time,
}

impl Client {
    /// Comments of the whole repository last changed at or after `since`.
    ///
    /// # Errors
    /// Any [`ForgeError`] of a read.
    pub async fn comments_since(&self, since: Time) -> Result<Listing<Comment>, ForgeError> {
        let call = self
            .call(
                Endpoint::Comments,
                "the comment list",
                &["issues", "comments"],
            )
            .query("since", wire::format_time(since));
        let listing: Listing<RawComment> = self.all(&call).await?;
        Ok(listing.convert(RawComment::comment).distinct(|c| c.id))
    }

    /// All comments of an issue or pull request; the server does not page them.
    ///
    /// # Errors
    /// [`ForgeError::NotFound`] when there is no such issue; else any of a read.
    pub async fn comments_of(&self, number: u64) -> Result<Vec<Comment>, ForgeError> {
        let call = self.call(
            Endpoint::IssueComments,
            format!("issue {number}"),
            &["issues", &number.to_string(), "comments"],
        );
        let listing: Listing<RawComment> = match self.whole(&call).await {
            Ok(listing) => listing,
            Err(error) => return Err(self.missing_or(error, number).await),
        };
        Ok(listing.convert(RawComment::comment).items)
    }

    /// One comment, if it is there and is a plain comment.
    ///
    /// # Errors
    /// Any [`ForgeError`] of a read but [`ForgeError::NotFound`].
    pub async fn comment(&self, id: i64) -> Result<Option<Comment>, ForgeError> {
        let call = self.call(
            Endpoint::Comment,
            format!("comment {id}"),
            &["issues", "comments", &id.to_string()],
        );
        let reply = match self.send(&call).await {
            Ok(reply) => reply,
            Err(ForgeError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        // 204: the number belongs to an event, not to a comment.
        if reply.status == 204 {
            return Ok(None);
        }
        Ok(reply.json::<RawComment>()?.comment())
    }

    /// Writes a comment.
    ///
    /// # Errors
    /// [`ForgeError::NotFound`] when there is no such issue, on every server; else
    /// any [`ForgeError`], see its verdict.
    pub async fn post_comment(&self, number: u64, body: &str) -> Result<Comment, ForgeError> {
        let at = Endpoint::PostComment;
        let call = self
            .call(
                at,
                format!("issue {number}"),
                &["issues", &number.to_string(), "comments"],
            )
            .json(&json!({ "body": body }))?;
        let reply = match self.send(&call).await {
            Ok(reply) => reply,
            Err(error) => return Err(self.missing_or(error, number).await),
        };
        reply
            .json::<RawComment>()?
            .comment()
            .ok_or_else(|| nothing(at, "the comment"))
    }

    /// Gives a comment a new text.
    ///
    /// # Errors
    /// [`ForgeError::NotFound`] when it is gone; else any [`ForgeError`].
    pub async fn edit_comment(&self, id: i64, body: &str) -> Result<Comment, ForgeError> {
        let at = Endpoint::EditComment;
        let what = format!("comment {id}");
        let call = self
            .call(at, what.clone(), &["issues", "comments", &id.to_string()])
            .json(&json!({ "body": body }))?;
        let reply = self.send(&call).await?;
        if reply.status == 204 {
            return Err(ForgeError::NotFound { at, what });
        }
        reply
            .json::<RawComment>()?
            .comment()
            .ok_or_else(|| nothing(at, "the comment"))
    }

    /// Deletes a comment; one that is gone already is as good.
    ///
    /// # Errors
    /// Any [`ForgeError`] but [`ForgeError::NotFound`].
    pub async fn delete_comment(&self, id: i64) -> Result<(), ForgeError> {
        let call = self.call(
            Endpoint::DeleteComment,
            format!("comment {id}"),
            &["issues", "comments", &id.to_string()],
        );
        match self.send(&call).await {
            Ok(_) | Err(ForgeError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
