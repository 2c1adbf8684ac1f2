//! A task becomes a workspace: made under another name, then renamed, so that a
//! workspace that bears its name is whole.
//!
//! Invariant: a workspace that stands is never touched by git again; it has no
//! remote, no hook and no credential, and its one branch starts at a commit that
//! the factory chose.

use super::{Manifest, Workspace, WorkspaceError, Workspaces, at, plain, remove};
use crate::{
    act::git::{
        Call, GitError, GitErrorKind, Remote, TRANSFER_LIMIT, look, place, remove_stale_locks,
    },
    model::{Sha, TaskId, Time},
};
use std::{
    fs,
    io::{self, Cursor, Write as _},
    path::{Path, PathBuf},
};

/// As whom an agent commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The author's name.
    pub name: String,
    /// The author's address.
    pub email: String,
}

/// What a workspace is to be.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The task.
    pub task: TaskId,
    /// The lease of the attempt.
    pub lease: u64,
    /// The commit that the work is counted from; in the mirror.
    pub base: Sha,
    /// The branch of the forge that `base` stands on; the agent sees it as
    /// `origin/<name>`.
    pub base_branch: String,
    /// The task's branch.
    pub branch: String,
    /// Where to go on from instead of `base`: a head pushed or kept earlier.
    pub start: Option<Sha>,
    /// The work of the agent that called this one; the agent sees it as `caller/work`.
    pub caller: Option<Sha>,
    /// As whom the agent commits.
    pub identity: Identity,
    /// The moment.
    pub now: Time,
}

impl Workspaces {
    /// A workspace for the task: the one that stands, or a new one.
    ///
    /// # Errors
    /// When a later lease holds it, something else stands there, or git or the
    /// disk fails.
    pub async fn ensure(&self, spec: &Spec) -> Result<Workspace, WorkspaceError> {
        let name = plain(&spec.task)?;
        place::private_dir(&self.dir).map_err(at("make", &self.dir))?;
        let dir = self.dir.join(name);
        let stands = dir.symlink_metadata().is_ok();
        match Manifest::read(&self.dir, name)? {
            None if stands => return Err(WorkspaceError::Foreign(dir)),
            Some(old) if old.lease > spec.lease => {
                return Err(WorkspaceError::Lease {
                    held: old.lease,
                    given: spec.lease,
                });
            }
            Some(old) if is_whole(&dir) => {
                let own = dir.join(".git");
                // What an earlier attempt's git was killed at would stop this one's.
                remove_stale_locks(&own).map_err(at("remove locks in", &own))?;
                let base = old.base.clone();
                let lease = spec.lease;
                Manifest { lease, ..old }.write(&self.dir)?;
                let kept = true;
                return Ok(Workspace { dir, base, kept });
            }
            _ => {}
        }
        if stands {
            // The agent took its own repository apart: nothing can be told from it.
            remove::discard(&self.dir, name).await?;
        }
        let new = tempfile::Builder::new()
            .prefix(&format!(".new-{name}-"))
            .tempdir_in(&self.dir)
            .map_err(at("make a directory in", &self.dir))?;
        self.fill(new.path(), spec).await?;
        Manifest {
            task: spec.task.clone(),
            lease: spec.lease,
            base: spec.base.clone(),
            created: spec.now,
        }
        .write(&self.dir)?;
        fs::rename(new.path(), &dir).map_err(at("rename to", &dir))?;
        // It has its name now; the guard must not remove what it no longer guards.
        let _ = new.keep();
        Ok(Workspace {
            dir,
            base: spec.base.clone(),
            kept: false,
        })
    }

    async fn fill(&self, dir: &Path, spec: &Spec) -> Result<(), WorkspaceError> {
        let start = spec.start.as_ref().unwrap_or(&spec.base);
        for sha in [start, &spec.base].into_iter().chain(&spec.caller) {
            look::checked("init", sha)?;
        }
        if !look::is_branch(&spec.branch) || !look::is_branch(&spec.base_branch) {
            let what = "not a branch name";
            return Err(GitError::before("init", GitErrorKind::Other, what).into());
        }
        let format = place::object_format(self.mirror.dir())?.unwrap_or("sha1");
        self.git
            .call("init")
            .args(["--quiet", "--template="])
            .arg(format!("--object-format={format}"))
            .arg(format!("--initial-branch={}", spec.branch))
            .arg("--")
            .arg(dir)
            .run()
            .await?;
        let own = dir.join(".git");
        place::lend(&own.join("objects"), &self.mirror.objects())
            .map_err(at("write alternates in", &own))?;
        configure(&own, &spec.identity).map_err(at("configure", &own))?;
        let caller = spec.caller.as_ref();
        if let Some(absent) = self.git.lacks(&own, [&spec.base]).await? {
            return Err(WorkspaceError::NoStart(absent.clone()));
        }
        let others: Vec<&Sha> = spec.start.iter().chain(caller).collect();
        for sha in others {
            if !self.git.has_commit(&own, sha).await? {
                self.copy(&own, sha).await?;
            }
        }
        let mut refs = format!(
            "create refs/heads/{} {start}\ncreate refs/remotes/origin/{} {}\n",
            spec.branch, spec.base_branch, spec.base
        );
        if let Some(caller) = caller {
            refs.push_str(&format!("create refs/remotes/caller/work {caller}\n"));
        }
        let call = self.git.call("update-ref").dir(&own).arg("--stdin");
        call.input(Cursor::new(refs)).run().await?;
        let checkout: Call<'_> = self.git.call("reset").dir(&own).worktree(dir);
        checkout
            .args(["--quiet", "--hard"])
            .limit(TRANSFER_LIMIT)
            .run()
            .await?;
        Ok(())
    }

    /// Copies a commit that only `deliver.git` holds: its objects are no agent's to read.
    async fn copy(&self, own: &Path, start: &Sha) -> Result<(), WorkspaceError> {
        if !self.git.has_commit(&self.deliver, start).await? {
            return Err(WorkspaceError::NoStart(start.clone()));
        }
        let from = Remote::new(&self.deliver.to_string_lossy(), None)?;
        self.git
            .call("fetch")
            .dir(own)
            .remote(&from)
            .args(["--quiet", "--no-tags", "--no-write-fetch-head", "--"])
            .args([from.url(), start.as_str()])
            .limit(TRANSFER_LIMIT)
            .run()
            .await?;
        Ok(())
    }
}

/// The settings of a new workspace, beneath those that `git init` wrote.
fn configure(own: &Path, identity: &Identity) -> io::Result<()> {
    let quoted = |text: &str| {
        text.replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n")
    };
    let mut config = fs::OpenOptions::new()
        .append(true)
        .open(own.join("config"))?;
    write!(
        config,
        "[user]\n\tname = \"{}\"\n\temail = \"{}\"\n[gc]\n\tauto = 0\n",
        quoted(&identity.name),
        quoted(&identity.email)
    )
}

/// Whether a workspace is there and still has a repository of its own. An agent
/// may have put a link or a file in its place, which is not followed.
fn is_whole(dir: &Path) -> bool {
    let is_dir = |path: PathBuf| path.symlink_metadata().is_ok_and(|meta| meta.is_dir());
    is_dir(dir.to_owned()) && is_dir(dir.join(".git"))
}
