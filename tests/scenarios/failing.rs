//! A scenario that does not come out as expected says so, and exits with 1.

use crate::stage::demo;
use adf::sandbox::agent::SECRET;

#[test]
fn a_secret_in_the_log_is_found_and_told() {
    let home = tempfile::tempdir().unwrap();
    // As if the factory had logged it.
    std::fs::write(home.path().join("factory.log"), format!("key {SECRET}\n")).unwrap();
    let dir = home.path().to_str().unwrap();
    let said = demo(&[
        "--once",
        "--dir",
        dir,
        "--scenario",
        "leak",
        "--format",
        "json",
    ]);
    assert_eq!(said.code, Some(1), "{}", said.out);
    assert_eq!(said.object()["ok"], false);
    for part in ["expected nowhere", "factory.log"] {
        assert!(said.err.contains(part), "{part}: {}", said.err);
    }
}

#[test]
fn for_people_it_says_where_to_look_and_for_how_long() {
    let said = demo(&["--once", "--scenario", "malformed"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let adf = env!("CARGO_BIN_EXE_adf");
    for part in ["ok  as expected: ", &format!("{adf} explain 1"), "gone now"] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
}
