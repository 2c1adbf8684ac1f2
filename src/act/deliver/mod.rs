//! How commits leave: a bundle made inside an agent's walls becomes a checked
//! [`Work`](crate::model::Work), and its head the task's branch on the forge.
//!
//! Invariant: what is pushed was taken from a bundle by [`take`], object by
//! object, and is kept under a ref here until the mirror holds it too; a push
//! names what the branch must hold, and only branches of the factory are pushed.
//! Next: [`bundle`] reads the header, [`take`] the objects, [`paths`] what changed, [`secrets`] what it would give away.

pub mod bundle;
pub mod paths;
mod secrets;
pub mod take;

pub use paths::Protected;

use super::git::tend::{Unreached, tend};
use super::git::{Git, GitError, GitErrorKind, Remote, TRANSFER_LIMIT, look, place};
use crate::model::{RunId, Sha, TaskId};
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::RwLock;

/// What every branch of the factory begins with; nothing else is ever pushed.
pub const BRANCH_PREFIX: &str = "adf/";

/// Why a bundle's work was not taken.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// Git could not do it, or found the objects bad.
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
    /// The bundle is larger than a run may deliver.
    #[error(
        "the bundle has {found} bytes, over the limit of {max}; raise `bundle_bytes` or commit less"
    )]
    TooLarge {
        /// Its size.
        found: u64,
        /// The limit.
        max: u64,
    },
    /// The bundle is not what the agent's walls should have made.
    #[error("the bundle cannot be used: {0}")]
    Bundle(String),
    /// The objects are broken, forbidden or incomplete.
    #[error("the bundle's objects are refused: {0}")]
    Objects(String),
    /// The base is not here.
    #[error("base {0} is not in the mirror")]
    NoBase(Sha),
    /// The work does not stand on its base.
    #[error("the work at {head} does not stand on its base {base}")]
    NotOnBase {
        /// The base.
        base: Sha,
        /// The head.
        head: Sha,
    },
    /// An id that is no plain name.
    #[error("id {0:?} is not a plain name")]
    Name(String),
}

