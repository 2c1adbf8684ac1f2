//! A run → how its processes are known when nobody watches them any more.
//!
//! Invariant: every process of a run has the mark, inherited over fork and exec, and
//! none can give itself another run's. Next: [`super::empty`] looks for it.

use crate::model::RunId;
use sha2::{Digest, Sha256};
use std::io;

/// A number that every process of a run carries and none can raise: its hard limit
/// of real-time scheduling, which nothing here uses. Processes that cleared their environment and left
/// their session are found by it.
pub(crate) fn mark(run: &RunId) -> u64 {
    let hash = Sha256::digest(run.as_str().as_bytes());
    let low = hash
        .iter()
        .take(7)
        .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    (1 << 62) | low
}

/// Whether a process carries one of these marks.
pub(crate) fn is_marked(pid: i32, marks: &[String]) -> bool {
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap_or_default();
    limits
        .lines()
        .filter(|line| line.starts_with("Max realtime timeout"))
        .any(|line| {
            line.split_ascii_whitespace()
                .any(|word| marks.iter().any(|mark| mark == word))
        })
}

/// Whether the environment a process started with names a run or a helper of it.
pub(crate) fn names_run(pid: i32, run: &RunId) -> io::Result<bool> {
    let environ = std::fs::read(format!("/proc/{pid}/environ"))?;
    let wanted = format!("ADF_RUN={run}");
    Ok(environ
        .split(|byte| *byte == 0)
        .any(|entry| matches!(entry.strip_prefix(wanted.as_bytes()), Some([] | [b'/', ..]))))
}
