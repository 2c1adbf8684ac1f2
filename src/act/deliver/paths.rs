//! What changed between two commits: git's raw lists become paths for people and
//! the paths that the factory does not push.
//!
//! Invariant: every changed path is judged, however many there are and whatever
//! bytes they hold; a list that cannot be read whole is an error, not a pass.
//! Renames are not guessed, so both names of a moved file are judged.

use super::{Deliver, DeliverError};
use crate::{
    act::git::{Call, GitError, GitErrorKind, PACK_LIMIT},
    guard::AGENT_SETTINGS,
    model::{Sha, Work},
    redact::Redactor,
};
use std::fmt::Write as _;

/// The longest list of changes that is read, in bytes.
pub const LIST_MAX_BYTES: usize = 64 << 20;
/// How many protected paths are kept by name.
pub const PROTECTED_MAX: usize = 50;
/// How many characters of a path are shown.
pub const PATH_MAX_CHARS: usize = 300;
/// The longest table of changes for people, in bytes.
pub const DIFFSTAT_MAX_BYTES: usize = 64 << 10;

/// Folders whose files run code on the forge as soon as they are pushed.
const WORKFLOWS: [&str; 3] = [
    ".gitea/workflows/",
    ".forgejo/workflows/",
    ".github/workflows/",
];
const GITLINK: &[u8] = b"160000";

/// What the factory does not push: workflow files, settings of agents, submodules, paths of the
/// config, and secrets.
#[derive(Clone, Debug)]
pub struct Protected {
    fixed: Vec<String>,
    configured: Vec<String>,
    allowed: Vec<String>,
    pub(super) redactor: Redactor,
}

impl Default for Protected {
    fn default() -> Protected {
        Protected::new(&[], &[], Redactor::new(&[]))
    }
}

impl Protected {
    /// Workflow files, settings of agents and `configured`, but not what is `allowed`: exact paths, or
    /// folders with a trailing `/`; and what the redactor knows or suspects.
    #[must_use]
    pub fn new(configured: &[String], allowed: &[String], redactor: Redactor) -> Protected {
        let workflows = WORKFLOWS.iter().map(|folder| (*folder).to_owned());
        let settings = AGENT_SETTINGS.iter().map(|path| format!("{path}/"));
        Protected {
            fixed: workflows.chain(settings).collect(),
            configured: configured.to_vec(),
            allowed: allowed.to_vec(),
            redactor,
        }
    }

    /// Whether a changed path, as git writes it, is protected: it is one of them,
    /// lies in one, or is a file, link or submodule where a folder above one was.
    #[must_use]
    pub fn holds(&self, path: &[u8]) -> bool {
        let among = |paths: &[String]| paths.iter().any(|guarded| is_at(guarded, path));
        among(&self.configured) || among(&self.fixed) && !self.allows(path)
    }

    /// Whether the config lets a path through that would be held back.
    #[must_use]
    pub fn allows(&self, path: &[u8]) -> bool {
        self.allowed.iter().any(|allowed| {
            let allowed = allowed.as_bytes();
            path == allowed || allowed.ends_with(b"/") && path.starts_with(allowed)
        })
    }
}

/// Whether a path is one that is guarded, in it or above it.
fn is_at(guarded: &str, path: &[u8]) -> bool {
    let guarded = guarded.as_bytes();
    let inside = guarded.ends_with(b"/") && path.starts_with(guarded);
    let above = guarded
        .strip_prefix(path)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"));
    !path.is_empty() && (inside || above)
}

/// What changed.
#[derive(Debug, Default)]
pub(super) struct Changed {
    pub(super) paths: Vec<String>,
    pub(super) total: u32,
    pub(super) lines: (u64, u64),
    pub(super) protected: Vec<String>,
}

pub(super) async fn changed<'a>(
    call: impl Fn(&'static str) -> Call<'a>,
    base: &Sha,
    head: &Sha,
    protected: &Protected,
) -> Result<Changed, DeliverError> {
    let list = call("diff-tree")
        .args(["-r", "-z", "--no-renames", "--no-ext-diff", "--no-textconv"])
        .args(["--raw", "--numstat", base.as_str(), head.as_str(), "--"])
        .cap(LIST_MAX_BYTES)
        .limit(PACK_LIMIT);
    read(&list.run().await?, protected)
}

