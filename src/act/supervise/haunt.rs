//! Many run directories → those of which processes still live, by one reading of
//! the process table.
//!
//! Invariant: as in [`super::empty`], a process belongs to a run by the mark of its
//! directory or by the directory's name in its environment, and never is this
//! process, one above it, or another user's.

use super::{empty, mark, processes};
use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

/// Run directories with living processes, and how many of them carry their mark or name.
#[must_use]
pub fn haunted(run_dirs: &[PathBuf]) -> Vec<(PathBuf, usize)> {
    let mut by_mark: HashMap<String, &Path> = HashMap::new();
    for dir in run_dirs {
        by_mark.extend(
            empty::marks(dir)
                .into_iter()
                .map(|mark| (mark, dir.as_path())),
        );
    }
    let table = processes::table();
    let own_line = empty::ancestry(&table);
    let own_user = rustix::process::geteuid().as_raw();
    let mut found: BTreeMap<&Path, usize> = BTreeMap::new();
    for seen in &table {
        if own_line.contains(&seen.pid) || seen.is_dead() || !seen.is_of(own_user) {
            continue;
        }
        let marked = mark::read(seen.pid)
            .iter()
            .find_map(|mark| by_mark.get(mark).copied());
        let named = || {
            let said = mark::named_dirs(seen.pid).unwrap_or_default();
            let of = |dir: &&PathBuf| said.iter().any(|said| said.starts_with(dir));
            run_dirs.iter().find(of).map(PathBuf::as_path)
        };
        if let Some(dir) = marked.or_else(named) {
            *found.entry(dir).or_default() += 1;
        }
    }
    let found = found.into_iter();
    found.map(|(dir, count)| (dir.to_owned(), count)).collect()
}
