//! How much room is left: a path becomes a number of bytes.
//!
//! Invariant: what is counted is what an ordinary user may still write, not
//! what is kept back for root.

use std::{io, path::Path};

/// Bytes that may still be written on the file system that holds `path`.
///
/// # Errors
/// When the path does not exist or its file system cannot be asked.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(path)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_room_and_a_missing_one_is_an_error() {
        assert!(free_bytes(Path::new("/")).is_ok());
        assert!(free_bytes(Path::new("/no/such/place")).is_err());
    }
}