/// `:<mode> <mode> <id> <id> <letter>NUL<path>NUL`, again and again, and then
/// `<added>TAB<removed>TAB<path>NUL` as often.
fn read(list: &[u8], protected: &Protected) -> Result<Changed, DeliverError> {
    let mut changed = Changed::default();
    let unreadable = || {
        let what = "a list of changes that cannot be read";
        GitError::before("diff-tree", GitErrorKind::Other, what)
    };
    let mut fields = list.split(|b| *b == 0);
    while let Some(entry) = fields.next() {
        if entry.is_empty() {
            break;
        }
        let Some(modes) = entry.strip_prefix(b":") else {
            let (added, removed) = lines(entry).ok_or_else(unreadable)?;
            changed.lines.0 = changed.lines.0.saturating_add(added);
            changed.lines.1 = changed.lines.1.saturating_add(removed);
            continue;
        };
        let mut modes = modes.splitn(3, |b| *b == b' ');
        let (Some(old), Some(new), Some(path)) = (modes.next(), modes.next(), fields.next()) else {
            return Err(unreadable().into());
        };
        changed.total = changed.total.saturating_add(1);
        // A secret can be a name too: no path leaves here with one.
        let name = || protected.redactor.clean(&shown(path)).into_owned();
        if changed.paths.len() < Work::PATHS_MAX {
            changed.paths.push(name());
        }
        let is_submodule = old == GITLINK || new == GITLINK || path == b".gitmodules";
        let is_guarded = is_submodule || protected.holds(path);
        if is_guarded && changed.protected.len() < PROTECTED_MAX {
            changed.protected.push(name());
        }
    }
    Ok(changed)
}

/// `<added>TAB<removed>TAB<path>`; a dash for what is not text.
fn lines(entry: &[u8]) -> Option<(u64, u64)> {
    let number = |field: Option<&[u8]>| -> Option<u64> {
        let digits = std::str::from_utf8(field?).ok()?;
        if digits == "-" {
            Some(0)
        } else {
            digits.parse().ok()
        }
    };
    let mut fields = entry.splitn(3, |b| *b == b'\t');
    let (added, removed) = (number(fields.next())?, number(fields.next())?);
    fields.next().map(|_path| (added, removed))
}

/// A path for people: as it is when it is plain text, else quoted and escaped, so
/// that it can neither break a line nor turn the reading direction.
#[must_use]
pub fn shown(path: &[u8]) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let odd =
        |c: char| c.is_control() || matches!(c, '"' | '\\' | '\u{2028}' | '\u{2029}') || turns(c);
    let text = match std::str::from_utf8(path) {
        Ok(text) if !text.contains(odd) => text.to_owned(),
        Ok(text) => {
            let mut quoted = String::from("\"");
            for c in text.chars() {
                if odd(c) {
                    quoted.extend(c.escape_default());
                } else {
                    quoted.push(c);
                }
            }
            quoted + "\""
        }
        Err(_) => format!("\"{}\"", path.escape_ascii()),
    };
    if text.chars().count() <= PATH_MAX_CHARS {
        return text;
    }
    let mut cut: String = text.chars().take(PATH_MAX_CHARS).collect();
    let _ = write!(cut, "…");
    cut
}

