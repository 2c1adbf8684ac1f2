//! What a failed call means: git's English words become a kind with a remedy.
//!
//! Invariant: the text kept is short, without control characters and without the
//! credential; it is shown, never parsed again. Kinds are read with `LC_ALL=C`.

use std::fmt;

/// How many characters of git's complaint are kept.
pub const DETAIL_MAX_CHARS: usize = 1_000;

/// A git call that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("git {verb}: {kind}{}", shown(.detail))]
pub struct GitError {
    /// The verb, such as `push`.
    pub verb: &'static str,
    /// The exit code, if it came to one.
    pub code: Option<i32>,
    /// The end of what git said, cleaned.
    pub detail: String,
    /// What it means.
    pub kind: GitErrorKind,
}

fn shown(detail: &str) -> String {
    if detail.is_empty() {
        String::new()
    } else {
        format!(" ({detail})")
    }
}

/// What a failure means for who called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GitErrorKind {
    /// The credential is missing, wrong or too narrow.
    Auth,
    /// No such repository or ref, or no right to see it.
    NotFound,
    /// The server answers that the repository is elsewhere.
    Moved,
    /// The branch does not hold what it was expected to hold.
    StaleLease,
    /// The push would lose commits.
    NotFastForward,
    /// The branch is protected.
    Protected,
    /// The repository is archived or otherwise read-only.
    Archived,
    /// The server refused the push for a reason of its own.
    Refused,
    /// The server or the network did not answer as it should.
    Network,
    /// No room on this machine.
    DiskFull,
    /// It took longer than its limit and was ended.
    Timeout,
    /// It said more than its limit.
    TooMuchOutput,
    /// Git could not be started.
    NotStarted,
    /// Anything else.
    Other,
}

impl GitErrorKind {
    /// Whether time can mend it without anybody's help.
    #[must_use]
    pub fn is_passing(self) -> bool {
        matches!(self, GitErrorKind::Network | GitErrorKind::Timeout)
    }

    /// Whether a push that ended so may still have happened.
    #[must_use]
    pub fn is_ambiguous(self) -> bool {
        matches!(
            self,
            GitErrorKind::Network | GitErrorKind::Timeout | GitErrorKind::TooMuchOutput
        )
    }
}

impl fmt::Display for GitErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            GitErrorKind::Auth => {
                "the forge refused the token; give it one with repository write access"
            }
            GitErrorKind::NotFound => {
                "not found, or the token may not see it; check the name and the token's rights"
            }
            GitErrorKind::Moved => "the repository has moved; set its new URL in the config",
            GitErrorKind::StaleLease => "the branch holds something else than expected",
            GitErrorKind::NotFastForward => "the push would lose commits of the branch",
            GitErrorKind::Protected => "the branch is protected against this push",
            GitErrorKind::Archived => "the repository is archived; unarchive it to deliver",
            GitErrorKind::Refused => "the forge refused the push",
            GitErrorKind::Network => "the forge did not answer as it should",
            GitErrorKind::DiskFull => "no room on this machine; free some disk",
            GitErrorKind::Timeout => "took too long and was ended",
            GitErrorKind::TooMuchOutput => "said more than its limit and was ended",
            GitErrorKind::NotStarted => {
                "git could not be started; install git 2.31 or newer where /usr/local/bin, /usr/bin or /bin has it"
            }
            GitErrorKind::Other => "failed",
        })
    }
}

impl GitError {
    /// An error found without running git to its end.
    #[must_use]
    pub fn before(verb: &'static str, kind: GitErrorKind, detail: impl fmt::Display) -> GitError {
        GitError {
            verb,
            code: None,
            detail: tidy(&detail.to_string()),
            kind,
        }
    }

    /// The error that git's words describe.
    #[must_use]
    pub fn from_words(verb: &'static str, code: Option<i32>, words: &str) -> GitError {
        GitError {
            verb,
            code,
            detail: tidy(words),
            kind: classify(words),
        }
    }
}

