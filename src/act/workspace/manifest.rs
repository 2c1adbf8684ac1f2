//! What the factory knows about a workspace, written beside it where no agent
//! can write: `<work>/<task>.json`.
//!
//! Invariant: a workspace without a manifest is not ours; the manifest is on disk
//! before the workspace gets its name, and goes after it.

use super::{WorkspaceError, at};
use crate::model::{Sha, TaskId, Time};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// What the factory knows about a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The task it was made for.
    pub task: TaskId,
    /// The lease of the attempt that holds it.
    pub lease: u64,
    /// The commit that the task's work is counted from.
    pub base: Sha,
    /// When it was made.
    pub created: Time,
}

fn path(work: &Path, name: &str) -> PathBuf {
    work.join(format!("{name}.json"))
}

impl Manifest {
    pub(super) fn read(work: &Path, name: &str) -> Result<Option<Manifest>, WorkspaceError> {
        let path = path(work, name);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(at("read", &path)(error)),
        };
        let detail = match serde_json::from_slice::<Manifest>(&text) {
            Ok(manifest) if manifest.task.as_str() == name => return Ok(Some(manifest)),
            Ok(_) => "it names another task".to_owned(),
            Err(error) => error.to_string(),
        };
        Err(WorkspaceError::Manifest { path, detail })
    }

    /// Writes it whole and durably, or leaves what was there.
    pub(super) fn write(&self, work: &Path) -> Result<(), WorkspaceError> {
        let path = path(work, self.task.as_str());
        let whole = || -> io::Result<()> {
            let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(work)?;
            file.write_all(&serde_json::to_vec(self)?)?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            File::open(work)?.sync_all()
        };
        whole().map_err(at("write", &path))
    }

    pub(super) fn remove(work: &Path, name: &str) -> Result<(), WorkspaceError> {
        let path = path(work, name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(at("remove", &path)(error))
            }
            _ => Ok(()),
        }
    }
}
