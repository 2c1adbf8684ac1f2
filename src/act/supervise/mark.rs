//! A run's directory → how its processes are known when nobody watches them any more.
//!
//! The directory and not the run's id: factories for two forges on one machine count
//! alike, so their runs may have one id, and must not end each other.
//!
//! Invariant: every process of a run has the mark, inherited over fork and exec, and
//! none can give itself another run's. Next: [`super::empty`] looks for it.

use sha2::{Digest, Sha256};
use std::{
    ffi::OsStr,
    io,
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::{Path, PathBuf},
};

/// What all marks have in common: above any time that anybody would allow.
const HIGH: u64 = 1 << 62;
/// Where a mark's own bits begin to be those of [`HIGH`].
const LOW_BITS: u32 = 56;

/// A number that every process of a run carries: its hard limit of real-time scheduling, which
/// nothing here uses. The kernel lets nobody raise it, and [`super::syscalls`] nobody lower it. Processes that
/// cleared their environment and left their session are found by it. It is that of the directory itself,
/// wherever it is moved.
pub(crate) fn mark(run_dir: &Path) -> io::Result<u64> {
    let dir = std::fs::metadata(run_dir)?;
    let hash = Sha256::digest(format!("{}:{}", dir.dev(), dir.ino()));
    let low = hash
        .iter()
        .take(7)
        .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    Ok(HIGH | low)
}

/// Whether a limit is a mark of some run.
pub(crate) fn is_mark(limit: Option<u64>) -> bool {
    limit.is_some_and(|limit| limit >> LOW_BITS == HIGH >> LOW_BITS)
}

/// Whether a process carries one of these marks.
pub(crate) fn is_marked(pid: i32, marks: &[String]) -> bool {
    read(pid).iter().any(|mark| marks.contains(mark))
}

/// What a process carries where a mark would be.
pub(crate) fn read(pid: i32) -> Vec<String> {
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap_or_default();
    limits
        .lines()
        .filter(|line| line.starts_with("Max realtime timeout"))
        .flat_map(|line| line.split_ascii_whitespace().map(str::to_owned))
        .collect()
}

/// Whether the environment a process started with names a run's directory or one
/// inside it, as a helper's does.
pub(crate) fn names_run(pid: i32, run_dir: &Path) -> io::Result<bool> {
    Ok(named_dirs(pid)?.iter().any(|dir| dir.starts_with(run_dir)))
}

/// The run directories, or folders in them, that the environment a process started with names.
pub(crate) fn named_dirs(pid: i32) -> io::Result<Vec<PathBuf>> {
    let environ = std::fs::read(format!("/proc/{pid}/environ"))?;
    Ok(environ
        .split(|byte| *byte == 0)
        .filter_map(|entry| entry.strip_prefix(b"ADF_AGENT_DIR="))
        .map(|dir| PathBuf::from(OsStr::from_bytes(dir)))
        .collect())
}