impl Deliver {
    /// A table of what changed between two commits, for people.
    ///
    /// # Errors
    /// When one of them is not here or git fails.
    pub async fn diffstat(&self, base: &Sha, head: &Sha) -> Result<String, DeliverError> {
        let out = self
            .git
            .call("diff-tree")
            .dir(&self.dir)
            .args(["-r", "--no-renames", "--no-ext-diff", "--no-textconv"])
            .arg(format!("--stat=100,70,{}", Work::PATHS_MAX))
            .args([base.as_str(), head.as_str(), "--"])
            .cap(DIFFSTAT_MAX_BYTES)
            .limit(PACK_LIMIT)
            .run()
            .await?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workflow_folders_and_configured_paths_are_protected_and_their_neighbours_not() {
        let protected = of(&["ci/", "deploy.sh", "a/b.txt"], &[]);
        for path in [
            ".gitea/workflows/x.yml",
            ".github/workflows/deep/x",
            ".forgejo/workflows/x\n.yml",
            ".gitea",
            ".github/workflows",
            "ci/run",
            "ci",
            "deploy.sh",
            "a/b.txt",
            "a",
        ] {
            assert!(protected.holds(path.as_bytes()), "{path}");
        }
        for path in [
            ".gitea/issue_template.md",
            ".gitea/workflows.md",
            "x/.gitea/workflows/y",
            "cicada",
            "deploy.sh.md",
            "a/b.txt.bak",
            "a/c",
            "CI/run",
            "",
        ] {
            assert!(!protected.holds(path.as_bytes()), "{path}");
        }
    }

    fn of(configured: &[&str], allowed: &[&str]) -> Protected {
        let texts = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        Protected::new(&texts(configured), &texts(allowed), Redactor::new(&[]))
    }

    #[test]
    fn settings_of_agents_are_protected_unless_the_config_lets_them_through() {
        let settings = [
            ".claude/settings.json",
            ".claude/settings.local.json",
            ".claude/hooks/x.sh",
            ".claude",
            ".codex/config.toml",
            ".codex",
            ".gemini/settings.json",
            ".mcp.json",
            ".opencode/plugin/x.js",
            "opencode.json",
        ];
        for path in settings {
            assert!(of(&[], &[]).holds(path.as_bytes()), "{path}");
        }
        for path in [
            ".claude/commands/x.md",
            "CLAUDE.md",
            "docs/opencode.json",
            ".mcp.json.md",
        ] {
            assert!(!of(&[], &[]).holds(path.as_bytes()), "{path}");
        }
        let some = of(
            &[".codex/"],
            &[".claude/settings.json", ".codex/", ".gitea/workflows/a.yml"],
        );
        let held = |path: &str| some.holds(path.as_bytes());
        assert!(!held(".claude/settings.json") && !held(".gitea/workflows/a.yml"));
        assert!(held(".claude/settings.local.json") && held(".gitea/workflows/b.yml"));
        assert!(
            held(".codex/config.toml"),
            "what the config protects is never let through"
        );
    }

    #[test]
    fn a_secret_in_a_name_leaves_no_list() {
        let secret = "known-value-1";
        let protected = Protected::new(&[], &[], Redactor::new(&[secret.into()]));
        let list = b":000000 100644 a b A\0.codex/known-value-1\0";
        let list = [
            &list[..],
            b":000000 100644 a b A\0f-ghp_AbCdEfGhIjKlMnOpQrStUv0123456789.txt\0",
        ]
        .concat();
        let changed = read(&list, &protected).unwrap();
        let said = format!("{changed:?}");
        assert!(!said.contains(secret) && !said.contains("ghp_"), "{said}");
        assert_eq!((changed.paths.len(), changed.protected.len()), (2, 1));
    }

    #[test]
    fn an_odd_path_is_shown_so_that_it_breaks_nothing() {
        assert_eq!(shown("src/ü b.rs".as_bytes()), "src/ü b.rs");
        assert_eq!(shown(b"a\nb\"c"), "\"a\\nb\\\"c\"");
        assert_eq!(shown("a\u{202e}b".as_bytes()), "\"a\\u{202e}b\"");
        assert_eq!(shown(b"a\xff"), "\"a\\xff\"");
        assert_eq!(
            shown("é".repeat(400).as_bytes()).chars().count(),
            PATH_MAX_CHARS + 1
        );
    }

    #[test]
    fn a_raw_list_that_ends_early_is_an_error() {
        let protected = Protected::default();
        assert!(read(b":100644 100644 a b M\0", &protected).is_ok_and(|c| c.total == 1));
        let both = b":100644 100644 a b M\0:x\x001\t2\t:x\0-\t-\ty\0";
        let both = read(both, &protected).unwrap();
        assert_eq!((both.total, both.lines), (1, (1, 2)));
        for bad in [
            &b":100644 100644 a b M"[..],
            b"garbage\0x\0",
            b"1\t2\0",
            b"1\tx\ty\0",
        ] {
            assert!(read(bad, &protected).is_err());
        }
    }
}
