//! The factory's bare copy of the repository: every branch of the forge under
//! `refs/remotes/forge/`, its objects lent to workspaces and to `deliver.git`.
//!
//! Invariant: objects are never removed from it (no gc, no receive), so that what
//! borrows them stays whole; one fetch runs at a time; a base is only handed out
//! after the forge confirmed it, once for all who asked before that look began.

use crate::{
    act::git::{
        Git, GitError, GitErrorKind, LOOK_LIMIT, Remote, TRANSFER_LIMIT, place,
        tend::{Unreached, tend},
    },
    model::Sha,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Mutex;

/// How often a branch that moves while it is fetched is fetched again.
pub const BASE_TRIES: u32 = 3;

const REFSPEC: &str = "+refs/heads/*:refs/remotes/forge/*";

/// The mirror of one repository.
#[derive(Debug)]
pub struct Mirror {
    git: Git,
    dir: PathBuf,
    remote: Remote,
    /// How often a base was asked for so far.
    asked: AtomicU64,
    gate: Mutex<Known>,
}

/// What is known of a mirror, by whoever holds its gate.
#[derive(Debug, Default)]
struct Known {
    /// This process made it whole.
    whole: bool,
    /// The base confirmed last.
    base: Option<Confirmed>,
}

/// A base as the forge confirmed it.
#[derive(Debug)]
struct Confirmed {
    branch: String,
    sha: Sha,
    /// How often a base had been asked for when the look began.
    looked_at: u64,
}

impl Mirror {
    /// The mirror of `remote` at `<state>/mirror.git`.
    #[must_use]
    pub fn new(git: Git, state: &Path, remote: Remote) -> Mirror {
        Mirror {
            git,
            dir: state.join("mirror.git"),
            remote,
            asked: AtomicU64::new(0),
            gate: Mutex::default(),
        }
    }

    /// The bare repository.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Its objects, to be borrowed.
    #[must_use]
    pub fn objects(&self) -> PathBuf {
        self.dir.join("objects")
    }

    /// What it is a mirror of.
    #[must_use]
    pub fn remote(&self) -> &Remote {
        &self.remote
    }

    /// Makes it where it is missing or half made; fetches nothing.
    ///
    /// # Errors
    /// When the forge cannot be asked which hash it uses, or the disk fails.
    pub async fn ensure(&self) -> Result<(), GitError> {
        let mut known = self.gate.lock().await;
        let format = match place::object_format(&self.dir)? {
            Some(_) if known.whole => return Ok(()),
            Some(format) => format,
            None => self.remote_format().await?,
        };
        place::init_bare(&self.git, &self.dir, format).await?;
        *known = Known {
            whole: true,
            base: None,
        };
        Ok(())
    }

    /// Brings it level with the forge: every branch, and none that is gone.
    ///
    /// # Errors
    /// When the forge cannot be reached or the disk fails.
    pub async fn fetch(&self) -> Result<(), GitError> {
        let _one = self.gate.lock().await;
        self.fetch_alone().await
    }

    async fn fetch_alone(&self) -> Result<(), GitError> {
        self.git
            .call("fetch")
            .dir(&self.dir)
            .remote(&self.remote)
            .args(["--quiet", "--prune", "--no-tags", "--no-write-fetch-head"])
            .args(["--", self.remote.url(), REFSPEC])
            .limit(TRANSFER_LIMIT)
            .run()
            .await
            .map(drop)
    }

    /// The commit that a branch of the forge holds now, confirmed by the forge and
    /// present here.
    ///
    /// # Errors
    /// [`GitErrorKind::NotFound`] when there is no such branch.
    pub async fn base(&self, branch: &str) -> Result<Sha, GitError> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        let mut known = self.gate.lock().await;
        let last = known.base.as_ref().filter(|last| last.branch == branch);
        if let Some(last) = last.filter(|last| last.looked_at > asked) {
            return Ok(last.sha.clone());
        }
        let held = last.map(|last| last.sha.clone());
        let looked_at = self.asked.load(Ordering::Relaxed);
        let sha = self.confirm(branch, held).await?;
        known.base = Some(Confirmed {
            branch: branch.to_owned(),
            sha: sha.clone(),
            looked_at,
        });
        Ok(sha)
    }

    /// Asks the forge what a branch holds, and has it here; `held` was here before.
    async fn confirm(&self, branch: &str, held: Option<Sha>) -> Result<Sha, GitError> {
        let name = format!("refs/remotes/forge/{branch}");
        for _ in 0..BASE_TRIES {
            let Some(there) = self.git.remote_head(&self.remote, branch).await? else {
                let what = format!("no branch {branch}");
                return Err(GitError::before("ls-remote", GitErrorKind::NotFound, what));
            };
            if held.as_ref() == Some(&there)
                || self.git.local_ref(&self.dir, &name).await?.as_ref() == Some(&there)
            {
                return Ok(there);
            }
            self.fetch_alone().await?;
            if self.git.local_ref(&self.dir, &name).await?.as_ref() == Some(&there) {
                return Ok(there);
            }
        }
        let what = format!("branch {branch} moved during each of {BASE_TRIES} fetches");
        Err(GitError::before("fetch", GitErrorKind::Network, what))
    }

    /// Repacks it where that is needed, and says whether it did. Every object stays,
    /// so neither fetches nor borrowers need wait.
    ///
    /// # Errors
    /// When git or the disk fails.
    pub async fn tend(&self) -> Result<bool, GitError> {
        tend(&self.git, &self.dir, Unreached::Stay).await
    }

    /// Whether it holds a commit.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn has(&self, sha: &Sha) -> Result<bool, GitError> {
        self.git.has_commit(&self.dir, sha).await
    }

    async fn remote_format(&self) -> Result<&'static str, GitError> {
        let out = self
            .git
            .call("ls-remote")
            .remote(&self.remote)
            .args(["--", self.remote.url(), "HEAD"])
            .limit(LOOK_LIMIT)
            .run()
            .await?;
        let id = out.split(|b| *b == b'\t').next().unwrap_or_default();
        Ok(if id.len() == 64 { "sha256" } else { "sha1" })
    }
}
