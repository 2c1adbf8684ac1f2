//! A workspace becomes nothing: renamed out of the way first, then taken apart
//! from the top, whatever an agent built inside.
//!
//! Invariant: nothing outside the trash directory is touched: links are removed,
//! never followed, rights are mended only through a handle on a real directory, and
//! depth costs neither stack nor handles, because nested directories are moved up.

use super::{WorkspaceError, at};
use rustix::fs::{CWD, Mode, OFlags, openat};
use std::{
    fs, io,
    os::{fd::AsRawFd, unix::ffi::OsStrExt, unix::fs::PermissionsExt},
    path::{Path, PathBuf},
};

const TRASH: &str = ".trash-";
const NEW: &str = ".new-";

/// Removes `<work>/<name>`, a directory or whatever stands there.
pub(super) async fn discard(work: &Path, name: &str) -> Result<(), WorkspaceError> {
    remove(work, &work.join(name)).await
}

/// Removes `dir`, which may stand elsewhere on the file system of `work`.
pub(super) async fn remove(work: &Path, dir: &Path) -> Result<(), WorkspaceError> {
    blocking(work.to_owned(), dir.to_owned())
        .await
        .map_err(at("remove", dir))
}

async fn blocking(work: PathBuf, dir: PathBuf) -> io::Result<()> {
    let task = tokio::task::spawn_blocking(move || bury(&work, &dir));
    task.await.map_err(io::Error::other)?
}

/// Removes what a crash left of creations and removals in `work`.
pub(super) async fn sweep(work: &Path) -> Result<usize, WorkspaceError> {
    let list = || -> io::Result<Vec<_>> {
        let mut left = Vec::new();
        for entry in fs::read_dir(work)? {
            let name = entry?.file_name();
            let bytes = name.as_bytes();
            if bytes.starts_with(TRASH.as_bytes()) || bytes.starts_with(NEW.as_bytes()) {
                left.push(name);
            }
        }
        Ok(left)
    };
    let left = match list() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        list => list.map_err(at("read", work))?,
    };
    for name in &left {
        discard(work, &name.to_string_lossy()).await?;
    }
    Ok(left.len())
}

/// Moves `from` into a fresh trash directory of `work` and removes that.
fn bury(work: &Path, from: &Path) -> io::Result<()> {
    fs::create_dir_all(work)?;
    let trash = tempfile::Builder::new()
        .prefix(TRASH)
        .tempdir_in(work)?
        .keep();
    open_up(from)?;
    fs::rename(from, trash.join("0"))?;
    take_apart(&trash)?;
    fs::remove_dir(&trash)
}

/// Empties `trash`, whose own entries only this function names.
fn take_apart(trash: &Path) -> io::Result<()> {
    let mut next = 1_u64;
    let mut waiting = vec![trash.join("0")];
    while let Some(top) = waiting.pop() {
        if !top.symlink_metadata()?.is_dir() {
            fs::remove_file(&top)?;
            continue;
        }
        open_up(&top)?;
        for entry in fs::read_dir(&top)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                // A directory can only be moved by who may write to it.
                open_up(&entry.path())?;
                let to = trash.join(next.to_string());
                next += 1;
                fs::rename(entry.path(), &to)?;
                waiting.push(to);
            } else {
                fs::remove_file(entry.path())?;
            }
        }
        fs::remove_dir(&top)?;
    }
    Ok(())
}

/// Gives this user all rights on a directory; anything else is left as it is.
fn open_up(path: &Path) -> io::Result<()> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let handle = match openat(CWD, path, flags, Mode::empty()) {
        Ok(handle) => handle,
        Err(rustix::io::Errno::NOTDIR | rustix::io::Errno::LOOP) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let path = format!("/proc/self/fd/{}", handle.as_raw_fd());
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}
