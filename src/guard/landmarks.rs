//! Names that mean something: the git directory, hooks and set-up, credentials.
//!
//! Invariant: tables of paths relative to a home or a repository; whose home it
//! is does not matter for a secret, and a pattern counts as all it may match.

use super::place::{Place, within};
use super::scene::Scene;

pub(super) fn in_worktree(scene: &Scene<'_>, path: &str, glob: bool) -> Place {
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

/// Files and folders in a repository by which an agent's CLI is told what to run or allow: no
/// agent writes them, and no push carries them.
pub const AGENT_SETTINGS: [&str; 13] = [
    ".claude/settings.json",
    ".claude/settings.local.json",
    ".claude/hooks",
    ".codex",
    ".gemini/settings.json",
    ".gemini/hooks",
    ".gemini/extensions",
    ".gemini/policies",
    ".gemini/.env",
    ".mcp.json",
    ".opencode",
    "opencode.json",
    "opencode.jsonc",
];

/// Whether a path of a repository is one of those.
fn is_hook_file(rest: &str, glob: bool) -> bool {
    let named = |file: &&str| {
        within(rest, file) || (glob && file.starts_with('.') && globs_path(rest, file))
    };
    AGENT_SETTINGS.iter().any(named) || rest == ".claude" || rest == ".gemini"
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

/// What sets up the CLIs and the shells of an agent, below its home.
const SET_UP: [&str; 34] = [
    ".local/bin/adf",
    ".local/bin/claude",
    ".local/bin/codex",
    ".local/bin/gemini",
    ".local/bin/opencode",
    ".local/state/adf",
    ".local/share/opencode",
    "bin/adf",
    ".zlogout",
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
    ".bash_logout",
    ".ssh/config",
    ".config/systemd",
    ".config/autostart",
    ".config/environment.d",
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

/// What sets up the CLIs and the shells of an agent, in its home.
pub(super) fn is_set_up(scene: &Scene<'_>, path: &str) -> bool {
    let in_home = path
        .strip_prefix(scene.home)
        .and_then(|r| r.strip_prefix('/'));
    in_home.is_some_and(|rest| SET_UP.iter().any(|file| within(rest, file)))
        || within(path, "/etc/claude-code")
        || within(path, "/etc/codex")
        || within(path, "/etc/gemini-cli")
}

/// Where tools keep theirs in the run's own home: below hidden names, `go` and `bin`.
/// A run has no documents there; who names some means another home.
pub(super) fn is_tools(scene: &Scene<'_>, path: &str, glob: bool) -> bool {
    let in_home = path
        .strip_prefix(scene.home)
        .and_then(|rest| rest.strip_prefix('/'));
    let Some(rest) = in_home else { return false };
    let first = rest.split('/').next().unwrap_or_default();
    // A pattern for the first name reaches what sets the agent up too.
    let reaches = |file: &&str| globs_path(rest, file);
    if glob
        && (first.contains(['*', '?', '['])
            || SET_UP.iter().any(&reaches)
            || SECRETS.iter().any(reaches))
    {
        return false;
    }
    // What has settings or keys of others below it is no tool's as a whole.
    const SHARED: [&str; 6] = [
        ".config",
        ".local",
        ".local/share",
        ".local/state",
        ".cargo",
        ".docker",
    ];
    let whole = rest.trim_end_matches(['*', '?', '.']).trim_end_matches('/');
    let tools = first.starts_with('.') || matches!(first, "go" | "bin");
    tools && !SHARED.contains(&whole)
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

/// Where the factory keeps its keys, its ledger and its runs.
const FACTORYS: [&str; 4] = ["/etc/adf", "/var/lib/adf", "/run/credentials", "/run/adf"];

/// Whether a path is of the run's own folder, where its home is.
fn is_run(scene: &Scene<'_>, path: &str) -> bool {
    let folder = scene.home.rsplit_once('/').map_or("", |(folder, _)| folder);
    !folder.is_empty() && within(scene.tmp, folder) && within(path, folder)
}

/// Where homes are, in halves: no file of the project names a developer's.
const HOMES: &str = concat!("/ho", "me/");

const ROOTS_HOME: &str = concat!("/ro", "ot/");

/// Whether a path outside the worktree holds credentials.
pub(super) fn is_secret(scene: &Scene<'_>, path: &str) -> bool {
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
        || FACTORYS.iter().any(|folder| within(path, folder)) && !is_run(scene, path)
        || within(path, "/var/run/secrets")
        || path.starts_with("/etc/ssh/ssh_host")
    {
        return true;
    }
    (path.starts_with("/proc/") && (name == "environ" || name == "mem")) || is_key(name)
}

/// Well-known files with credentials below a home, as a search comes upon them.
const FOUND: [&str; 10] = [
    ".ssh/id_rsa",
    ".aws/credentials",
    ".netrc",
    ".git-credentials",
    ".config/gh/hosts.yml",
    ".docker/config.json",
    ".kube/config",
    ".npmrc",
    ".pgpass",
    ".codex/auth.json",
];

/// A file with credentials that a search of a folder comes upon: of a home as a whole, of
/// what lies above one, of a process. With patterns, one that fits any of them.
pub(super) fn found_below(scene: &Scene<'_>, folder: &str, patterns: &[&str]) -> Option<String> {
    let is_home = in_home(scene, &format!("{folder}/")).is_some_and(str::is_empty);
    let home = if is_home { folder } else { scene.home };
    let is_process = folder
        .strip_prefix("/proc/")
        .is_some_and(|name| name.ends_with("self") || name.bytes().all(|b| b.is_ascii_digit()));
    let process = if is_process { folder } else { "/proc/self" };
    let above = |part: &str| within(part, folder);
    if !above(home) && !above(process) && !above(&format!("{home}/.config")) {
        return None;
    }
    let fits = |path: &str| {
        let one = |pattern: &&str| {
            globs(pattern, path) || path.split('/').any(|name| globs(pattern, name))
        };
        patterns.is_empty() || patterns.iter().any(one)
    };
    let in_home = FOUND.iter().map(|file| format!("{home}/{file}"));
    let others = [format!("{process}/environ"), "/etc/shadow".to_owned()];
    in_home.chain(others).find(|path| above(path) && fits(path))
}

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
