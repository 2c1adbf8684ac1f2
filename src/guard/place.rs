//! A path → where it lies: the worktree, the run's own temporary directory, a
//! device, a secret, outside, or nobody knows.
//!
//! Invariant: lexical first, then by the caller's `resolve`, so that a link out
//! of the worktree lies where it leads. What cannot be told is `Unknown`.

use super::scene::Scene;
use super::word::{Value, is_mark};

/// Where something lies, from the most harmless to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// `/dev/null` and its like: nothing is there.
    Null,
    /// Below the run's own temporary directory, or that directory.
    Tmp,
    /// Inside the worktree.
    Worktree,
    /// A named thing below `/tmp`, which all share.
    SharedTmp,
    /// The worktree itself.
    Root,
    /// The git directory of the worktree.
    Git,
    /// What sets up an agent's CLI, its hooks or git's hooks.
    Hooks,
    /// Anywhere else.
    Outside,
    /// A file that holds credentials.
    Secret,
    /// A device.
    Device,
    /// Nobody knows.
    Unknown,
}

/// A path and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) path: String,
    pub(crate) place: Place,
}

/// Absolute and clean: `.` and `..` taken out, doubled slashes too.
pub(crate) fn clean(cwd: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let base = if path.starts_with('/') { "" } else { cwd };
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let mut out = String::with_capacity(base.len() + path.len() + 1);
    for part in parts {
        out.push('/');
        out.push_str(part);
    }
    if out.is_empty() {
        out.push('/');
    }
    out
}

/// Whether `path` is `root` or lies below it.
pub(crate) fn within(path: &str, root: &str) -> bool {
    let below = |rest: &str| rest.is_empty() || rest.starts_with('/');
    // No root is nobody's: a run without a temporary directory owns none.
    root == "/" || (!root.is_empty() && path.strip_prefix(root).is_some_and(below))
}

/// Whether a text is of a pattern in which `*` stands for anything.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}

/// Where a value leads, seen from a working directory; `follows` when the last
/// name is followed if it is a link, as a write does and a removal does not.
pub(crate) fn target(
    scene: &Scene<'_>,
    links: &[(String, String)],
    cwd: Option<&str>,
    value: &Value,
    follows: bool,
) -> Target {
    let text = value.text();
    let unknown = |path: &str| Target {
        path: path.to_owned(),
        place: Place::Unknown,
    };
    if value.is_open() {
        return unknown(&value.shown());
    }
    if text.is_empty() {
        // No file has no name: the system refuses it.
        return Target {
            path: String::new(),
            place: Place::Null,
        };
    }
    let cwd = match cwd {
        Some(cwd) => cwd,
        None if text.starts_with('/') => "/",
        None => return unknown(text),
    };
    let path = linked(links, clean(cwd, text), follows);
    let real = resolved(scene, &path, follows);
    let path = real.unwrap_or(path);
    let place = place(scene, &path, value.glob);
    let path = path
        .chars()
        .map(|c| if is_mark(c) { '…' } else { c })
        .collect();
    Target { path, place }
}

/// Links that the text itself made.
fn linked(links: &[(String, String)], path: String, follows: bool) -> String {
    let mut path = path;
    for (at, to) in links {
        if within(&path, at) && (follows || path != *at) {
            path = format!("{to}{}", path.strip_prefix(at.as_str()).unwrap_or_default());
        }
    }
    clean("/", &path)
}

fn resolved(scene: &Scene<'_>, path: &str, follows: bool) -> Option<String> {
    let resolve = scene.resolve?;
    if follows {
        return resolve(path);
    }
    let (parent, name) = path.rsplit_once('/')?;
    let parent = resolve(if parent.is_empty() { "/" } else { parent })?;
    Some(clean(&parent, name))
}

