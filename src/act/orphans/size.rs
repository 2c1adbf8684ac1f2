//! A folder → the bytes that it takes on the disk.
//!
//! Invariant: links are counted and never followed; what vanishes while it is
//! counted counts nothing.

use std::{collections::BTreeSet, os::unix::fs::MetadataExt, path::Path};

/// Entries looked at in one count; a larger folder is counted no further.
pub const ENTRIES_MAX: usize = 4_000_000;
/// Bytes in a block, as `stat` counts them.
const BLOCK_BYTES: u64 = 512;

/// The bytes that everything below `dir` takes. Reads the disk: not for the loop's thread.
#[must_use]
pub fn bytes(dir: &Path) -> u64 {
    let mut sum = 0_u64;
    let mut seen = 0;
    let mut linked = BTreeSet::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            seen += 1;
            if seen > ENTRIES_MAX {
                tracing::warn!(target: "adf::orphan", dir = %dir.display(), "more than {ENTRIES_MAX} entries: not all are counted");
                return sum;
            }
            let Ok(meta) = entry.metadata() else { continue };
            let once = meta.is_dir() || meta.nlink() == 1 || linked.insert(meta.ino());
            if once {
                sum = sum.saturating_add(meta.blocks().saturating_mul(BLOCK_BYTES));
            }
            if meta.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_count_once_holes_and_what_links_lead_to_do_not() {
        let dir = tempfile::tempdir().unwrap();
        let (inside, outside) = (dir.path().join("in"), dir.path().join("out"));
        std::fs::create_dir_all(inside.join("deep")).unwrap();
        std::fs::create_dir_all(&outside).unwrap();
        std::fs::write(outside.join("big"), vec![1; 1 << 20]).unwrap();
        std::os::unix::fs::symlink(&outside, inside.join("link")).unwrap();
        let before = bytes(&inside);
        assert!(before < 1 << 16, "{before}");
        std::fs::write(inside.join("deep/a"), vec![1; 1 << 18]).unwrap();
        std::fs::hard_link(inside.join("deep/a"), inside.join("deep/b")).unwrap();
        let hole = std::fs::File::create(inside.join("hole")).unwrap();
        hole.set_len(1 << 30).unwrap();
        let grown = bytes(&inside) - before;
        assert!(((1 << 18)..(1 << 19)).contains(&grown), "{grown}");
        assert_eq!(bytes(&inside.join("none")), 0);
    }
}