pub(crate) fn at(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DeliverError {
    let path = path.to_owned();
    move |source| DeliverError::Io { what, path, source }
}

/// The bare repository that work is checked in and pushed from.
#[derive(Clone, Debug)]
pub struct Deliver {
    git: Git,
    dir: PathBuf,
    mirror: PathBuf,
    /// Held shared while objects come in, alone while what no ref reaches goes.
    gate: Arc<RwLock<()>>,
}

impl Deliver {
    /// The repository at `<state>/deliver.git`, borrowing from the bare
    /// repository `mirror`.
    #[must_use]
    pub fn new(git: Git, state: &Path, mirror: &Path) -> Deliver {
        Deliver {
            git,
            dir: state.join("deliver.git"),
            mirror: mirror.to_owned(),
            gate: Arc::default(),
        }
    }

    /// The bare repository.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Makes it where it is missing or half made, and removes what takes left
    /// that a crash cut short. The mirror must stand. Call it once, at start: a take
    /// that is under way would lose its objects.
    ///
    /// # Errors
    /// When git or the disk fails.
    pub async fn ensure(&self) -> Result<(), DeliverError> {
        let format = place::object_format(&self.mirror)?.unwrap_or("sha1");
        place::init_bare(&self.git, &self.dir, format).await?;
        place::lend(&self.dir.join("objects"), &self.mirror.join("objects"))
            .map_err(at("write alternates in", &self.dir))?;
        // A workspace that starts from kept work asks for it by its id.
        let key = ["--replace-all", "uploadpack.allowAnySHA1InWant", "true"];
        let call = self.git.call("config").dir(&self.dir);
        call.args(key).run().await?;
        let incoming = self.incoming();
        match std::fs::remove_dir_all(&incoming) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(at("remove", &incoming)(error));
            }
            _ => {}
        }
        place::private_dir(&incoming).map_err(at("make", &incoming))
    }

    fn incoming(&self) -> PathBuf {
        self.dir.join("incoming")
    }

    /// Remembers the head of a task's work, so that another attempt can go on from it.
    ///
    /// # Errors
    /// When it was never taken, or the ref cannot be written.
    pub async fn keep(&self, task: &TaskId, head: &Sha) -> Result<(), DeliverError> {
        self.set_ref(&format!("refs/adf/kept/{}", name(task.as_str())?), head)
            .await
    }

    /// The head last kept for a task.
    ///
    /// # Errors
    /// When the repository cannot be read.
    pub async fn kept(&self, task: &TaskId) -> Result<Option<Sha>, DeliverError> {
        let name = format!("refs/adf/kept/{}", name(task.as_str())?);
        Ok(self.git.local_ref(&self.dir, &name).await?)
    }

    /// The head taken from a run.
    ///
    /// # Errors
    /// When the repository cannot be read.
    pub async fn taken(&self, run: &RunId) -> Result<Option<Sha>, DeliverError> {
        let name = format!("refs/adf/runs/{}", name(run.as_str())?);
        Ok(self.git.local_ref(&self.dir, &name).await?)
    }

    /// Forgets the head taken from a run, if the mirror holds it too; says whether it did.
    ///
    /// # Errors
    /// When git fails.
    pub async fn let_go(&self, run: &RunId) -> Result<bool, DeliverError> {
        if !self.dir.exists() {
            return Ok(false);
        }
        let Some(head) = self.taken(run).await? else {
            return Ok(false);
        };
        if !self.git.has_commit(&self.mirror, &head).await? {
            return Ok(false);
        }
        let name = format!("refs/adf/runs/{}", name(run.as_str())?);
        let call = self.git.call("update-ref").dir(&self.dir);
        let args = ["-d", "--", &name, head.as_str()];
        call.args(args).run().await?;
        Ok(true)
    }

    /// Repacks it where that is needed and nothing is being taken in; says whether it
    /// did. What no ref reaches goes.
    ///
    /// # Errors
    /// When git or the disk fails.
    pub async fn tend(&self) -> Result<bool, DeliverError> {
        let Ok(_alone) = self.gate.try_write() else {
            return Ok(false);
        };
        Ok(tend(&self.git, &self.dir, Unreached::Go).await?)
    }

    async fn set_ref(&self, name: &str, sha: &Sha) -> Result<(), DeliverError> {
        let sha = look::checked("update-ref", sha)?;
        let call = self.git.call("update-ref").dir(&self.dir);
        call.args(["--", name, sha]).run().await?;
        Ok(())
    }

    /// The commit that a branch of the forge holds now: the look before a push,
    /// and after one whose answer was lost.
    ///
    /// # Errors
    /// When the forge cannot be asked.
    pub async fn remote_head(
        &self,
        remote: &Remote,
        branch: &str,
    ) -> Result<Option<Sha>, GitError> {
        self.git.remote_head(remote, branch).await
    }

    /// Sets a branch of the forge to `head`, if it holds `expect`; `None`: if it
    /// does not exist.
    ///
    /// # Errors
    /// [`GitErrorKind::StaleLease`] when it holds something else, and
    /// [`GitErrorKind::NotFastForward`] when commits would be lost that are not here.
    pub async fn push(
        &self,
        remote: &Remote,
        branch: &str,
        head: &Sha,
        expect: Option<&Sha>,
    ) -> Result<(), GitError> {
        const VERB: &str = "push";
        if !look::is_branch(branch) || !branch.starts_with(BRANCH_PREFIX) {
            let what = format!("{branch:?} is not a branch of the factory");
            return Err(GitError::before(VERB, GitErrorKind::Other, what));
        }
        let head = look::checked(VERB, head)?;
        if let Some(old) = expect {
            look::checked(VERB, old)?;
            // Rewritten history may replace only what is kept here.
            if !self.git.has_commit(&self.dir, old).await? {
                let what = format!("{old} is not here");
                return Err(GitError::before(VERB, GitErrorKind::NotFastForward, what));
            }
            let name = format!("refs/adf/replaced/{old}");
            let call = self.git.call("update-ref").dir(&self.dir);
            call.args(["--", &name, old.as_str()]).run().await?;
        }
        let expect = expect.map_or("", Sha::as_str);
        self.git
            .call(VERB)
            .dir(&self.dir)
            .remote(remote)
            .args(["--porcelain", "--quiet", "--no-verify", "--no-follow-tags"])
            .arg(format!("--force-with-lease=refs/heads/{branch}:{expect}"))
            .args(["--", remote.url()])
            .arg(format!("{head}:refs/heads/{branch}"))
            .limit(TRANSFER_LIMIT)
            .run()
            .await
            .map(drop)
    }
}

/// An id as the last part of a ref and as a file name.
fn name(id: &str) -> Result<&str, DeliverError> {
    let is_plain = (1..=80).contains(&id.len())
        && !id.starts_with('-')
        && id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if is_plain {
        Ok(id)
    } else {
        Err(DeliverError::Name(id.to_owned()))
    }
}
