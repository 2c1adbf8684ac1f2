//! Where agents work: a task becomes a private clone that borrows the objects of
//! the factory's bare mirror.
//!
//! Invariant: the factory runs git in a workspace only before it gets its name;
//! from then on its `.git` is the agent's, and nothing here looks inside, but to remove
//! lock files between two attempts. What the
//! factory knows about a workspace stands in a manifest beside it. Next:
//! [`mirror`], [`create`], [`mod@blockers`] (what cannot be worked on), [`remove`].

pub mod blockers;
pub mod create;
pub mod manifest;
pub mod mirror;
pub mod remove;

pub use blockers::blockers;
pub use create::{Identity, Spec};
pub use manifest::Manifest;
pub use mirror::Mirror;

use super::git::{Git, GitError};
use crate::model::{Sha, TaskId};
use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// A workspace that an agent may be started in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// The directory, all of it the agent's.
    pub dir: PathBuf,
    /// The commit that the task's work is counted from.
    pub base: Sha,
    /// It stood already, with whatever an earlier attempt left in it.
    pub kept: bool,
}

/// Why a workspace could not be made or removed.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// Git could not do it.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The disk could not do it.
    #[error("cannot {what} {path}: {source}; see to the state directory's rights and room")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A task's name that is no plain name.
    #[error("task id {0:?} is not a plain name")]
    Name(String),
    /// Something stands where the workspace should, and nothing says it is ours.
    #[error("{0} was not made by this factory; move it away")]
    Foreign(PathBuf),
    /// A manifest that cannot be read.
    #[error("manifest {path} is damaged ({detail}); remove it")]
    Manifest {
        /// Which.
        path: PathBuf,
        /// How.
        detail: String,
    },
    /// A later attempt holds the workspace.
    #[error("the workspace is held under lease {held}, later than {given}")]
    Lease {
        /// The lease in the manifest.
        held: u64,
        /// The lease of who asks.
        given: u64,
    },
    /// The commit to start from is nowhere.
    #[error("commit {0} is neither in the mirror nor in deliver.git; start from the base")]
    NoStart(Sha),
}

/// Adds what was tried and where to an error of the disk.
pub(crate) fn at(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> WorkspaceError {
    let path = path.to_owned();
    move |source| WorkspaceError::Io { what, path, source }
}

/// The workspaces of one factory.
#[derive(Debug)]
pub struct Workspaces {
    git: Git,
    dir: PathBuf,
    mirror: Arc<Mirror>,
    deliver: PathBuf,
}

impl Workspaces {
    /// The workspaces under `<state>/work`, borrowing from `mirror`; commits kept
    /// in the bare repository `deliver` can be started from too.
    #[must_use]
    pub fn new(git: Git, state: &Path, mirror: Arc<Mirror>, deliver: &Path) -> Workspaces {
        Workspaces {
            git,
            dir: state.join("work"),
            mirror,
            deliver: deliver.to_owned(),
        }
    }

    /// Where a task's workspace is, whether it stands or not.
    ///
    /// # Errors
    /// When the id is not a plain name.
    pub fn path(&self, task: &TaskId) -> Result<PathBuf, WorkspaceError> {
        Ok(self.dir.join(plain(task)?))
    }

    /// What an agent must be able to read besides its workspace.
    #[must_use]
    pub fn reads(&self) -> Vec<PathBuf> {
        vec![self.mirror.objects()]
    }

    /// What the manifest of a task says, if it has one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn manifest(&self, task: &TaskId) -> Result<Option<Manifest>, WorkspaceError> {
        Manifest::read(&self.dir, plain(task)?)
    }

    /// The names of all that stands in the folder of workspaces or has a manifest
    /// there, but for what is being made or removed.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn names(&self) -> Result<Vec<String>, WorkspaceError> {
        let mut names = Vec::new();
        let entries = match std::fs::read_dir(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(names),
            entries => entries.map_err(at("read", &self.dir))?,
        };
        for entry in entries {
            let name = entry.map_err(at("read", &self.dir))?.file_name();
            names.extend(name.into_string());
        }
        names.retain(|name| !name.starts_with('.'));
        let names: BTreeSet<String> = names
            .iter()
            .map(|name| name.strip_suffix(".json").unwrap_or(name).to_owned())
            .collect();
        Ok(names.into_iter().collect())
    }

    /// Removes a directory of the factory that stands elsewhere in its state, whatever
    /// an agent built inside.
    ///
    /// # Errors
    /// When it cannot be removed; what is left of it is in the trash.
    pub async fn bury(&self, dir: &Path) -> Result<(), WorkspaceError> {
        remove::remove(&self.dir, dir).await
    }

    /// Removes what creations and removals left behind that a crash cut short;
    /// says how many there were. Call it at start, before any [`Workspaces::ensure`].
    ///
    /// # Errors
    /// When the directory cannot be read or something in it not removed.
    pub async fn sweep(&self) -> Result<usize, WorkspaceError> {
        remove::sweep(&self.dir).await
    }

    /// Removes a task's workspace; says whether there was one.
    ///
    /// # Errors
    /// When something stands there that no manifest names, or it cannot be removed.
    pub async fn remove(&self, task: &TaskId) -> Result<bool, WorkspaceError> {
        let name = plain(task)?;
        let dir = self.dir.join(name);
        let known = Manifest::read(&self.dir, name)?.is_some();
        let stands = dir.symlink_metadata().is_ok();
        if stands && !known {
            return Err(WorkspaceError::Foreign(dir));
        }
        if stands {
            remove::discard(&self.dir, name).await?;
        }
        // Last, so that a removal cut short is still known to be ours.
        Manifest::remove(&self.dir, name)?;
        Ok(stands)
    }
}

/// A task's id as a file name.
fn plain(task: &TaskId) -> Result<&str, WorkspaceError> {
    let name = task.as_str();
    let is_plain = (1..=64).contains(&name.len())
        && !name.starts_with('-')
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if is_plain {
        Ok(name)
    } else {
        Err(WorkspaceError::Name(name.to_owned()))
    }
}
