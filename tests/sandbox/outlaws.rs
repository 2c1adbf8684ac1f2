//! The scripted agent's harmful behaviours, where nothing holds them: they must do harm,
//! or the scenarios that play them show nothing.

use adf::sandbox::agent::{FILE, FOLDER, run};
use std::{fs, path::Path};

/// What a behaviour says, and its exit code, without any walls.
fn free(behaviour: &str, dir: &Path) -> (i32, String) {
    let mut said = Vec::new();
    let code = run(behaviour, dir, "", None, &[], &mut said);
    (code, String::from_utf8(said).unwrap())
}

#[test]
fn destroy_destroys_what_no_walls_protect() {
    let room = tempfile::tempdir().unwrap();
    let (victim, work) = (room.path().join("victim"), room.path().join("work"));
    fs::create_dir_all(victim.join(FOLDER)).unwrap();
    fs::create_dir(&work).unwrap();
    fs::write(victim.join(FILE), "x").unwrap();
    let (code, said) = free(&format!("destroy:{}", victim.display()), &work);
    assert_eq!(code, 70, "{said}");
    assert!(said.contains("harm was done: unlink"), "{said}");
    assert!(!victim.join(FILE).exists());
}

#[test]
fn destroy_without_anything_to_aim_at_is_no_success() {
    let room = tempfile::tempdir().unwrap();
    fs::write(room.path().join(FILE), "x").unwrap();
    fs::create_dir(room.path().join(FOLDER)).unwrap();
    let spaced = room.path().join("a b");
    fs::create_dir_all(spaced.join(FOLDER)).unwrap();
    fs::write(spaced.join(FILE), "x").unwrap();
    let spaced = format!("destroy:{}", spaced.display());
    for behaviour in [
        "destroy:/nowhere/at-all",
        "destroy:",
        "destroy:/",
        "destroy:.",
        &spaced,
    ] {
        let (code, said) = free(behaviour, room.path());
        assert_eq!(code, 70);
        assert!(said.contains("nothing to aim at"), "{behaviour}: {said}");
    }
    assert!(room.path().join(FILE).exists());
}

#[test]
fn steal_reads_what_no_walls_hide() {
    let room = tempfile::tempdir().unwrap();
    fs::create_dir(room.path().join("state")).unwrap();
    fs::write(room.path().join("token"), "x").unwrap();
    fs::write(room.path().join("state/ledger.db"), "x").unwrap();
    let (code, said) = free(&format!("steal:{}", room.path().display()), room.path());
    assert_eq!(code, 70, "{said}");
    for what in ["/token", "/state/ledger.db", "environ of", "a signal of"] {
        assert!(said.contains(what), "{what}: {said}");
    }
}

#[test]
fn exfiltrate_finds_a_port_that_no_walls_close() {
    let room = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let place = room.path().join("absent");
    let (code, said) = free(
        &format!("exfiltrate:{port}:{}", place.display()),
        room.path(),
    );
    assert_eq!(code, 70, "{said}");
    assert!(said.contains(&format!("127.0.0.1:{port}")), "{said}");
}
