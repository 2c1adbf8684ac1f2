//! The state directory: private itself, in folders that its owner can pass, and one user's.

use crate::support::{clock, open};
use adf::store::{self, BackupTrace, StoreError};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

/// A user that is not root and need not exist.
const OTHER: u32 = 4242;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Whether these tests may give files away.
#[expect(clippy::print_stderr, reason = "a test that is left out says so")]
fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        eprintln!("SKIPPED: only root can give files away");
    }
    root
}

#[tokio::test]
async fn folders_above_the_state_can_be_passed_and_the_state_is_its_owners_alone() {
    let home = tempfile::tempdir().unwrap();
    let state = home.path().join("lib/adf/shop");
    open(&state);
    assert_eq!(mode(&state), 0o700);
    for above in ["lib/adf", "lib"] {
        assert_eq!(mode(&home.path().join(above)), 0o755, "{above}");
    }
}

#[tokio::test]
async fn root_writes_nothing_into_the_state_of_another_user() {
    if !is_root() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let refused = || match store::open(home.path(), clock()) {
        Err(error) => error,
        Ok(_) => panic!("it was opened"),
    };
    chown(home.path(), Some(OTHER), Some(OTHER)).unwrap();
    let text = refused().to_string();
    assert!(
        text.contains("4242") && text.contains("runuser -u"),
        "{text}"
    );
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    // Of a factory that runs there root is told as anybody is.
    chown(home.path(), Some(0), Some(0)).unwrap();
    let held = open(home.path());
    chown(home.path(), Some(OTHER), Some(OTHER)).unwrap();
    assert!(matches!(refused(), StoreError::Locked { .. }));
    drop(held);
}

#[test]
fn word_of_a_backup_that_root_made_is_the_factorys_to_read() {
    if !is_root() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    chown(home.path(), Some(OTHER), Some(OTHER)).unwrap();
    let trace = BackupTrace {
        made_at: adf::model::Time(1),
        file: "/b.tar.gz".into(),
        bytes: 1,
    };
    trace.leave(home.path()).unwrap();
    let left = std::fs::metadata(home.path().join(store::TRACE_FILE)).unwrap();
    assert_eq!((left.uid(), left.gid()), (OTHER, OTHER));
    assert_eq!(left.permissions().mode() & 0o777, 0o600);
}
