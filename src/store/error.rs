//! What can go wrong with the ledger, each with what would help.
//!
//! Invariant: every error names the file and the remedy; [`StoreError::is_fatal`]
//! tells what time cannot mend.

use super::lock::Holder;
use rusqlite::{Error as Sql, ErrorCode};
use std::{io, path::Path, path::PathBuf};
use thiserror::Error;

/// A fault of the ledger or of a file beside it.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The state directory is another project's.
    #[error(
        "the state belongs to project `{found}`, and this is `{wanted}`; give each project a [project] state_dir of its own, or, when it was renamed, delete {}",
        path.display()
    )]
    OtherProject {
        /// What says so.
        path: PathBuf,
        /// Whose it is.
        found: String,
        /// Who wanted it.
        wanted: String,
    },
    /// Another account has spoken for the factory.
    #[error(
        "the token is `{wanted}`'s, and this factory has spoken as `{found}`, whose comments it would no longer know; put back a token of `{found}`, or, when it is to speak as another from now on, delete {}",
        path.display()
    )]
    OtherAccount {
        /// What says so.
        path: PathBuf,
        /// Who has spoken so far.
        found: String,
        /// Whose the token is.
        wanted: String,
    },
    /// Another factory runs on this state directory.
    #[error("{} is held by {holder}; stop that one first, or name another state directory", path.display())]
    Locked {
        /// The lock.
        path: PathBuf,
        /// Who holds it.
        holder: Holder,
    },
    /// Root would leave files there that the factory's user could not read.
    #[error(
        "{} belongs to user {owner}, and root would leave files in it that this user could not read; run this as that user, `runuser -u \"$(id -nu {owner})\" -- adf …`, or start the factory's service first and ask that one; in a container where all is to be root's, `chown -R 0:0` it",
        path.display()
    )]
    OtherOwner {
        /// The state directory.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
    },
    /// Written by a newer `adf`.
    #[error("{} has schema {found} and this adf knows up to {known}; install the newer adf again, or {}", path.display(), way_back(kept.as_deref()))]
    Newer {
        /// The ledger.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema known.
        known: u32,
        /// The copy that was made before its schema was raised, where it is still there.
        kept: Option<PathBuf>,
    },
    /// Written by an older `adf`, and opened by one who may not migrate it.
    #[error("{} has schema {found} and this adf reads {known}; start `adf run` once, it brings the ledger up to date", path.display())]
    Older {
        /// The ledger.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The schema wanted.
        known: u32,
    },
    /// There is no ledger.
    #[error("{} does not exist; `adf run` makes it at its first start, so check the state directory or start the factory", path.display())]
    NoLedger {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The disk, a quota or the page cap is full.
    #[error("{} cannot grow: the disk or its quota is full; free some space, nothing was written and the next commit tries again", path.display())]
    Full {
        /// The ledger.
        path: PathBuf,
    },
    /// The file or its file system takes no writes.
    #[error("{} cannot be written; check its owner and mode, and that the file system is not mounted read-only", path.display())]
    ReadOnly {
        /// The ledger.
        path: PathBuf,
    },
    /// Another program holds the file.
    #[error("{} is locked by another program, such as an open `sqlite3` shell; end its transaction", path.display())]
    Busy {
        /// The ledger.
        path: PathBuf,
    },
    /// The content is damaged or not a ledger's.
    #[error("{} is damaged or no ledger: {what}; stop adf, keep the file aside, and restore a backup (without one, a new ledger adopts its tasks from the forge)", path.display())]
    Corrupt {
        /// The ledger.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The file is no longer the one that was opened.
    #[error("{} was removed or replaced while adf runs; restart adf, it goes on with the file that is there, or adopts its tasks from the forge", path.display())]
    Gone {
        /// The ledger.
        path: PathBuf,
    },
    /// A migration failed; the ledger is as before.
    #[error("{} could not be brought to schema {version}: {what}; the ledger is unchanged, run the adf that wrote it and report this", path.display())]
    Migration {
        /// The ledger.
        path: PathBuf,
        /// The schema that was to be reached.
        version: u32,
        /// What failed.
        what: String,
    },
    /// A batch breaks a rule of the ledger: a fault of adf, not of the disk.
    #[error("{} refused a batch and wrote nothing of it: {what}; this is a bug in adf, please report it", path.display())]
    Refused {
        /// The ledger.
        path: PathBuf,
        /// The rule.
        what: String,
    },
    /// A secret file can be read by others.
    #[error("{} can be read by others (mode {mode:04o}); run `chmod 600` on it, and replace the key if others had access", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// An identity file does not hold what it should.
    #[error("{} should hold {expected}; restore it from a backup", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What should be there.
        expected: &'static str,
    },
    /// The ledger and the identity file are of two factories.
    #[error("{} names factory {file} and its ledger belongs to factory {ledger}; restore both from the same backup", path.display())]
    OtherFactory {
        /// The identity file.
        path: PathBuf,
        /// What it says.
        file: String,
        /// What the ledger says.
        ledger: String,
    },
    /// The operating system refused something else.
    #[error("cannot {action} {}: {source}; check the path, its owner and the disk", path.display())]
    Io {
        /// What was tried, as in `read`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// SQLite refused something else.
    #[error("{}: {source}; the system log may say more of the disk", path.display())]
    Sql {
        /// The ledger.
        path: PathBuf,
        /// Why not.
        source: Sql,
    },
    /// The writer has ended.
    #[error("the ledger is closed: adf is stopping")]
    Stopped,
}

/// How to go on with an older `adf`.
fn way_back(kept: Option<&Path>) -> String {
    kept.map_or_else(
        || "restore a backup that this one made".to_owned(),
        |copy| format!("stop adf and put {} in its place", copy.display()),
    )
}

impl StoreError {
    /// Whether only a restart or a person can mend it; all else may pass with time.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        !matches!(
            self,
            StoreError::Full { .. }
                | StoreError::ReadOnly { .. }
                | StoreError::Busy { .. }
                | StoreError::Io { .. }
                | StoreError::Sql { .. }
                | StoreError::Refused { .. }
        )
    }

    pub(super) fn io(action: &'static str, path: &Path, source: io::Error) -> StoreError {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full { path },
            io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly { path },
            _ => StoreError::Io {
                action,
                path,
                source,
            },
        }
    }

    pub(super) fn sql(path: &Path, source: Sql) -> StoreError {
        let path = path.to_owned();
        let what = source.to_string();
        match &source {
            Sql::FromSqlConversionFailure(..)
            | Sql::IntegralValueOutOfRange(..)
            | Sql::InvalidColumnType(..)
            | Sql::InvalidColumnName(..) => StoreError::Corrupt { path, what },
            Sql::ToSqlConversionFailure(_) => StoreError::Refused { path, what },
            Sql::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DiskFull => StoreError::Full { path },
                ErrorCode::ReadOnly | ErrorCode::PermissionDenied => StoreError::ReadOnly { path },
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy { path },
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                    StoreError::Corrupt { path, what }
                }
                ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch => {
                    StoreError::Refused { path, what }
                }
                _ => StoreError::Sql { path, source },
            },
            _ => StoreError::Sql { path, source },
        }
    }
}