fn place(scene: &Scene<'_>, path: &str, glob: bool) -> Place {
    if let Some(rest) = path.strip_prefix("/dev/") {
        return device(rest);
    }
    if within(path, scene.worktree) {
        return in_worktree(scene, path, glob);
    }
    if within(path, scene.tmp) {
        return Place::Tmp;
    }
    if is_secret(scene, path) {
        return Place::Secret;
    }
    if is_set_up(scene, path) {
        return Place::Hooks;
    }
    for root in ["/tmp/", "/var/tmp/"] {
        if let Some(name) = path.strip_prefix(root) {
            let first = name.split('/').next().unwrap_or_default();
            let all = first.trim_matches(['*', '?', '.']).is_empty();
            return if all {
                Place::Outside
            } else {
                Place::SharedTmp
            };
        }
    }
    Place::Outside
}

fn device(name: &str) -> Place {
    let first = name.split('/').next().unwrap_or_default();
    match first {
        "null" | "zero" | "full" | "stdout" | "stderr" | "stdin" | "tty" | "fd" | "random"
        | "urandom" => Place::Null,
        "shm" => Place::SharedTmp,
        "tcp" | "udp" => Place::Outside,
        _ => Place::Device,
    }
}

fn in_worktree(scene: &Scene<'_>, path: &str, glob: bool) -> Place {
    let rest = path.strip_prefix(scene.worktree).unwrap_or_default();
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    if rest.is_empty() {
        return Place::Root;
    }
    let first = rest.split('/').next().unwrap_or_default();
    if glob && !first.starts_with('*') && globs(first, ".git") {
        let below = rest.strip_prefix(first).unwrap_or_default();
        return if below.is_empty() {
            Place::Git
        } else {
            in_git(below)
        };
    }
    if first == ".git" {
        return in_git(rest.strip_prefix(".git").unwrap_or_default());
    }
    if is_hook_file(rest, glob) {
        return Place::Hooks;
    }
    Place::Worktree
}

/// A lock left behind, the message being written and private ignores are the agent's own.
fn in_git(rest: &str) -> Place {
    let rest = rest.trim_start_matches('/');
    if within(rest, "hooks") {
        return Place::Hooks;
    }
    let own = [
        "COMMIT_EDITMSG",
        "MERGE_MSG",
        "SQUASH_MSG",
        "info/exclude",
        "info/sparse-checkout",
    ];
    if own.contains(&rest) || rest.ends_with(".lock") {
        return Place::Worktree;
    }
    Place::Git
}

/// Files in a repository by which an agent's CLI is told what to run or allow.
fn is_hook_file(rest: &str, glob: bool) -> bool {
    const FILES: [&str; 9] = [
        ".claude/settings.json",
        ".claude/settings.local.json",
        ".claude/hooks",
        ".codex",
        ".gemini/settings.json",
        ".gemini/hooks",
        ".opencode",
        "opencode.json",
        "opencode.jsonc",
    ];
    let named = |file: &&str| {
        within(rest, file) || (glob && file.starts_with('.') && globs_path(rest, file))
    };
    FILES.iter().any(|file| named(&file)) || rest == ".claude" || rest == ".gemini"
}

/// Whether a pattern of several names leads to a path or above it.
fn globs_path(pattern: &str, path: &str) -> bool {
    let mut names = path.split('/');
    pattern.split('/').all(|part| {
        names.next().is_none_or(|name| {
            (!part.starts_with(['*', '?']) || !name.starts_with('.')) && globs(part, name)
        })
    })
}

/// Whether a name is of a shell's pattern: `*`, `?`, `[…]`. One with more stars
/// than a person writes is of every name.
fn globs(pattern: &str, name: &str) -> bool {
    const STARS_MAX: usize = 4;
    pattern.matches('*').count() > STARS_MAX || globs_within(pattern, name)
}

fn globs_within(pattern: &str, name: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => name.is_empty(),
        Some('*') => {
            let tail = rest.as_str();
            (0..=name.len())
                .filter_map(|at| name.get(at..))
                .any(|name| globs_within(tail, name))
        }
        Some('[') => {
            let Some((set, tail)) = rest.as_str().split_once(']') else {
                return name == pattern;
            };
            let mut chars = name.chars();
            let negated = set.starts_with(['!', '^']);
            let ranged = set.contains('-');
            chars
                .next()
                .is_some_and(|c| ranged || set.contains(c) != negated)
                && globs_within(tail, chars.as_str())
        }
        Some(c) => {
            let mut chars = name.chars();
            chars.next().is_some_and(|n| c == '?' || c == n)
                && globs_within(rest.as_str(), chars.as_str())
        }
    }
}

