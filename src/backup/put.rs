//! Files of a restore are put in their places, or none is.
//!
//! Invariant: nothing that exists is overwritten; what was put, and the folders made for it,
//! go again unless all of it is kept. A file belongs to whom its folder belongs to. Folders
//! above one that is made can be passed, whatever its own mode.

use super::BackupError;
use crate::store::make_folder;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Files put in their places and folders made for them; all go again unless the whole succeeds.
#[derive(Default)]
pub(super) struct Put {
    written: Vec<PathBuf>,
    made: Vec<PathBuf>,
}

impl Put {
    /// Puts a file where none is, in a folder that has this mode where it is made now.
    pub(super) fn file(&mut self, from: &Path, to: &Path, mode: u32) -> Result<(), BackupError> {
        if to.exists() {
            return Ok(());
        }
        self.folder(to.parent().unwrap_or(Path::new("/")), mode)?;
        copy(from, to)?;
        own(to).map_err(BackupError::io("give away", to))?;
        self.written.push(to.to_owned());
        Ok(())
    }

    /// Makes a folder and those above it, and remembers which.
    pub(super) fn folder(&mut self, path: &Path, mode: u32) -> Result<(), BackupError> {
        let made = make_folder(path, mode, &mut self.made);
        made.map_err(BackupError::io("make", path))
    }

    /// All that was put stays.
    pub(super) fn keep(mut self) -> Vec<PathBuf> {
        self.made.clear();
        std::mem::take(&mut self.written)
    }
}

/// Puts a file that is whole and on disk to where none is: by another name for it, or as
/// a copy where that is another file system.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    let folder = to.parent().unwrap_or(Path::new("/"));
    match std::fs::hard_link(from, to) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Err(BackupError::Exists {
                path: to.to_owned(),
            });
        }
        Err(_) => copy_over(from, to, folder)?,
    }
    let synced = File::open(folder).and_then(|dir| dir.sync_all());
    synced.map_err(BackupError::io("write", folder))
}

/// Gives a file to the owner of its folder: who restores as root does it for the service.
fn own(path: &Path) -> std::io::Result<()> {
    let folder = std::fs::metadata(path.parent().unwrap_or(Path::new("/")))?;
    let own = std::fs::metadata(path)?.uid();
    if own != 0 || folder.uid() == 0 {
        return Ok(());
    }
    std::os::unix::fs::chown(path, Some(folder.uid()), Some(folder.gid()))
}

fn copy_over(from: &Path, to: &Path, folder: &Path) -> Result<(), BackupError> {
    let draft =
        tempfile::NamedTempFile::new_in(folder).map_err(BackupError::io("write in", folder))?;
    let mut source = File::open(from).map_err(BackupError::io("read", from))?;
    std::io::copy(&mut source, &mut draft.as_file())
        .and_then(|_| source.metadata())
        .and_then(|meta| draft.as_file().set_permissions(meta.permissions()))
        .and_then(|()| draft.as_file().sync_all())
        .map_err(BackupError::io("write", to))?;
    match draft.persist_noclobber(to).map_err(|error| error.error) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(BackupError::Exists {
            path: to.to_owned(),
        }),
        Err(error) => Err(BackupError::io("write", to)(error)),
    }
}

impl Drop for Put {
    fn drop(&mut self) {
        for path in &self.written {
            let _ = std::fs::remove_file(path);
        }
        for folder in self.made.iter().rev() {
            let _ = std::fs::remove_dir(folder);
        }
    }
}
