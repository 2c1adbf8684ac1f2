//! `/proc` → identities, trees and signals that hit only whom they mean.
//!
//! Invariant: a signal is sent through a pidfd after the start time was read
//! again, so a pid that was given to another process is never hit.
//! Next: [`super::kill`] empties a tree with these.

use crate::model::Process;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::{collections::HashSet, fs, io, path::PathBuf};

/// One line of the process table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seen {
    /// The process id.
    pub pid: i32,
    /// Its parent's.
    pub parent: i32,
    /// `R`, `S`, `Z`, …
    pub state: u8,
    /// In clock ticks since boot.
    pub start_time: u64,
}

impl Seen {
    /// Reads one process; `None` when there is none.
    #[must_use]
    pub fn read(pid: i32) -> Option<Seen> {
        parse_stat(pid, &fs::read(format!("/proc/{pid}/stat")).ok()?)
    }

    /// Whether it is dead and only waits to be reaped. A leader that ended before
    /// its threads also shows as `Z`, and lives.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        matches!(self.state, b'Z' | b'X')
            && fs::read_dir(format!("/proc/{}/task", self.pid)).map_or(0, Iterator::count) <= 1
    }

    /// Whether it runs as this user; for root every process counts. Who owns its folder in `/proc` does
    /// not tell: of a process that lets nobody look into it that is root.
    #[must_use]
    pub fn is_of(&self, user: u32) -> bool {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let mut lines = status.lines();
        let ids = lines.find_map(|line| line.strip_prefix("Uid:"));
        let real = ids.and_then(|ids| ids.split_ascii_whitespace().next());
        user == 0 || real.and_then(|real| real.parse().ok()) == Some(user)
    }

    /// Sends a signal to exactly this process; false when it is gone.
    pub fn signal(&self, signal: Signal) -> bool {
        let Some(pid) = Pid::from_raw(self.pid) else {
            return false;
        };
        let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else {
            return false;
        };
        Seen::read(self.pid).is_some_and(|now| now.start_time == self.start_time)
            && pidfd_send_signal(handle, signal).is_ok()
    }
}

/// `/proc/<pid>/stat`: the name may hold anything, so the fields count from its last `)`.
fn parse_stat(pid: i32, stat: &[u8]) -> Option<Seen> {
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(stat.get(end + 1..)?).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    let state = *fields.next()?.as_bytes().first()?;
    let parent = fields.next()?.parse().ok()?;
    // State is field 3 and the start time field 22: 17 lie between parent and it.
    let start_time = fields.nth(17)?.parse().ok()?;
    Some(Seen {
        pid,
        parent,
        state,
        start_time,
    })
}

/// Every process there is.
#[must_use]
pub fn table() -> Vec<Seen> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(Seen::read)
        .collect()
}

/// The processes under these, without them.
#[must_use]
pub fn under(table: &[Seen], roots: impl IntoIterator<Item = i32>) -> Vec<Seen> {
    let mut known: HashSet<i32> = roots.into_iter().collect();
    let mut found: Vec<Seen> = Vec::new();
    loop {
        let before = found.len();
        for seen in table {
            if known.contains(&seen.parent) && known.insert(seen.pid) {
                found.push(*seen);
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

/// The processes under one that is alive.
#[must_use]
pub fn descendants(root: i32) -> Vec<Seen> {
    under(&table(), [root])
}

/// The identity of a running or unreaped process.
///
/// # Errors
/// When there is no such process or `/proc` cannot be read.
pub fn identity(pid: i32) -> io::Result<Process> {
    let seen = Seen::read(pid).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    Ok(Process {
        pid,
        start_time: seen.start_time,
        boot_id: boot_id()?,
    })
}

/// Whether this very process still runs: same pid, start and boot.
#[must_use]
pub fn is_alive(process: &Process) -> bool {
    find(process).is_some()
}

/// The process with this identity, if it still runs.
#[must_use]
pub fn find(process: &Process) -> Option<Seen> {
    if boot_id().ok()? != process.boot_id {
        return None;
    }
    let seen = Seen::read(process.pid)?;
    (seen.start_time == process.start_time && !seen.is_dead()).then_some(seen)
}

fn boot_id() -> io::Result<String> {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    Ok(text.trim().to_owned())
}

/// This process's id.
#[must_use]
pub fn own_pid() -> i32 {
    rustix::process::getpid().as_raw_nonzero().get()
}

/// The binary that runs now, also after it was replaced on disk.
pub(crate) fn own_binary() -> PathBuf {
    PathBuf::from("/proc/self/exe")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_with_parentheses_and_spaces_does_not_shift_the_fields() {
        let stat = b"7 (a) Z 1 (b) S 3 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4242 0 0";
        let seen = parse_stat(7, stat).unwrap();
        assert_eq!((seen.parent, seen.state, seen.start_time), (3, b'S', 4242));
    }

    #[test]
    fn a_process_that_reuses_a_pid_is_not_alive_and_not_signalled() {
        let me = identity(own_pid()).unwrap();
        assert!(is_alive(&me));
        let other = Process {
            start_time: me.start_time + 1,
            ..me.clone()
        };
        assert!(!is_alive(&other));
        assert!(!is_alive(&Process {
            boot_id: "another boot".into(),
            ..me.clone()
        }));
        let ghost = Seen {
            start_time: me.start_time + 1,
            ..Seen::read(me.pid).unwrap()
        };
        assert!(!ghost.signal(Signal::TERM));
    }

    #[test]
    fn trees_are_followed_whatever_the_order_of_the_table() {
        let seen = |pid, parent| Seen {
            pid,
            parent,
            state: b'S',
            start_time: 0,
        };
        let table = [seen(9, 8), seen(8, 2), seen(2, 1), seen(3, 1), seen(7, 3)];
        let mut pids: Vec<_> = under(&table, [2]).iter().map(|s| s.pid).collect();
        pids.sort_unstable();
        assert_eq!(pids, [8, 9]);
    }
}
