//! The config file itself: reading it, and who else may; the routing files beside it.
//!
//! Invariant: at most [`CONFIG_BYTES_MAX`] bytes are read, and only from a
//! regular file.

use super::fault::{Fault, Faults};
use super::secretish;
use std::{
    io::Read,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// The longest config, in bytes.
const CONFIG_BYTES_MAX: u64 = 1024 * 1024;

/// The text of a config file.
pub(super) fn read(path: &Path) -> Result<String, Box<Fault>> {
    let unreadable = |error: std::io::Error| {
        let help = match error.kind() {
            std::io::ErrorKind::NotFound => {
                "name the file that is there, or make one with `adf init`; the shortest is [project] name and [gitea] url and repo"
            }
            std::io::ErrorKind::PermissionDenied => "let the user that adf runs as read it",
            _ => "",
        };
        boxed(path, format!("cannot be read: {error}"), help)
    };
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        let message = "is not a regular file".to_owned();
        return Err(boxed(path, message, "name a config file"));
    }
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(CONFIG_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > CONFIG_BYTES_MAX) {
        return Err(boxed(
            path,
            "is longer than 1 MiB".to_owned(),
            "is this the config?",
        ));
    }
    String::from_utf8(bytes)
        .map_err(|_| boxed(path, "is not UTF-8 text".to_owned(), "save it as UTF-8"))
}

fn boxed(path: &Path, message: String, help: &str) -> Box<Fault> {
    Box::new(Fault::of_file(path, message, help))
}

/// The routing files of a folder, in order.
///
/// # Errors
/// When the folder cannot be read.
pub fn routing_files(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(dir)?;
    let paths = entries.map(|entry| Ok(entry?.path()));
    let mut paths = paths.collect::<std::io::Result<Vec<PathBuf>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.sort();
    Ok(paths)
}

/// Warns of values that look secret in a file that others may read.
pub(super) fn check_exposed(path: &Path, faults: &mut Faults<'_>) {
    let Ok(metadata) = std::fs::metadata(path) else {
        return;
    };
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o044 == 0 {
        return;
    }
    let doc = faults.doc;
    for (pointer, text) in doc.strings_below("") {
        if secretish::is_secret_value(text) {
            faults.warning(
                pointer,
                format!("looks like a secret, and others may read this file (mode {mode:04o})"),
                format!(
                    "keep secrets out of the config; until then, run chmod 600 {}",
                    path.display()
                ),
            );
        }
    }
}
