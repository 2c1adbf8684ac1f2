//! A branch pushed and deleted, as the factory pushes.
//!
//! Invariant: the branch has a name that nobody else has, holds one commit without
//! files, and is deleted again; nothing is fetched.

use crate::act::deliver::{BRANCH_PREFIX, Deliver};
use crate::act::git::{Git, GitAuth, GitError, Remote, place};
use crate::config::Config;
use crate::forge::Client;
use crate::model::Sha;
use secrecy::SecretString;
use std::{path::Path, time::Duration};
use tokio::time::timeout;

/// How long a push may take before it is called a failure.
const PUSH_MAX: Duration = Duration::from_secs(60);

/// The commit that is pushed: no files, no parent.
const COMMIT: &str = "\
author adf doctor <adf@localhost> 0 +0000
committer adf doctor <adf@localhost> 0 +0000

Try whether the factory may push
";

/// What came of it.
#[derive(Debug)]
pub enum Tried {
    /// Pushed, seen, deleted.
    Done {
        /// The branch that there was.
        branch: String,
    },
    /// Not pushed.
    NotPushed {
        /// The branch.
        branch: String,
        /// Why not.
        why: String,
    },
    /// Pushed, and the forge does not show it.
    NotSeen {
        /// The branch.
        branch: String,
    },
    /// Pushed, and it could not be deleted.
    NotDeleted {
        /// The branch that is left.
        branch: String,
        /// Why.
        why: String,
    },
}

/// Tries it; `like` is a commit of the repository, by whose length its hash is known.
pub async fn observe(config: &Config, client: &Client, token: &SecretString, like: &Sha) -> Tried {
    let branch = format!("{BRANCH_PREFIX}doctor-{:016x}", fastrand::u64(..));
    match timeout(PUSH_MAX, tried(config, client, token, like, &branch)).await {
        Ok(tried) => tried,
        Err(_) => Tried::NotPushed {
            branch,
            why: format!("it took longer than {} s", PUSH_MAX.as_secs()),
        },
    }
}

async fn tried(
    config: &Config,
    client: &Client,
    token: &SecretString,
    like: &Sha,
    branch: &str,
) -> Tried {
    let branch = branch.to_owned();
    let work = match tempfile::Builder::new().prefix("adf-doctor-").tempdir() {
        Ok(work) => work,
        Err(error) => {
            let why = format!("no temporary folder can be made: {error}");
            return Tried::NotPushed { branch, why };
        }
    };
    let git = Git::new(work.path().join("home"));
    let forge = &config.settings.forge;
    let url = format!("{}/{}/{}.git", forge.url, forge.owner, forge.repo);
    let pushed = async {
        let remote = Remote::new(&url, Some(GitAuth::token(token)))?;
        let (deliver, head) = prepared(&git, work.path(), like).await?;
        deliver.push(&remote, &branch, &head, None).await?;
        Ok::<_, GitError>((remote, deliver))
    };
    let (remote, deliver) = match pushed.await {
        Ok(pushed) => pushed,
        Err(error) => {
            let why = error.to_string();
            return Tried::NotPushed { branch, why };
        }
    };
    let shown = client.branch(&branch).await;
    if let Err(error) = delete(&git, deliver.dir(), &remote, &branch).await {
        let why = error.to_string();
        return Tried::NotDeleted { branch, why };
    }
    match shown {
        Ok(None) => Tried::NotSeen { branch },
        _ => Tried::Done { branch },
    }
}

/// A place of delivery that holds the commit.
async fn prepared(git: &Git, work: &Path, like: &Sha) -> Result<(Deliver, Sha), GitError> {
    let format = if like.as_str().len() == 64 {
        "sha256"
    } else {
        "sha1"
    };
    let deliver = Deliver::new(git.clone(), work, &work.join("mirror.git"));
    place::init_bare(git, deliver.dir(), format).await?;
    let tree = object(git, deliver.dir(), "tree", String::new()).await?;
    let commit = format!("tree {tree}\n{COMMIT}");
    let head = object(git, deliver.dir(), "commit", commit).await?;
    Ok((deliver, head))
}

/// Writes an object and gives its name.
async fn object(git: &Git, dir: &Path, kind: &str, text: String) -> Result<Sha, GitError> {
    let call = git.call("hash-object").dir(dir);
    let call = call.args(["-t", kind, "-w", "--stdin"]);
    let out = call
        .input(std::io::Cursor::new(text.into_bytes()))
        .run()
        .await?;
    Ok(Sha(String::from_utf8_lossy(&out).trim().to_owned()))
}

/// Deletes a branch of the forge.
///
/// # Errors
/// When the forge refuses or does not answer.
pub async fn delete(git: &Git, dir: &Path, remote: &Remote, branch: &str) -> Result<(), GitError> {
    git.call("push")
        .dir(dir)
        .remote(remote)
        .args(["--porcelain", "--quiet", "--no-verify", "--", remote.url()])
        .arg(format!(":refs/heads/{branch}"))
        .run()
        .await
        .map(drop)
}
