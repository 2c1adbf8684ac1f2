//! A set of processes that may grow → none.
//!
//! Invariant: KILL is preceded by STOP sweeps, so that a fork bomb cannot
//! outrun the list; every sweep reads the table anew, and the caller decides
//! when the set is proven empty.

use super::processes::Seen;
use rustix::process::Signal;
use std::collections::HashSet;

/// STOP sweeps before each KILL sweep, at most.
pub const FREEZE_SWEEPS_MAX: u32 = 8;

/// Asks politely: TERM, and CONT so that a stopped process hears it.
pub fn ask(list: &[Seen]) {
    for seen in list {
        seen.signal(Signal::TERM);
        seen.signal(Signal::CONT);
    }
}

/// Freezes what `list` finds until it finds nothing new, then kills it.
/// Returns how many were found alive.
pub fn sweep(list: impl Fn() -> Vec<Seen>) -> usize {
    let mut frozen: HashSet<(i32, u64)> = HashSet::new();
    let mut found = list();
    for _ in 0..FREEZE_SWEEPS_MAX {
        let mut grew = false;
        for seen in &found {
            if frozen.insert((seen.pid, seen.start_time)) {
                grew |= seen.signal(Signal::STOP);
            }
        }
        if !grew {
            break;
        }
        found = list();
    }
    for seen in &found {
        seen.signal(Signal::KILL);
    }
    found.iter().filter(|seen| !seen.is_dead()).count()
}
