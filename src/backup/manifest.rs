//! What a backup holds, as its first entry says.
//!
//! Invariant: an entry that the manifest does not name is not unpacked, and one
//! whose bytes differ from it makes the whole backup damaged.

use crate::model::{FactoryId, Time};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{self, Read, Write};
use std::path::PathBuf;

/// The manifest's name in the archive.
pub(super) const NAME: &str = "manifest.json";
/// The form of the archive; it rises when an older adf could not read it.
pub(super) const FORM: u32 = 1;

/// The contents of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the archive.
    pub form: u32,
    /// The version that made it.
    pub adf: String,
    /// The project.
    pub project: String,
    /// The factory.
    pub factory: FactoryId,
    /// When it was made.
    pub made_at: Time,
    /// Its files.
    pub entries: Vec<Entry>,
}

/// One file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name in the archive.
    pub name: String,
    /// What it is.
    pub place: Place,
    /// Its length in bytes.
    pub bytes: u64,
    /// The SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// The permissions of the file.
    pub mode: u32,
}

/// Where a file belongs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The config itself.
    Config,
    /// A file that the config names: as it names it, relative to the config's folder.
    Named(PathBuf),
    /// The ledger.
    Ledger,
    /// The factory's id.
    Factory,
    /// The key of the factory's marks.
    MarkerKey,
}

/// Copies bytes and tells how many they were, and their SHA-256 in hex.
pub(super) fn copy(mut from: impl Read, mut to: impl Write) -> io::Result<(u64, String)> {
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let n = from.read(&mut block)?;
        if n == 0 {
            return Ok((bytes, hex::encode(hash.finalize())));
        }
        hash.update(&block[..n]);
        to.write_all(&block[..n])?;
        bytes += u64::try_from(n).unwrap_or(u64::MAX);
    }
}