/// Ordered: the first pattern that occurs decides. A server's own words come
/// first, because the HTTP code that follows them says less.
const WORDS: &[(&str, GitErrorKind)] = &[
    ("no space left on device", GitErrorKind::DiskFull),
    ("disk quota exceeded", GitErrorKind::DiskFull),
    ("stale info", GitErrorKind::StaleLease),
    ("archived", GitErrorKind::Archived),
    ("mirror repository is read-only", GitErrorKind::Archived),
    ("to protected branch", GitErrorKind::Protected),
    ("protected branch", GitErrorKind::Protected),
    ("protected file", GitErrorKind::Protected),
    ("(fetch first)", GitErrorKind::NotFastForward),
    ("(non-fast-forward)", GitErrorKind::NotFastForward),
    ("reference already exists", GitErrorKind::StaleLease),
    (
        "[remote rejected] (cannot lock ref",
        GitErrorKind::StaleLease,
    ),
    ("could not read username", GitErrorKind::Auth),
    ("could not read password", GitErrorKind::Auth),
    ("authentication failed", GitErrorKind::Auth),
    ("returned error: 401", GitErrorKind::Auth),
    ("returned error: 403", GitErrorKind::Auth),
    ("returned error: 404", GitErrorKind::NotFound),
    ("' not found", GitErrorKind::NotFound),
    ("couldn't find remote ref", GitErrorKind::NotFound),
    (
        "does not appear to be a git repository",
        GitErrorKind::NotFound,
    ),
    ("returned error: 423", GitErrorKind::Archived),
    ("returned error: 301", GitErrorKind::Moved),
    ("returned error: 302", GitErrorKind::Moved),
    ("returned error: 307", GitErrorKind::Moved),
    ("returned error: 308", GitErrorKind::Moved),
    ("hook declined", GitErrorKind::Refused),
    ("[remote rejected]", GitErrorKind::Refused),
    ("returned error: 429", GitErrorKind::Network),
    ("returned error: 5", GitErrorKind::Network),
    ("unable to access", GitErrorKind::Network),
    ("rpc failed", GitErrorKind::Network),
    ("remote end hung up", GitErrorKind::Network),
    ("early eof", GitErrorKind::Network),
    ("unexpected disconnect", GitErrorKind::Network),
    ("not valid: is this a git repository", GitErrorKind::Network),
];

fn classify(words: &str) -> GitErrorKind {
    let words = words.to_lowercase();
    WORDS
        .iter()
        .find(|(pattern, _)| words.contains(pattern))
        .map_or(GitErrorKind::Other, |(_, kind)| *kind)
}

/// The end of `words` in one line without control characters.
fn tidy(words: &str) -> String {
    let line = words
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("; ");
    let clean: Vec<char> = line.chars().filter(|c| !c.is_control()).collect();
    let cut = clean.len().saturating_sub(DETAIL_MAX_CHARS);
    clean.into_iter().skip(cut).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_s_words_become_kinds() {
        for (words, kind) in [
            (
                "fatal: could not read Username for 'http://h': terminal prompts disabled",
                GitErrorKind::Auth,
            ),
            (
                "fatal: unable to access 'http://h/': The requested URL returned error: 403",
                GitErrorKind::Auth,
            ),
            (
                "remote: This repo is archived. You can view files\nfatal: unable to access 'u': The requested URL returned error: 403",
                GitErrorKind::Archived,
            ),
            (
                "remote: Not found.\nfatal: repository 'http://h/o/r/' not found",
                GitErrorKind::NotFound,
            ),
            (
                "!\tx:refs/heads/b\t[rejected] (stale info)",
                GitErrorKind::StaleLease,
            ),
            (
                "!\tx:refs/heads/b\t[rejected] (fetch first)",
                GitErrorKind::NotFastForward,
            ),
            (
                "remote: error:\nremote: Gitea: Not allowed to push to protected branch main\n!\tx:y\t[remote rejected] (pre-receive hook declined)",
                GitErrorKind::Protected,
            ),
            (
                "!\tx:y\t[remote rejected] (pre-receive hook declined)",
                GitErrorKind::Refused,
            ),
            (
                "fatal: unable to access 'u': The requested URL returned error: 503",
                GitErrorKind::Network,
            ),
            (
                "fatal: unable to access 'u': The requested URL returned error: 301",
                GitErrorKind::Moved,
            ),
            (
                "fatal: write error: No space left on device",
                GitErrorKind::DiskFull,
            ),
            ("fatal: bad object", GitErrorKind::Other),
        ] {
            assert_eq!(classify(words), kind, "{words}");
        }
    }

    #[test]
    fn what_is_kept_is_the_end_in_one_clean_line() {
        let words = format!("{}\u{1b}[31mé\n\nfatal: ü", "x".repeat(5_000));
        let kept = tidy(&words);
        assert_eq!(kept.chars().count(), DETAIL_MAX_CHARS);
        assert!(kept.ends_with("[31mé; fatal: ü"));
    }
}