/// What sets up the CLIs and the shells of an agent, in its home.
fn is_set_up(scene: &Scene<'_>, path: &str) -> bool {
    const FILES: [&str; 20] = [
        ".claude",
        ".claude.json",
        ".codex",
        ".gemini",
        ".opencode",
        ".config/opencode",
        ".config/claude",
        ".bashrc",
        ".bash_profile",
        ".bash_login",
        ".bash_aliases",
        ".profile",
        ".zshrc",
        ".zshenv",
        ".zprofile",
        ".zlogin",
        ".gitconfig",
        ".config/git",
        ".config/fish",
        ".config/adf",
    ];
    let in_home = path
        .strip_prefix(scene.home)
        .and_then(|r| r.strip_prefix('/'));
    in_home.is_some_and(|rest| FILES.iter().any(|file| within(rest, file)))
        || within(path, "/etc/claude-code")
        || within(path, "/etc/codex")
        || within(path, "/etc/gemini-cli")
}

/// Names of files with credentials, wherever a home is.
const SECRETS: [&str; 24] = [
    ".ssh",
    ".aws",
    ".azure",
    ".config/gcloud",
    ".netrc",
    ".git-credentials",
    ".config/git/credentials",
    ".docker/config.json",
    ".kube",
    ".gnupg",
    ".config/gh",
    ".config/tea",
    ".npmrc",
    ".pypirc",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".claude/.credentials.json",
    ".codex/auth.json",
    ".gemini/oauth_creds.json",
    ".local/share/opencode/auth.json",
    ".password-store",
    ".vault-token",
    ".pgpass",
    ".config/hub",
];

/// Whether a path outside the worktree holds credentials.
fn is_secret(scene: &Scene<'_>, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let public = name.ends_with(".pub") || name.starts_with("known_hosts");
    if public {
        return false;
    }
    let in_a_home = in_home(scene, path);
    let under = |rest: &str| {
        SECRETS.iter().any(|s| within(rest, s)) && !matches!(rest, ".ssh/config" | ".aws/config")
    };
    if in_a_home.is_some_and(under) {
        return true;
    }
    let shadow = [
        "/etc/shadow",
        "/etc/gshadow",
        "/etc/sudoers",
        "/etc/krb5.keytab",
    ];
    if shadow.iter().any(|s| path.trim_end_matches('-') == *s)
        || within(path, "/etc/ssl/private")
        || within(path, "/run/secrets")
        || within(path, "/var/run/secrets")
        || path.starts_with("/etc/ssh/ssh_host")
    {
        return true;
    }
    (path.starts_with("/proc/") && (name == "environ" || name == "mem")) || is_key(name)
}

/// Where homes are, in halves: no file of the project names a developer's.
const HOMES: &str = concat!("/ho", "me/");
const ROOTS_HOME: &str = concat!("/ro", "ot/");

/// The part of a path below somebody's home.
fn in_home<'a>(scene: &Scene<'_>, path: &'a str) -> Option<&'a str> {
    let own = path
        .strip_prefix(scene.home)
        .and_then(|r| r.strip_prefix('/'));
    own.or_else(|| path.strip_prefix(ROOTS_HOME)).or_else(|| {
        let rest = path.strip_prefix(HOMES)?;
        rest.split_once('/').map(|(_, rest)| rest)
    })
}

/// Whether a file's name says that it holds a key, in the worktree too.
pub(crate) fn is_key(name: &str) -> bool {
    const EXAMPLES: [&str; 5] = [".example", ".sample", ".template", ".dist", ".test"];
    let is_env = name == ".env" || name.starts_with(".env.");
    let ends = [".pem", ".key", ".p12", ".pfx", ".keystore", ".kdbx"];
    let names = [
        "id_rsa",
        "id_ed25519",
        "id_ecdsa",
        "id_dsa",
        "credentials.json",
    ];
    (is_env && !EXAMPLES.iter().any(|e| name.ends_with(e)))
        || ends.iter().any(|e| name.ends_with(e))
        || names.contains(&name)
}
