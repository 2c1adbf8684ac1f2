//! What stands there and what would → the difference, as people read it.

use similar::TextDiff;
use std::path::Path;

/// Lines around a change.
const CONTEXT: usize = 3;

/// A unified diff; empty when nothing differs.
#[must_use]
pub fn diff(path: &Path, before: Option<&str>, after: &str) -> String {
    let name = path.display().to_string();
    let from = if before.is_some() {
        name.as_str()
    } else {
        "/dev/null"
    };
    let diff = TextDiff::from_lines(before.unwrap_or_default(), after);
    let mut unified = diff.unified_diff();
    unified
        .context_radius(CONTEXT)
        .header(from, &name)
        .to_string()
}
