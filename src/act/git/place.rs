//! Places on disk that belong to the factory's git: bare repositories, borrowed
//! objects, private directories.
//!
//! Invariant: each of these can be repeated, and completes what a crash cut short.

use super::{Git, GitError, GitErrorKind};
use std::{fs, io, os::unix::fs::PermissionsExt, path::Path};

/// Makes or completes a bare repository that nobody can push into.
pub(crate) async fn init_bare(git: &Git, dir: &Path, format: &str) -> Result<(), GitError> {
    git.call("init")
        .args(["--quiet", "--bare", "--template="])
        .arg(format!("--object-format={format}"))
        .arg("--")
        .arg(dir)
        .run()
        .await?;
    for (key, value) in [("gc.auto", "0"), ("receive.hideRefs", "refs/")] {
        git.call("config")
            .dir(dir)
            .args(["--replace-all", key, value])
            .run()
            .await?;
    }
    Ok(())
}

/// The hash that a bare repository was made with; `None` before it was made.
pub(crate) fn object_format(dir: &Path) -> Result<Option<&'static str>, GitError> {
    match fs::read_to_string(dir.join("config")) {
        Ok(config) if config.to_lowercase().contains("objectformat = sha256") => Ok(Some("sha256")),
        Ok(config) if config.contains("repositoryformatversion") => Ok(Some("sha1")),
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(GitError::before("init", GitErrorKind::Other, error))
        }
        _ => Ok(None),
    }
}

/// Lets one object directory borrow from another.
pub(crate) fn lend(objects: &Path, from: &Path) -> io::Result<()> {
    let mut line = from.as_os_str().to_owned();
    line.push("\n");
    fs::create_dir_all(objects.join("info"))?;
    fs::write(objects.join("info/alternates"), line.as_encoded_bytes())
}

/// A directory that only this user may enter.
pub(crate) fn private_dir(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700))
}
