//! A patch → the files it adds, changes, moves and removes.
//!
//! Invariant: only lines that name files count, in the format of the
//! `apply_patch` tool and in unified diffs; the lines of a hunk are data. A
//! patch that names no file is denied: nobody knows what it would change.

use super::rules::fs::{self, Access};
use super::rules::shell;
use super::walk::{Found, Walker};
use super::word::Value;

/// Judges every file of a patch.
pub(super) fn judge(walker: &Walker<'_>, text: &str) -> Found {
    let mut named = false;
    let mut hunk = 0_usize;
    for line in text.lines() {
        if hunk > 0 && line.starts_with([' ', '+', '-', '\\']) {
            hunk = hunk.saturating_sub(usize::from(!line.starts_with('\\')));
            continue;
        }
        hunk = 0;
        if line.starts_with("@@ -") {
            hunk = hunk_lines(line);
            continue;
        }
        if let Some((access, path)) = names(line) {
            named = true;
            fs::access(walker, access, &Value::new(path))?;
        }
    }
    if named {
        Ok(())
    } else {
        walker.deny(&shell::UNPARSEABLE, "a patch without a file")
    }
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

/// The file that a line names.
fn names(line: &str) -> Option<(Access, &str)> {
    const HEADS: [(&str, Access); 8] = [
        ("*** Add File: ", Access::Write),
        ("*** Update File: ", Access::Write),
        ("*** Delete File: ", Access::Delete),
        ("*** Move to: ", Access::Write),
        ("rename to ", Access::Write),
        ("rename from ", Access::Delete),
        ("+++ ", Access::Write),
        ("--- ", Access::Write),
    ];
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
