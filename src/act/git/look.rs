//! Questions that several rooms ask of a repository or a remote.
//!
//! Invariant: nothing here changes anything; names and ids are checked before
//! they become arguments, so none is taken for an option or a pattern.

use super::{Git, GitError, GitErrorKind, LOOK_LIMIT, Remote};
use crate::model::Sha;
use std::{io::Cursor, path::Path};

/// How many characters a branch name may have.
pub const BRANCH_MAX_CHARS: usize = 200;

/// Whether `text` is a full commit id.
#[must_use]
pub fn is_sha(text: &str) -> bool {
    matches!(text.len(), 40 | 64)
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Whether `name` is a branch name that git takes and that is no option, pattern
/// or path upwards. Stricter than git about control characters only.
#[must_use]
pub fn is_branch(name: &str) -> bool {
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let bad = |c: char| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c);
    name.chars().count() <= BRANCH_MAX_CHARS
        && !name.starts_with('-')
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.contains("@{")
        && name != "@"
        && !name.contains(bad)
        && name.split('/').all(part)
}

/// A commit id out of git's output.
pub(crate) fn sha_of(verb: &'static str, text: &[u8]) -> Result<Sha, GitError> {
    let text = String::from_utf8_lossy(text);
    let text = text.trim();
    if is_sha(text) {
        Ok(Sha(text.to_owned()))
    } else {
        Err(GitError::before(verb, GitErrorKind::Other, "no commit id"))
    }
}

pub(crate) fn checked<'a>(verb: &'static str, sha: &'a Sha) -> Result<&'a str, GitError> {
    if is_sha(&sha.0) {
        Ok(&sha.0)
    } else {
        Err(GitError::before(
            verb,
            GitErrorKind::Other,
            "not a commit id",
        ))
    }
}

impl Git {
    /// The commit that a remote's branch holds now; `None` when there is no such branch.
    ///
    /// # Errors
    /// When the remote cannot be asked.
    pub async fn remote_head(
        &self,
        remote: &Remote,
        branch: &str,
    ) -> Result<Option<Sha>, GitError> {
        const VERB: &str = "ls-remote";
        if !is_branch(branch) {
            let what = "not a branch name";
            return Err(GitError::before(VERB, GitErrorKind::Other, what));
        }
        let name = format!("refs/heads/{branch}");
        let out = self
            .call(VERB)
            .remote(remote)
            .args(["--refs", "--", remote.url(), &name])
            .limit(LOOK_LIMIT)
            .run()
            .await?;
        // The name is a pattern to git, so that longer names end in it too.
        for line in String::from_utf8_lossy(&out).lines() {
            if let Some((sha, found)) = line.split_once('\t')
                && found == name
            {
                return sha_of(VERB, sha.as_bytes()).map(Some);
            }
        }
        Ok(None)
    }

    /// Whether a repository holds a commit, its alternates included.
    ///
    /// # Errors
    /// When the repository cannot be read.
    pub async fn has_commit(&self, dir: &Path, sha: &Sha) -> Result<bool, GitError> {
        Ok(self.lacks(dir, [sha]).await?.is_none())
    }

    /// The first of these commits that a repository does not hold, its alternates
    /// included.
    ///
    /// # Errors
    /// When the repository cannot be read.
    pub async fn lacks<'s>(
        &self,
        dir: &Path,
        shas: impl IntoIterator<Item = &'s Sha>,
    ) -> Result<Option<&'s Sha>, GitError> {
        const VERB: &str = "cat-file";
        let mut names = String::new();
        let mut asked = Vec::new();
        for sha in shas {
            names.push_str(checked(VERB, sha)?);
            names.push_str("^{commit}\n");
            asked.push(sha);
        }
        let call = self.call(VERB).dir(dir).arg("--batch-check=%(objecttype)");
        let said = call.input(Cursor::new(names)).run().await?;
        let said = String::from_utf8_lossy(&said);
        let mut kinds = said.lines();
        Ok(asked.into_iter().find(|_| kinds.next() != Some("commit")))
    }

    /// The commit that a ref of a repository holds; `None` when there is no such ref.
    ///
    /// # Errors
    /// When the repository cannot be read.
    pub async fn local_ref(&self, dir: &Path, name: &str) -> Result<Option<Sha>, GitError> {
        const VERB: &str = "show-ref";
        let call = self
            .call(VERB)
            .dir(dir)
            .args(["--verify", "--hash", "--", name]);
        let answer = call.answer().await?;
        match answer.code {
            Some(0) => sha_of(VERB, &answer.stdout).map(Some),
            _ if answer.stderr.contains("not a valid ref") => Ok(None),
            code => Err(GitError::from_words(VERB, code, &answer.stderr)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branch_names_that_could_mean_something_else_are_refused() {
        for good in ["main", "adf/12-developer-0a1b2c3d4e5f", "ü/x"] {
            assert!(is_branch(good), "{good}");
        }
        for bad in [
            "", "-f", "a..b", "a//b", "/a", "a/", "a.lock", ".a", "a b", "a:b", "a*", "@", "a@{1}",
            "a\nb", "a\\b", "a.", "x/.y",
        ] {
            assert!(!is_branch(bad), "{bad}");
        }
    }

    #[test]
    fn only_full_ids_are_ids() {
        assert!(is_sha(&"a".repeat(40)) && is_sha(&"0".repeat(64)));
        assert!(!is_sha("HEAD") && !is_sha(&"A".repeat(40)) && !is_sha(&"a".repeat(41)));
    }
}
