//! Private files: made 0600 in a 0700 directory, whole or not at all.
//!
//! Invariant: nobody else can read what is made here, and a file under its
//! final name is complete and on disk.

use super::StoreError;
use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

/// Makes a directory and its parents, for the owner alone; one that exists stays as it is.
pub(super) fn private_dir(path: &Path) -> Result<(), StoreError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|e| StoreError::io("make the directory", path, e))
}

/// Makes an empty file for the owner alone, unless there is one.
pub(super) fn private_file(path: &Path) -> Result<(), StoreError> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(StoreError::io("make", path, e)),
    }
}

/// The directory of a file; the current one for a bare name.
pub(super) fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(dir) if dir != Path::new("") => dir.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// An unnamed-to-be file, 0600, beside where it will stand.
pub(super) fn draft(path: &Path) -> Result<NamedTempFile, StoreError> {
    tempfile::Builder::new()
        .prefix(".adf-")
        .tempfile_in(parent(path))
        .map_err(|e| StoreError::io("make a file beside", path, e))
}

/// Puts a finished draft under its name, on disk, in place of what stood there.
pub(super) fn publish(draft: NamedTempFile, path: &Path) -> Result<(), StoreError> {
    let file = draft
        .persist(path)
        .map_err(|e| StoreError::io("write", path, e.error))?;
    file.sync_all()
        .map_err(|e| StoreError::io("write", path, e))?;
    sync_dir(path)
}

/// Writes a small file unless there is one; says whether it was written.
pub(super) fn create_once(path: &Path, content: &str) -> Result<bool, StoreError> {
    let mut draft = draft(path)?;
    draft
        .write_all(content.as_bytes())
        .and_then(|()| draft.as_file().sync_all())
        .map_err(|e| StoreError::io("write", path, e))?;
    match draft.persist_noclobber(path) {
        Ok(_) => sync_dir(path).map(|()| true),
        Err(e) if e.error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(e) => Err(StoreError::io("write", path, e.error)),
    }
}

fn sync_dir(path: &Path) -> Result<(), StoreError> {
    let dir = parent(path);
    File::open(&dir)
        .and_then(|dir| dir.sync_all())
        .map_err(|e| StoreError::io("write", &dir, e))
}

/// Which file a path names, so that a swap can be noticed. Looks without
/// opening: closing a second handle would drop SQLite's locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    /// The file that the path names now; `None` when it names none.
    pub(super) fn of(path: &Path) -> Option<FileId> {
        let data = std::fs::metadata(path).ok()?;
        Some(FileId {
            device: data.dev(),
            inode: data.ino(),
        })
    }

    /// The file behind a handle.
    pub(super) fn of_open(file: &File) -> Option<FileId> {
        let data = file.metadata().ok()?;
        Some(FileId {
            device: data.dev(),
            inode: data.ino(),
        })
    }
}
