//! The trace of the last backup, beside the ledger: one small file, replaced whole.
//!
//! Invariant: it is written once a backup stands on disk, and a trace that cannot be
//! read is none: then the backups' age counts as unknown, never as young.

use super::{StoreError, file};
use crate::model::Time;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The trace's name in the state directory.
pub const TRACE_FILE: &str = "backup.json";
/// Bytes of a trace; what is longer is none.
const BYTES_MAX: u64 = 64 * 1024;

/// A backup that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupTrace {
    /// When.
    pub made_at: Time,
    /// Where to.
    pub file: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
}

impl BackupTrace {
    /// The last backup of a state directory, if one is known.
    #[must_use]
    pub fn read(state_dir: &Path) -> Option<BackupTrace> {
        let path = state_dir.join(TRACE_FILE);
        let data = std::fs::metadata(&path).ok()?;
        if !data.is_file() || data.len() > BYTES_MAX {
            return None;
        }
        serde_json::from_slice(&std::fs::read(&path).ok()?).ok()
    }

    /// Leaves the trace in a state directory, in place of the one before.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn leave(&self, state_dir: &Path) -> Result<(), StoreError> {
        let path = state_dir.join(TRACE_FILE);
        let mut draft = file::draft(&path)?;
        let text = serde_json::to_vec(self).unwrap_or_default();
        draft
            .write_all(&text)
            .map_err(|e| StoreError::io("write", &path, e))?;
        file::publish(draft, &path)
    }
}
