//! After a crash: a run directory → proof that nothing of its run is left.
//!
//! Invariant: returns `Ok` only while holding the run directory's lock (no
//! supervisor lives) and after two readings of the process table without a process that
//! carries the mark of the directory or names it in its environment, or descends from one.

use super::{
    Layout, SuperviseError, course::KILL_WAIT, kill, mark, processes, processes::Seen, read_record,
    record, spec::HELPERS,
};
use rustix::process::Signal;
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Time between two looks at a lock or at the process table.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Readings without a stray that prove a run empty.
const QUIET_LOOKS: u32 = 2;

/// Whether a supervisor holds a run directory.
pub(crate) fn is_held(layout: &Layout) -> Result<bool, SuperviseError> {
    Ok(record::lock(layout)?.is_none())
}

/// Makes sure that nothing of a run is left: gives its supervisor `grace` to end by
/// itself (it does, when the daemon is gone), then ends what is there.
///
/// # Errors
/// When processes outlive KILL, or the lock cannot be looked at.
pub async fn prove_empty(run_dir: &Path, grace: Duration) -> Result<(), SuperviseError> {
    if !run_dir.exists() {
        return Ok(());
    }
    let layout = Layout::new(run_dir);
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let begun = Instant::now();
    let lock = loop {
        ticks.tick().await;
        if let Some(lock) = record::lock(&layout)? {
            break lock;
        }
        let waited = begun.elapsed();
        if waited >= grace {
            end_supervisor(run_dir, waited >= grace + KILL_WAIT / 3);
        }
        if waited >= grace + KILL_WAIT {
            return Err(left(run_dir, &tree(run_dir), waited));
        }
    };
    if is_begun(run_dir) {
        end_strays(run_dir, &mut ticks).await?;
    }
    // A run that was cut off before its agent began left it; it may hold a key.
    let _ = std::fs::remove_file(layout.spec());
    drop(lock);
    Ok(())
}

/// Empties what is under the supervisor: it then records the end by itself. One
/// that does not, even so, is ended too.
fn end_supervisor(run_dir: &Path, also_itself: bool) {
    let spared = usize::from(!also_itself);
    kill::sweep(|| tree(run_dir).into_iter().skip(spared).collect());
}

/// The supervisor on record and all under it.
fn tree(run_dir: &Path) -> Vec<Seen> {
    let Some(supervisor) = read_record(run_dir).and_then(|r| processes::find(&r.process)) else {
        return Vec::new();
    };
    let mut tree = vec![supervisor];
    tree.extend(processes::descendants(supervisor.pid));
    tree
}

async fn end_strays(
    run_dir: &Path,
    ticks: &mut tokio::time::Interval,
) -> Result<(), SuperviseError> {
    let begun = Instant::now();
    let mut quiet = 0;
    while quiet < QUIET_LOOKS {
        if kill::sweep(|| strays(run_dir)) == 0 {
            quiet += 1;
        } else {
            quiet = 0;
        }
        if begun.elapsed() >= KILL_WAIT {
            return Err(left(run_dir, &strays(run_dir), begun.elapsed()));
        }
        ticks.tick().await;
    }
    Ok(())
}

fn left(run_dir: &Path, seen: &[Seen], waited: Duration) -> SuperviseError {
    SuperviseError::Left {
        run_dir: run_dir.to_owned(),
        left: seen.len(),
        pid: seen.first().map_or(0, |seen| seen.pid),
        waited,
    }
}

/// Whether a run was ever started from a directory: by its record, else by its spec.
fn is_begun(run_dir: &Path) -> bool {
    read_record(run_dir).is_some() || super::RunSpec::read(&Layout::new(run_dir).spec()).is_ok()
}

/// Living processes of this user that carry the run's mark or name its directory, and what
/// is under them; never this process or one above it.
fn strays(run_dir: &Path) -> Vec<Seen> {
    let table = processes::table();
    let own_line = ancestry(&table);
    let marks = marks(run_dir);
    let own_user = rustix::process::geteuid().as_raw();
    let marked: Vec<Seen> = table
        .iter()
        .filter(|seen| !own_line.contains(&seen.pid) && !seen.is_dead())
        .filter(|seen| seen.is_of(own_user))
        .filter(|seen| {
            mark::is_marked(seen.pid, &marks) || mark::names_run(seen.pid, run_dir).unwrap_or(false)
        })
        .copied()
        .collect();
    let mut all = processes::under(&table, marked.iter().map(|seen| seen.pid));
    all.retain(|seen| !own_line.contains(&seen.pid) && !seen.is_dead());
    all.extend(marked);
    all
}

/// The marks of a run directory and of its helpers'.
pub(super) fn marks(run_dir: &Path) -> Vec<String> {
    let helpers = HELPERS.map(|name| run_dir.join(name));
    let dirs = helpers.into_iter().chain([run_dir.to_owned()]);
    dirs.filter_map(|dir| Some(mark::mark(&dir).ok()?.to_string()))
        .collect()
}

/// How many living processes carry the mark of one of these run directories, or descend
/// from one that does.
#[must_use]
pub fn living(run_dirs: &[PathBuf]) -> usize {
    let table = processes::table();
    let own_line = ancestry(&table);
    let marks: Vec<String> = run_dirs.iter().flat_map(|dir| marks(dir)).collect();
    let marked = table
        .iter()
        .filter(|seen| !own_line.contains(&seen.pid) && !seen.is_dead())
        .filter(|seen| mark::is_marked(seen.pid, &marks));
    let marked: HashSet<i32> = marked.map(|seen| seen.pid).collect();
    let under = processes::under(&table, marked.iter().copied());
    let under = under.iter().filter(|seen| !seen.is_dead());
    let all: HashSet<i32> = under.map(|seen| seen.pid).chain(marked.clone()).collect();
    all.len()
}

pub(super) fn ancestry(table: &[Seen]) -> HashSet<i32> {
    let mut line = HashSet::new();
    let mut pid = processes::own_pid();
    while line.insert(pid) {
        match table.iter().find(|seen| seen.pid == pid) {
            Some(seen) => pid = seen.parent,
            None => break,
        }
    }
    line
}

/// Kills one process by identity; for tests and for the operator's `adf`.
pub fn kill_process(process: &crate::model::Process) -> bool {
    processes::find(process).is_some_and(|seen| seen.signal(Signal::KILL))
}
