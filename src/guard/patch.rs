//! A patch → the files it adds, changes, moves and removes.
//!
//! Invariant: only lines that name files count, in the format of the
//! `apply_patch` tool and in unified diffs; the lines of a hunk are data. A
//! patch that names no file is denied: nobody knows what it would change. The
//! command `apply_patch`, which a CLI takes for its tool, is judged as the tool, and
//! so are patches that a text writes for `patch` and `git apply`.

use super::rules::fs::{self, Access};
use super::rules::shell;
use super::walk::{Command, Found, Stream, Walker};
use super::word::{Value, is_mark};

/// How many files one patch may name.
const FILES_MAX: usize = 2_000;

/// Judges every file of a patch.
pub(super) fn judge(walker: &Walker<'_>, text: &str) -> Found {
    let named = entries(text);
    if named.is_empty() {
        return walker.deny(&shell::PATCH, "a patch without a file");
    }
    if named.len() > FILES_MAX {
        return Err(walker.stop(&shell::TOO_COMPLEX, "a patch of many files"));
    }
    for (access, path) in named {
        fs::access(walker, access, &Value::new(path))?;
    }
    Ok(())
}

/// The files that a patch names, in its order.
#[must_use]
pub fn files(text: &str) -> Vec<&str> {
    entries(text).into_iter().map(|(_, path)| path).collect()
}

/// `apply_patch` and its like as a command; none when it is another.
pub(super) fn command(command: &Command<'_>, walker: &Walker<'_>) -> Found<Option<Stream>> {
    const NAMES: [&str; 2] = ["apply_patch", "applypatch"];
    const BY_OPTION: &str = "--codex-run-as-apply-patch";
    let given = match command.args.first() {
        Some(first) if first.text() == BY_OPTION => command.args.get(1),
        first if NAMES.contains(&command.name) => first,
        _ => {
            applied(command, walker)?;
            return Ok(None);
        }
    };
    let text = match (given, command.stdin) {
        (Some(given), _) => given.known(),
        (None, Stream::Text(text)) if !text.chars().any(is_mark) => Some(text.as_str()),
        _ => None,
    };
    match text {
        Some(text) => judge(walker, text)?,
        None => walker.doubtful(&shell::PATCH, "a patch that is not known")?,
    }
    Ok(Some(Stream::Unknown))
}

/// `patch` and `git apply` with a patch that this text wrote: what it would change is judged as the
/// tool's.
fn applied(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    const LOOKS: [&str; 5] = ["--check", "--stat", "--numstat", "--summary", "--dry-run"];
    let has = |names: &[&str]| command.args.iter().any(|arg| names.contains(&arg.text()));
    let applies = match command.name {
        "patch" => true,
        "git" => has(&["apply", "am"]),
        _ => false,
    };
    if !applies || (has(&LOOKS) && !has(&["--apply"])) {
        return Ok(());
    }
    let named = command.args.iter().map(|arg| walker.content(arg));
    for patch in named.chain([command.stdin.clone()]) {
        let Stream::Text(text) = patch else { continue };
        for (access, path) in entries(&text).into_iter().take(FILES_MAX) {
            fs::access(walker, access, &Value::new(path))?;
        }
    }
    Ok(())
}

fn entries(text: &str) -> Vec<(Access, &str)> {
    let mut named = Vec::new();
    let mut hunk = 0_usize;
    for line in text.lines() {
        let is_data = line.starts_with(['+', '-', '\\']) || head_of(line).starts_with(' ');
        if hunk > 0 && is_data {
            hunk = hunk.saturating_sub(usize::from(!line.starts_with('\\')));
            continue;
        }
        hunk = 0;
        if line.starts_with("@@ -") {
            hunk = hunk_lines(line);
            continue;
        }
        named.extend(names(line));
    }
    named
}

/// How many lines at most a hunk's head announces.
fn hunk_lines(line: &str) -> usize {
    let counts = line.split(' ').skip(1).take(2);
    counts
        .map(|range| {
            range
                .split_once(',')
                .map_or(1, |(_, n)| n.parse().unwrap_or(1))
        })
        .sum()
}

/// A line as the tool reads it where a file may be named: it passes over blanks before a head, so
/// what looks like a line of context may be one.
fn head_of(line: &str) -> &str {
    let bare = line.trim_start();
    if bare.starts_with("*** ") { bare } else { line }
}

/// The file that a line names.
fn names(line: &str) -> Option<(Access, &str)> {
    const HEADS: [(&str, Access); 8] = [
        ("*** Add File:", Access::Write),
        ("*** Update File:", Access::Write),
        ("*** Delete File:", Access::Delete),
        ("*** Move to:", Access::Write),
        ("rename to ", Access::Write),
        ("rename from ", Access::Delete),
        ("+++ ", Access::Write),
        ("--- ", Access::Write),
    ];
    let line = head_of(line);
    let (access, path) = HEADS
        .iter()
        .find_map(|(head, access)| Some((*access, line.strip_prefix(head)?)))?;
    let path = path.split('\t').next().unwrap_or(path).trim();
    if path == "/dev/null" {
        return None;
    }
    let is_diff = line.starts_with("+++ ") || line.starts_with("--- ");
    let path = if is_diff {
        path.strip_prefix("a/")
            .or(path.strip_prefix("b/"))
            .unwrap_or(path)
    } else {
        path
    };
    Some((access, path))
}
