//! What a killed factory left behind: git processes and lock files.
//!
//! Invariant: only processes whose environment names this factory's own git home
//! as `HOME` are ended, and lock files go only after those; so no late push or
//! fetch of an earlier life overlaps this one. Call both before any other git call.

use super::Git;
use rustix::process::{Pid, Signal, kill_process};
use std::{fs, io, os::unix::ffi::OsStrExt, path::Path};

/// How often the list of processes is read before giving up on one that stays.
const REAP_ROUNDS: u32 = 100;

/// Ends git processes of an earlier life of this factory; says how many there were.
///
/// # Errors
/// When `/proc` cannot be read, or one of them does not end.
pub async fn reap_orphans(git: &Git) -> io::Result<usize> {
    let mut found = std::collections::BTreeSet::new();
    for _ in 0..REAP_ROUNDS {
        let left = ours(git.home())?;
        if left.is_empty() {
            return Ok(found.len());
        }
        for pid in left {
            found.insert(pid.as_raw_nonzero());
            // It may have ended meanwhile, which is what is wanted.
            let _ = kill_process(pid, Signal::KILL);
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    Err(io::Error::other(
        "a git process of an earlier life does not end; look for it in the process list",
    ))
}

fn ours(home: &Path) -> io::Result<Vec<Pid>> {
    let mut mark = b"HOME=".to_vec();
    mark.extend_from_slice(home.as_os_str().as_bytes());
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else {
            continue;
        };
        // Processes of others cannot be read, and a zombie's environment is empty.
        let Ok(environ) = fs::read(entry.path().join("environ")) else {
            continue;
        };
        if environ.split(|b| *b == 0).any(|pair| pair == mark) {
            found.extend(Pid::from_raw(pid));
        }
    }
    Ok(found)
}

/// Removes the lock files and half-written packs that killed git processes left
/// in a bare repository of the factory; says how many there were.
///
/// # Errors
/// When the repository cannot be read or a file not removed.
pub fn remove_stale_locks(dir: &Path) -> io::Result<usize> {
    let mut removed = 0;
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.as_bytes();
            let is_stale = name.ends_with(b".lock") || name.starts_with(b"tmp_");
            if entry.file_type()?.is_dir() {
                // Loose objects are many and never locked by name.
                let is_fan_out = name.len() == 2 && folder.ends_with("objects");
                if !is_fan_out {
                    folders.push(entry.path());
                }
            } else if is_stale {
                fs::remove_file(entry.path())?;
                removed += 1;
            }
        }
    }
    Ok(removed)
}
