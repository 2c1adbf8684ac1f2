//! The lock that lets one factory at a time work on a state directory.
//!
//! Invariant: the kernel holds the lock for as long as the process lives, no
//! longer; the text in the file only says who, and is never trusted to be alive.

use super::{StoreError, file};
use crate::{clock::Clock, model::Time};
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// The lock's name in the state directory.
pub(super) const FILE: &str = "lock";
/// How often the lock is tried when its file is swapped under us.
const LOCK_TRIES_MAX: u32 = 5;
/// How much of a lock file is read.
const HOLDER_BYTES_MAX: u64 = 4096;

/// Who holds a lock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The process; 0 when it has not said yet.
    pub pid: u32,
    /// Its start in clock ticks since boot; 0 where the system does not tell.
    pub start_time: u64,
    /// The machine.
    pub host: String,
    /// Since when.
    pub since: Time,
}

impl Holder {
    fn myself(clock: &Clock) -> Holder {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let stat = read("/proc/self/stat");
        // The name may hold spaces and brackets; field 22 is counted from behind it.
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let start_time = after_name.split_whitespace().nth(19);
        Holder {
            pid: std::process::id(),
            start_time: start_time.and_then(|t| t.parse().ok()).unwrap_or(0),
            host: read("/proc/sys/kernel/hostname").trim().to_owned(),
            since: clock.now(),
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pid == 0 {
            return f.write_str("a process that has not yet said who it is");
        }
        write!(f, "process {} on {}", self.pid, self.host)?;
        match chrono::DateTime::from_timestamp_millis(self.since.0) {
            Some(at) => write!(f, " since {}", at.format("%Y-%m-%d %H:%M:%S UTC")),
            None => Ok(()),
        }
    }
}

/// The lock, for as long as it lives.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing is not enough: a child between fork and exec shares the handle.
        let _ = self.file.unlock();
    }
}

/// Who signed the lock of a state directory last, alive or not; the lock itself is not touched.
#[must_use]
pub fn signed(state_dir: &Path) -> Option<Holder> {
    let file = File::open(state_dir.join(FILE)).ok()?;
    let mut text = String::new();
    file.take(HOLDER_BYTES_MAX).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// Takes the lock of a state directory, or says who has it.
pub(super) fn take(state_dir: &Path, clock: &Clock) -> Result<Lock, StoreError> {
    let path = state_dir.join(FILE);
    let fail = |e| StoreError::io("lock", &path, e);
    for _ in 0..LOCK_TRIES_MAX {
        let mut file = open_file(&path).map_err(fail)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(&path, &mut file)),
            Err(TryLockError::Error(e)) => return Err(fail(e)),
        }
        // A file removed between open and lock guards nothing.
        if file::FileId::of_open(&file) == file::FileId::of(&path) {
            sign(&mut file, &Holder::myself(clock)).map_err(fail)?;
            return Ok(Lock { file });
        }
    }
    Err(fail(std::io::Error::other(
        "it is replaced again and again",
    )))
}

fn open_file(path: &PathBuf) -> std::io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

fn sign(file: &mut File, holder: &Holder) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    serde_json::to_writer(&mut *file, holder)?;
    file.write_all(b"\n")?;
    file.sync_all()
}

fn held(path: &Path, file: &mut File) -> StoreError {
    let mut text = String::new();
    // An unreadable signature still means that somebody holds the lock.
    let read = file.take(HOLDER_BYTES_MAX).read_to_string(&mut text);
    let holder = read.ok().and_then(|_| serde_json::from_str(&text).ok());
    StoreError::Locked {
        path: path.to_owned(),
        holder: holder.unwrap_or_default(),
    }
}
