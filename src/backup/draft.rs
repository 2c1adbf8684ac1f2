//! A folder for what is not whole yet, beside where it will stand.
//!
//! Invariant: nobody else can look into it, and it goes with its maker: at the end, or,
//! where that was killed, with the next draft beside it. The kernel says who is dead: each
//! draft is locked for as long as its maker lives.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use tempfile::TempDir;

/// How the names of drafts begin.
const PREFIX: &str = ".adf-draft-";
/// How names began before drafts were locked; nobody makes these any more.
const FORMER: [&str; 2] = [".adf-backup-", ".adf-restore-"];
/// How often one is made anew when a sweep came between making and locking it.
const TRIES_MAX: u32 = 5;

/// A draft, for as long as it lives.
pub(super) struct Draft {
    folder: TempDir,
    _held: File,
}

impl Draft {
    /// Makes one in a folder, without what others left there that were killed.
    pub(super) fn make(beside: &Path) -> io::Result<Draft> {
        sweep(beside);
        for _ in 0..TRIES_MAX {
            let folder = tempfile::Builder::new()
                .prefix(PREFIX)
                .permissions(Permissions::from_mode(0o700))
                .tempdir_in(beside)?;
            let held = File::open(folder.path())?;
            if held.try_lock().is_ok() && folder.path().exists() {
                return Ok(Draft {
                    folder,
                    _held: held,
                });
            }
        }
        Err(io::Error::other("drafts are swept away again and again"))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Deletes the drafts of this user whose makers live no longer.
fn sweep(beside: &Path) {
    let inside = std::fs::read_dir(beside).into_iter().flatten().flatten();
    let me = rustix::process::geteuid().as_raw();
    for entry in inside {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_draft = name.starts_with(PREFIX) || FORMER.iter().any(|old| name.starts_with(old));
        let is_mine = || {
            let data = entry.metadata();
            data.is_ok_and(|data| data.is_dir() && data.uid() == me)
        };
        if !is_draft || !is_mine() {
            continue;
        }
        if let Ok(held) = File::open(entry.path())
            && held.try_lock().is_ok()
        {
            // One that stays is tried again with the next.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_private_and_goes_with_its_maker_or_with_the_next() {
        let home = tempfile::tempdir().unwrap();
        let held = Draft::make(home.path()).unwrap();
        std::fs::write(held.path().join("ledger"), "").unwrap();
        let mode = std::fs::metadata(held.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let left = [".adf-draft-x", ".adf-restore-x", ".adf-backup-x"];
        for name in left {
            std::fs::create_dir(home.path().join(name)).unwrap();
            std::fs::write(home.path().join(name).join("ledger"), "").unwrap();
        }
        std::fs::create_dir(home.path().join("other")).unwrap();
        let next = Draft::make(home.path()).unwrap();
        for name in left {
            assert!(!home.path().join(name).exists(), "{name}");
        }
        assert!(held.path().join("ledger").exists(), "it is held");
        drop((held, next));
        let names: Vec<_> = std::fs::read_dir(home.path()).unwrap().collect();
        assert_eq!(names.len(), 1, "{names:?}");
    }
}
