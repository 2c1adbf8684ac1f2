//! Private files: made 0600 in a 0700 directory, whole or not at all.
//!
//! Invariant: nobody else can read what is made here, a file under its final name is
//! complete and on disk, and whoever owns the directory can reach and read it: folders
//! above can be passed, and what root leaves is given to the directory's owner.

use super::StoreError;
use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

/// Folders above one that is made: whoever it belongs to must be able to pass them.
const PASSED: u32 = 0o755;

/// Makes a directory for the owner alone, with its parents; one that exists stays as it is.
pub(super) fn private_dir(path: &Path) -> Result<(), StoreError> {
    make_folder(path, 0o700, &mut Vec::new())
        .map_err(|e| StoreError::io("make the directory", path, e))
}

/// Makes a folder of this mode and those above it that are missing, whatever the umask
/// is, and remembers which it made.
///
/// # Errors
/// When one cannot be made.
pub fn make_folder(path: &Path, mode: u32, made: &mut Vec<PathBuf>) -> io::Result<()> {
    let missing = path.ancestors().take_while(|folder| !folder.exists());
    // A relative path ends in an empty one, which is the current folder.
    let missing: Vec<&Path> = missing.filter(|f| *f != Path::new("")).collect();
    for folder in missing.into_iter().rev() {
        let mode = if folder == path { mode } else { PASSED };
        match DirBuilder::new().mode(mode).create(folder) {
            Ok(()) => made.push(folder.to_owned()),
            // Somebody else was first.
            Err(e) if e.kind() == ErrorKind::AlreadyExists && folder.is_dir() => continue,
            Err(e) => return Err(e),
        }
        std::fs::set_permissions(folder, Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// Whose a directory is, where root looks at that of another user.
pub(super) fn other_owner(dir: &Path) -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let data = std::fs::metadata(dir).ok()?;
    (data.uid() != 0).then(|| (data.uid(), data.gid()))
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

/// An unnamed-to-be file, 0600, beside where it will stand, of the directory's owner.
pub(super) fn draft(path: &Path) -> Result<NamedTempFile, StoreError> {
    let dir = parent(path);
    let made = tempfile::Builder::new().prefix(".adf-").tempfile_in(&dir);
    let given = made.and_then(|draft| {
        if let Some((user, group)) = other_owner(&dir) {
            fchown(draft.as_file(), Some(user), Some(group))?;
        }
        Ok(draft)
    });
    given.map_err(|e| StoreError::io("make a file beside", path, e))
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
