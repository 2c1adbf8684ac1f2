//! Why a poll came to nothing: the forge, the ledger, or another repository of the same name.
//!
//! Invariant: nothing is lost by any of them; the next poll reads it again.

use crate::forge::ForgeError;
use crate::store::StoreError;

/// Why a poll came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum SenseError {
    /// The forge.
    #[error(transparent)]
    Forge(#[from] ForgeError),
    /// The ledger.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The configured name now belongs to another repository.
    #[error(
        "`{name}` is now another repository (number {now}, was {was}); correct `[gitea] repo`, or use a new state directory for it"
    )]
    OtherRepository {
        /// The configured name.
        name: String,
        /// The number it has now.
        now: i64,
        /// The number the ledger is about.
        was: i64,
    },
}
