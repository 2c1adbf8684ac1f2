//! The factory's id and key outlive the ledger, and are never made anew in
//! place of damaged ones.

use crate::support::{self, clock};
use adf::store::{self, LEDGER_FILE, StoreError};
use secrecy::ExposeSecret;
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn the_factory_survives_the_loss_of_its_ledger() {
    let state = tempfile::tempdir().unwrap();
    let first = support::open(state.path());
    assert!(first.fresh);
    let id = first.factory.clone();
    assert_eq!(id.as_str().len(), 12);
    first.ledger.close().await.unwrap();
    fs::remove_file(state.path().join(LEDGER_FILE)).unwrap();
    let second = support::open(state.path());
    assert!(second.fresh);
    assert_eq!(second.factory, id);
    assert_eq!(store::factory_id(state.path()).unwrap(), id);
}

#[tokio::test]
async fn the_ledger_mends_the_loss_of_the_factorys_id() {
    let state = tempfile::tempdir().unwrap();
    let first = support::open(state.path());
    first.ledger.close().await.unwrap();
    fs::remove_file(state.path().join("factory.id")).unwrap();
    let second = support::open(state.path());
    assert!(!second.fresh);
    assert_eq!(second.factory, first.factory);
    assert_eq!(store::factory_id(state.path()).unwrap(), first.factory);
}

#[tokio::test]
async fn a_ledger_of_another_factory_is_refused() {
    let state = tempfile::tempdir().unwrap();
    support::open(state.path()).ledger.close().await.unwrap();
    fs::write(state.path().join("factory.id"), "0123456789ab\n").unwrap();
    let refused = store::open(state.path(), clock());
    assert!(matches!(refused, Err(StoreError::OtherFactory { .. })));
}

#[test]
fn a_damaged_id_is_an_error_and_not_replaced() {
    let state = tempfile::tempdir().unwrap();
    let path = state.path().join("factory.id");
    for text in ["", "0123456789AB", "0123456789abc", "../../etc/ab"] {
        fs::write(&path, text).unwrap();
        let found = store::factory_id(state.path());
        assert!(matches!(found, Err(StoreError::Malformed { .. })), "{text}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn the_marker_key_is_made_once_and_private() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("marker.key");
    let made = store::marker_key(&path).unwrap();
    assert_eq!(made.expose_secret().len(), 64);
    let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let again = store::marker_key(&path).unwrap();
    assert_eq!(made.expose_secret(), again.expose_secret());
    assert_eq!(
        fs::read_dir(dir.path()).unwrap().count(),
        1,
        "no draft stays"
    );
}

#[test]
fn two_who_make_the_key_at_once_get_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("marker.key");
    let keys: Vec<String> = std::thread::scope(|scope| {
        let one = || store::marker_key(&path).unwrap().expose_secret().to_owned();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|key| *key == keys[0]));
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("marker.key");
    store::marker_key(&path).unwrap();
    for mode in [0o640, 0o604, 0o644, 0o620] {
        allow(&path, mode);
        let refused = store::marker_key(&path).unwrap_err();
        assert!(matches!(refused, StoreError::Exposed { .. }));
        assert!(refused.to_string().contains("chmod 600"));
    }
    allow(&path, 0o400);
    store::marker_key(&path).unwrap();
}

#[test]
fn a_damaged_key_is_an_error_and_never_shown() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("marker.key");
    let text = "f".repeat(63);
    fs::write(&path, &text).unwrap();
    allow(&path, 0o600);
    let refused = store::marker_key(&path).unwrap_err();
    assert!(matches!(refused, StoreError::Malformed { .. }));
    assert!(!format!("{refused} {refused:?}").contains("ffff"));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}
