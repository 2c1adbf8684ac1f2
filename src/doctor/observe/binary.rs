//! The executable, and what it could be older than: its source, the schema beside
//! the config, and the one that the running factory was started from.
//!
//! Invariant: only files are looked at.

use crate::config::{Config, schema};
use crate::doctor::How;
use crate::store;
use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// The name of a schema that is kept beside a config or in a checkout.
const SCHEMA: &str = "config.schema.json";
/// Files of a source tree looked at.
const FILES_MAX: usize = 20_000;

/// What was found.
#[derive(Debug)]
pub struct Binary {
    /// The executable.
    pub path: PathBuf,
    /// Its version.
    pub version: &'static str,
    /// A file of the source that is newer, where there is a checkout.
    pub source: Option<(PathBuf, Option<PathBuf>)>,
    /// A schema beside the config, and whether it is this executable's.
    pub schema: Option<(PathBuf, bool)>,
    /// What was named as the source and is none.
    pub no_source: Option<PathBuf>,
    /// What a factory that holds the state runs.
    pub running: Option<Running>,
}

/// The executable of a running factory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// Its process.
    pub pid: u32,
    /// Its executable was replaced or removed since.
    pub is_replaced: bool,
}

/// Looks.
#[must_use]
pub fn observe(config: &Config, how: &How) -> Binary {
    let (named, no_source) = match &how.source {
        Some(dir) if is_source(dir) => (Some(dir.clone()), None),
        named => (None, named.clone()),
    };
    let source = named.or_else(|| checkout(&how.adf));
    let beside = config.path.with_file_name(SCHEMA);
    Binary {
        path: how.adf.clone(),
        no_source,
        version: how.version,
        source: source.map(|dir| {
            let newer = newer(&dir, modified(&how.adf));
            (dir, newer)
        }),
        schema: fs::read(&beside).ok().map(|text| {
            let kept: Option<serde_json::Value> = serde_json::from_slice(&text).ok();
            (beside, kept.as_ref() == Some(&schema()))
        }),
        running: running(&config.settings.state_dir),
    }
}

/// Whether a folder is the root of a program's source.
fn is_source(dir: &Path) -> bool {
    dir.join("src").is_dir()
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

/// The checkout in whose `target` folder the executable lies.
fn checkout(adf: &Path) -> Option<PathBuf> {
    let target = adf.ancestors().find(|dir| dir.ends_with("target"))?;
    let root = target.parent()?;
    let is_ours = root.join("Cargo.toml").is_file() && root.join("src/main.rs").is_file();
    is_ours.then(|| root.to_owned())
}

/// A source file that changed after the executable was built.
fn newer(root: &Path, built: Option<SystemTime>) -> Option<PathBuf> {
    let built = built?;
    let mut waiting = vec![root.join("src"), root.join("Cargo.lock")];
    let mut looked_at = 0;
    while let Some(path) = waiting.pop() {
        looked_at += 1;
        if looked_at > FILES_MAX {
            return None;
        }
        if let Ok(inside) = fs::read_dir(&path) {
            waiting.extend(inside.flatten().map(|entry| entry.path()));
        } else if modified(&path).is_some_and(|at| at > built) {
            return Some(path);
        }
    }
    None
}

/// The factory that holds a state, if one does.
#[must_use]
pub fn running(state_dir: &Path) -> Option<Running> {
    let holder = store::signed(state_dir)?;
    let process = PathBuf::from(format!("/proc/{}", holder.pid));
    // Of another account's process only its words can be read.
    let exe = fs::read_link(process.join("exe"))
        .or_else(|_| fs::read_to_string(process.join("cmdline")).map(PathBuf::from))
        .ok()?;
    let exe = exe.to_string_lossy();
    exe.contains("adf").then(|| Running {
        pid: holder.pid,
        is_replaced: exe.ends_with(" (deleted)"),
    })
}
