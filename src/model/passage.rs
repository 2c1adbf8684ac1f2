//! A passage: one piece of somebody's text on the forge, kept verbatim.
//!
//! Invariant: a stored version is never changed; an edit is a new version.

use super::{PassageKey, Person, Time};
use serde::{Deserialize, Serialize};

/// One version of a body or comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// Where it stands.
    pub key: PassageKey,
    /// The issue or pull request it belongs to.
    pub issue: u64,
    /// Counts the versions seen, from 1.
    pub version: u32,
    /// Who the forge shows as its writer; an editor is never told.
    pub author: Person,
    /// The text as it came, CRLF made LF.
    pub body: String,
    /// The forge's time of creation.
    pub created_at: Time,
    /// The forge's time of the last change (of a body: of its whole issue).
    pub updated_at: Time,
    /// When the factory first saw this version.
    pub seen_at: Time,
}
