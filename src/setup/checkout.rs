//! A working directory → what the repository in it is.
//!
//! Invariant: read only; a folder that is no checkout, or has no commit, is
//! refused with what to do.

use super::SetupError;
use crate::act::git::{Git, GitError, GitErrorKind};
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// A checkout with at least one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// Its folder.
    pub dir: PathBuf,
    /// Its files as git knows them, sorted.
    pub files: Vec<String>,
    /// The forge's root and `owner/name`, where `origin` is an HTTP address.
    pub origin: Option<(String, String)>,
}

/// Bytes of git's list of files.
const LIST_BYTES_MAX: usize = 64 << 20;

/// Looks at it.
///
/// # Errors
/// [`SetupError::Checkout`], with the remedy.
pub async fn look(dir: &Path) -> Result<Checkout, SetupError> {
    let shown = dir.display();
    let git_dir = dir.join(".git");
    if !git_dir.exists() {
        return Err(SetupError::Checkout(format!(
            "{shown} is not a git checkout; name the root of one by --working-dir, or run `git clone` first"
        )));
    }
    let home = tempfile::tempdir().map_err(SetupError::io("a temporary home for git"))?;
    let git = Git::new(home.path());
    let run = |verb: &'static str, args: &[&str]| {
        let call = git.call(verb).dir(&git_dir).worktree(dir);
        call.args(args.iter().copied()).cap(LIST_BYTES_MAX).run()
    };
    let head = run("rev-parse", &["--verify", "--quiet", "HEAD^{commit}"]).await;
    head.map_err(|error| SetupError::Checkout(without_head(&shown, &error)))?;
    let listed = run("ls-files", &["-z"]).await;
    let listed = listed.map_err(|e| SetupError::Checkout(format!("{shown}: {e}")))?;
    let listed = String::from_utf8_lossy(&listed);
    let mut files: Vec<String> = listed
        .split('\0')
        .filter(|f| !f.is_empty())
        .map(str::to_owned)
        .collect();
    files.sort();
    let origin = run("config", &["--get", "remote.origin.url"]).await;
    let origin = origin
        .ok()
        .and_then(|url| origin_of(String::from_utf8_lossy(&url).trim()));
    Ok(Checkout {
        dir: dir.to_owned(),
        files,
        origin,
    })
}

/// Why there is no commit to start from. Asked quietly, git says nothing of one that is not there.
fn without_head(dir: &impl Display, error: &GitError) -> String {
    match error.kind {
        GitErrorKind::NotStarted => error.kind.to_string(),
        _ if error.detail.is_empty() => format!(
            "{dir} has no commit yet; make a first one and push it: an agent starts from a commit"
        ),
        _ => format!("{dir}: {error}"),
    }
}

/// `https://host/sub/owner/name.git` → `https://host/sub`, `owner/name`; a user in it is left out.
fn origin_of(url: &str) -> Option<(String, String)> {
    let mut url = url::Url::parse(url).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    let text = url.to_string();
    let text = text.trim_end_matches('/').trim_end_matches(".git");
    let mut parts = text.rsplitn(3, '/');
    let (name, owner, root) = (parts.next()?, parts.next()?, parts.next()?);
    let is_root = root
        .split_once("://")
        .is_some_and(|(_, host)| !host.is_empty());
    is_root.then(|| (root.to_owned(), format!("{owner}/{name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_git_is_told_so_and_git_has_its_say() {
        let why = |kind, detail| without_head(&"/w", &GitError::before("rev-parse", kind, detail));
        let missing = why(GitErrorKind::NotStarted, "No such file or directory");
        assert!(missing.contains("install git"), "{missing}");
        assert!(why(GitErrorKind::Other, "").contains("no commit yet"));
        assert!(why(GitErrorKind::Other, "dubious ownership").contains("dubious"));
    }

    #[test]
    fn an_origin_over_http_names_forge_and_repository_without_a_user() {
        let some = |url: &str| origin_of(url).map(|(root, repo)| format!("{root} {repo}"));
        assert_eq!(
            some("https://git.example.org/acme/shop.git").unwrap(),
            "https://git.example.org acme/shop"
        );
        assert_eq!(
            some("http://u:p@h:3000/sub/a/b").unwrap(),
            "http://h:3000/sub a/b"
        );
        for other in [
            "git@h:a/b.git",
            "/srv/a/b.git",
            "https://h/b",
            "ssh://h/a/b",
        ] {
            assert_eq!(some(other), None, "{other}");
        }
    }
}
