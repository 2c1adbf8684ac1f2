//! The mention protocol: somebody's text becomes mentions, and the factory's
//! own comments carry marks that only it can write.
//!
//! Invariant: the same text gives the same mentions, ids and marks on any
//! machine; nothing found in text is believed beyond what the grammar or the
//! HMAC proves. Text is data: it is cut out and handed on, never interpreted.
//!
//! Start with [`grammar`] (what a mention is), then [`read`] (a passage, or
//! the edit of one, becomes rows) and [`marker`] (the hidden line); [`call`] is an agent's mention.

pub mod call;
pub mod grammar;
pub mod identity;
mod markdown;
pub mod marker;
pub mod read;
mod schema;
mod wire;

pub use call::neutral;
pub use grammar::{Found, MENTIONS_MAX, find, is_name, malformed, named};
pub use identity::{
    branch, caller, digest, is_passage, mention_id, pick, pick_origin, said_origin, slot_origin,
    task_id,
};
pub use marker::{MarkerKey, is_marked};
pub use read::{changed, mentions};
pub use schema::{MentionForm, schema};
