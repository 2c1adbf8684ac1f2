//! A path → where it lies: the worktree, the run's own temporary directory, a
//! device, a secret, outside, or nobody knows.
//!
//! Invariant: lexical first, then by the caller's `resolve`, so that a link out
//! of the worktree lies where it leads. What cannot be told is `Unknown`.

use super::landmarks::{in_worktree, is_secret, is_set_up, is_tools};
use super::scene::Scene;
use super::word::{Value, shown};

/// Where something lies, from the most harmless to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// `/dev/null` and its like: nothing is there.
    Null,
    /// Below the run's own temporary directory, or that directory.
    Tmp,
    /// Inside the worktree.
    Worktree,
    /// Caches, programs and settings of tools in the run's own home.
    Home,
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
    let path = shown(&path);
    Target { path, place }
}

/// Links that the text itself made.
pub(crate) fn linked(links: &[(String, String)], path: String, follows: bool) -> String {
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
    // The caller's own descriptors are not those of what will run.
    if path.strip_prefix("/dev/").map(device) == Some(Place::Null) {
        return None;
    }
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
    if is_tools(scene, path, glob) {
        return Place::Home;
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
