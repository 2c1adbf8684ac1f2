//! The state directory, the ledger in it, and who else lays claim to it.
//!
//! Invariant: the ledger is opened to read only; a file that is made to try
//! whether files can be made has no name.

use crate::act::disk;
use crate::config::{self, Config, SecretSource};
use crate::model::Time;
use crate::model::settings::{ForgeSettings, Settings};
use crate::store::{self, BackupTrace, StoreError};
use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// Configs beside this one that are read.
const SIBLINGS_MAX: usize = 64;
/// The key by which the factory knows its own comments.
const MARKER_KEY: &str = "marker.key";

/// What was found.
#[derive(Debug)]
pub struct State {
    /// The folder.
    pub dir: PathBuf,
    /// What it is.
    pub folder: Folder,
    /// Whether a file can be made in it, or where it is to be made.
    pub writable: Result<(), String>,
    /// Who looks.
    pub me: u32,
    /// Bytes free.
    pub free: Result<u64, String>,
    /// What the ledger says; `None` where there is none yet.
    pub ledger: Option<Result<(), StoreError>>,
    /// Whether there is no ledger, though a factory has lived here.
    pub is_lost: bool,
    /// Files beside the ledger that do not hold what they should.
    pub malformed: Vec<StoreError>,
    /// Whether the key of the marks is there.
    pub has_key: bool,
    /// Secret files and others: path and permission bits.
    pub modes: Vec<(PathBuf, u32)>,
    /// Other configs beside this one.
    pub others: Vec<Other>,
    /// The last backup, and the moment.
    pub backup: (Option<BackupTrace>, Time),
}

/// What the state directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folder {
    /// Not there yet.
    Missing,
    /// A link to what is not there.
    Dangling,
    /// Not a folder.
    NoFolder,
    /// A folder.
    Folder {
        /// Its owner.
        owner: u32,
        /// Its permission bits.
        mode: u32,
    },
}

/// Another project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// Its config.
    pub path: PathBuf,
    /// Whether its state is in the same folder.
    pub same_state: bool,
    /// Whether it serves the same repository.
    pub same_repository: bool,
}

/// Looks; at every page of the ledger only when asked, as opening it for writing does too.
#[must_use]
pub fn observe(config: &Config, every_page: bool, now: Time) -> State {
    let dir = config.settings.state_dir.clone();
    let there = dir.ancestors().find(|path| path.exists());
    let there = there.unwrap_or(Path::new("/"));
    let key = match &config.secrets.marker_key {
        SecretSource::File { path } => path.clone(),
        _ => dir.join(MARKER_KEY),
    };
    let (factory, ledger_file) = (dir.join(store::FACTORY_FILE), dir.join(store::LEDGER_FILE));
    let ledger = ledger(&dir, &config.settings.project, every_page);
    let lived = [&factory, &ledger_file, &dir.join(MARKER_KEY)];
    let is_lost = ledger.is_none() && lived.iter().any(|path| path.exists());
    let malformed = malformed(&config.secrets.marker_key, &dir);
    let secrets = [key, factory, ledger_file];
    State {
        folder: folder(&dir),
        writable: tempfile::tempfile_in(there)
            .map(drop)
            .map_err(|error| format!("{}: {error}", there.display())),
        me: rustix::process::geteuid().as_raw(),
        free: disk::free_bytes(there).map_err(|error| error.to_string()),
        ledger,
        is_lost,
        malformed,
        has_key: secrets[0].exists(),
        modes: secrets.into_iter().filter_map(mode).collect(),
        others: others(&config.path, &config.settings),
        backup: (BackupTrace::read(&dir), now),
        dir,
    }
}

fn folder(dir: &Path) -> Folder {
    match fs::metadata(dir) {
        Ok(data) if data.is_dir() => Folder::Folder {
            owner: data.uid(),
            mode: data.permissions().mode() & 0o7777,
        },
        Ok(_) => Folder::NoFolder,
        Err(_) if fs::symlink_metadata(dir).is_ok_and(|data| data.is_symlink()) => Folder::Dangling,
        Err(_) => Folder::Missing,
    }
}

/// The factory's id and the key of its marks, read as a start reads them, where they are there.
fn malformed(key: &SecretSource, dir: &Path) -> Vec<StoreError> {
    let mut found = Vec::new();
    if dir.join(store::FACTORY_FILE).exists() {
        found.extend(store::factory_id(dir).err());
    }
    if let SecretSource::File { path } = key
        && path.exists()
    {
        found.extend(store::marker_key(path).err());
    }
    found.retain(|error| matches!(error, StoreError::Malformed { .. }));
    found
}

/// Where a path leads, as far as it is there.
fn real(path: &Path) -> PathBuf {
    let there = path
        .ancestors()
        .find_map(|at| Some((at, at.canonicalize().ok()?)));
    let Some((at, real)) = there else {
        return path.to_owned();
    };
    path.strip_prefix(at)
        .map_or(real.clone(), |rest| real.join(rest))
}

fn mode(path: PathBuf) -> Option<(PathBuf, u32)> {
    let mode = fs::metadata(&path).ok()?.permissions().mode() & 0o7777;
    Some((path, mode))
}

fn ledger(dir: &Path, project: &str, every_page: bool) -> Option<Result<(), StoreError>> {
    match store::open_own(dir, project) {
        Err(StoreError::NoLedger { .. }) => None,
        Err(error) => Some(Err(error)),
        Ok(reader) if every_page => Some(reader.check()),
        Ok(_) => Some(Ok(())),
    }
}

/// Other configs in the folder of a config, and what they share with its settings.
#[must_use]
pub fn others(config: &Path, mine: &Settings) -> Vec<Other> {
    let folder = config.parent().unwrap_or(Path::new("/"));
    let Ok(inside) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let files = inside.flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|e| e == "toml") && path.as_path() != config)
        .take(SIBLINGS_MAX)
        .collect();
    files.sort();
    let of = |path: PathBuf| {
        let other = config::load(&path).ok()?.settings;
        let repository =
            |s: &ForgeSettings| (s.url.clone(), s.owner.to_lowercase(), s.repo.to_lowercase());
        Some(Other {
            path,
            same_state: real(&other.state_dir) == real(&mine.state_dir),
            same_repository: repository(&other.forge) == repository(&mine.forge),
        })
    };
    files.into_iter().filter_map(of).collect()
}
