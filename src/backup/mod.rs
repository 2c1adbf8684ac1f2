//! A project becomes one file, and that file a project again on another host.
//!
//! [`make`] takes the ledger (a consistent copy, while the factory runs), the
//! factory's id, the key of its marks, the config and the files it names;
//! [`restore`] puts them back and prepares the ledger to go on
//! ([`crate::decide::rejoin`]). What each entry is and its digest stand in the
//! [`manifest`], which comes first.
//!
//! Invariant: no token and no provider's key is ever in a backup; what is restored
//! was checked against the manifest, and nothing that exists is overwritten. What is not
//! whole yet lies in a [`draft`] that nobody else can look into.

mod draft;
mod make;
mod manifest;
mod put;
pub mod references;
mod restore;

pub use make::{Made, make, prune};
pub use manifest::{Entry, Manifest};
pub use restore::{Restored, restore};

use crate::store::StoreError;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why a backup could not be made or restored; nothing is half-written then.
#[derive(Debug, Error)]
pub enum BackupError {
    /// A file could not be read or written.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The ledger.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file is no backup, or not whole.
    #[error("{} is no whole backup: {what}; take another one", path.display())]
    Damaged {
        /// The backup.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Made by a later version.
    #[error("{} was made by adf {adf}, which this version cannot read; install that version and restore again", path.display())]
    Newer {
        /// The backup.
        path: PathBuf,
        /// The version that made it.
        adf: String,
    },
    /// Something stands where it would be written.
    #[error("{} exists already, and nothing is overwritten; move it away, or name another", path.display())]
    Exists {
        /// What exists.
        path: PathBuf,
    },
    /// The config in the backup is refused.
    #[error("the config in the backup is refused:\n{0}")]
    Config(String),
}

impl BackupError {
    /// A fault of the unpacked ledger, told as one of the backup it came from.
    fn of_backup(self, backup: &Path) -> BackupError {
        let path = backup.to_owned();
        match self {
            BackupError::Store(StoreError::Newer { found, .. }) => BackupError::Newer {
                path,
                adf: format!("of a later day (its ledger has schema {found})"),
            },
            BackupError::Store(StoreError::Corrupt { what, .. }) => BackupError::Damaged {
                path,
                what: format!("its ledger is damaged: {what}"),
            },
            other => other,
        }
    }

    fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> BackupError {
        let path = path.to_owned();
        move |source| BackupError::Io { what, path, source }
    }
}
