//! What a base holds that the factory cannot give an agent: a commit becomes a
//! list of reasons not to start, for people.
//!
//! Invariant: only the mirror is read, and nothing of the base is checked out.

use super::Mirror;
use crate::{
    act::git::{Git, GitError, look},
    model::Sha,
};

/// How many paths a reason names.
pub const NAMED_MAX: usize = 5;

/// Why work cannot start from a commit of the mirror; empty when it can.
///
/// # Errors
/// When the mirror does not hold the commit or cannot be read.
pub async fn blockers(git: &Git, mirror: &Mirror, base: &Sha) -> Result<Vec<String>, GitError> {
    let mut found = Vec::new();
    let lfs = lfs_files(git, mirror, base).await?;
    if !lfs.is_empty() {
        found.push(format!(
            "the repository keeps files in Git LFS (see {}), which is not supported",
            named(&lfs)
        ));
    }
    let modules = submodules(git, mirror, base).await?;
    if !modules.is_empty() {
        found.push(format!(
            "the repository has submodules ({}), which are not supported",
            named(&modules)
        ));
    }
    Ok(found)
}

async fn lfs_files(git: &Git, mirror: &Mirror, base: &Sha) -> Result<Vec<String>, GitError> {
    const VERB: &str = "grep";
    let answer = git
        .call(VERB)
        .dir(mirror.dir())
        .args(["-z", "-l", "-I", "-E", "--no-color", "--no-textconv", "-e"])
        .arg(r"^[[:space:]]*[^#[:space:]].*[[:space:]]filter=lfs([[:space:]]|$)")
        .args([look::checked(VERB, base)?, "--"])
        .args([":(glob)**/.gitattributes"])
        .answer()
        .await?;
    match answer.code {
        Some(0) => Ok(listed(&answer.stdout)
            // The name comes as `<commit>:<path>`.
            .filter_map(|name| name.split_once(':').map(|(_, path)| path.to_owned()))
            .collect()),
        Some(1) => Ok(Vec::new()),
        code => Err(GitError::from_words(VERB, code, &answer.stderr)),
    }
}

async fn submodules(git: &Git, mirror: &Mirror, base: &Sha) -> Result<Vec<String>, GitError> {
    let sha = look::checked("ls-tree", base)?;
    let dir = mirror.dir();
    let out = git
        .call("ls-tree")
        .dir(dir)
        .args(["-z", "--full-tree", sha, "--", ".gitmodules"])
        .run()
        .await?;
    if !out.starts_with(b"100") {
        return Ok(Vec::new());
    }
    let blob = format!("--blob={sha}:.gitmodules");
    let answer = git
        .call("config")
        .dir(dir)
        .args([blob.as_str(), "--no-includes", "-z"])
        .args(["--get-regexp", r"^submodule\..*\.path$"])
        .answer()
        .await?;
    match answer.code {
        Some(0) => Ok(listed(&answer.stdout)
            .filter_map(|pair| pair.split_once('\n').map(|(_, path)| path.to_owned()))
            .collect()),
        Some(1) => Ok(Vec::new()),
        _ => Ok(vec![".gitmodules, which cannot be read".to_owned()]),
    }
}

fn listed(out: &[u8]) -> impl Iterator<Item = String> {
    out.split(|b| *b == 0)
        .filter(|name| !name.is_empty())
        .map(|name| String::from_utf8_lossy(name).into_owned())
}

fn named(all: &[String]) -> String {
    let first = all.iter().take(NAMED_MAX).map(|p| format!("{p:?}"));
    let mut text = first.collect::<Vec<_>>().join(", ");
    if all.len() > NAMED_MAX {
        text.push_str(&format!(" and {} more", all.len() - NAMED_MAX));
    }
    text
}
