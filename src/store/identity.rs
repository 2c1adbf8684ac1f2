//! Who this factory is, in small private files that outlive the ledger.
//!
//! Invariant: an identity is made once, by chance alone, and never replaced:
//! a damaged file is an error, because a new identity would disown every mark
//! on the forge.

use super::{StoreError, file};
use crate::model::FactoryId;
use secrecy::SecretString;
use std::{
    fs::File,
    io::{self, ErrorKind, Read},
    os::unix::fs::PermissionsExt,
    path::Path,
};

/// How much of an identity file is read, in bytes.
const IDENTITY_BYTES_MAX: u64 = 1024;
const FACTORY_HEX_DIGITS: usize = 12;
const KEY_HEX_DIGITS: usize = 64;

/// The name of the file with a factory's id.
pub const FACTORY_FILE: &str = "factory.id";

/// The factory of a state directory, from `factory.id`; made at the first call.
///
/// # Errors
/// When the file cannot be read or made, or holds something else.
pub fn factory_id(state_dir: &Path) -> Result<FactoryId, StoreError> {
    factory_id_or(state_dir, random_hex::<{ FACTORY_HEX_DIGITS / 2 }>)
}

/// As [`factory_id`], with the id to write when the file is missing.
pub(super) fn factory_id_or(
    state_dir: &Path,
    fallback: impl FnOnce() -> io::Result<String>,
) -> Result<FactoryId, StoreError> {
    let path = state_dir.join(FACTORY_FILE);
    let (text, _) = read_or_make(&path, fallback)?;
    if is_hex(&text, FACTORY_HEX_DIGITS) {
        return Ok(FactoryId(text));
    }
    Err(StoreError::Malformed {
        path,
        expected: "12 hex digits, the factory's id",
    })
}

/// The key of the factory's marks: 64 hex digits in a file that only its owner
/// may read, made at the first call.
///
/// # Errors
/// When the file cannot be read or made, holds something else, or others may read it.
pub fn marker_key(path: &Path) -> Result<SecretString, StoreError> {
    let (text, mode) = read_or_make(path, random_hex::<{ KEY_HEX_DIGITS / 2 }>)?;
    if mode & 0o077 != 0 {
        return Err(StoreError::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    if is_hex(&text, KEY_HEX_DIGITS) {
        return Ok(SecretString::from(text));
    }
    Err(StoreError::Malformed {
        path: path.to_owned(),
        expected: "64 hex digits, the key of the factory's marks",
    })
}

/// Random bytes as lower-case hex digits, two a byte.
pub(super) fn random_hex<const BYTES: usize>() -> io::Result<String> {
    let mut bytes = [0_u8; BYTES];
    getrandom::fill(&mut bytes).map_err(|e| io::Error::other(e.to_string()))?;
    Ok(hex::encode(bytes))
}

/// The trimmed text and the permission bits of a file, made if it is missing.
fn read_or_make(
    path: &Path,
    fallback: impl FnOnce() -> io::Result<String>,
) -> Result<(String, u32), StoreError> {
    if let Some(found) = read(path)? {
        return Ok(found);
    }
    let made = fallback().map_err(|e| StoreError::io("draw random bytes for", path, e))?;
    // Somebody else may have been first: what stands there counts.
    file::create_once(path, &format!("{made}\n"))?;
    read(path)?.ok_or_else(|| StoreError::io("read", path, ErrorKind::NotFound.into()))
}

fn read(path: &Path) -> Result<Option<(String, u32)>, StoreError> {
    let fail = |e| StoreError::io("read", path, e);
    let file = match File::open(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        other => other.map_err(fail)?,
    };
    let mode = file.metadata().map_err(fail)?.permissions().mode() & 0o7777;
    let mut text = String::new();
    file.take(IDENTITY_BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(fail)?;
    Ok(Some((text.trim().to_owned(), mode)))
}

fn is_hex(text: &str, digits: usize) -> bool {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    text.len() == digits && text.bytes().all(hex)
}
