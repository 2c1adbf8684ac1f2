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

#[test]
fn what_cannot_be_played_ends_in_an_object_too() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("state")).unwrap();
    let place = dir.path().to_str().unwrap();
    let json = ["--once", "--scenario", "happy", "--format", "json"];
    let said = demo(&[&json[..], &["--dir", place]].concat());
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains("name an empty folder"), "{}", said.err);
    let object = said.object();
    assert_eq!(object["scenario"], "happy");
    assert_eq!(object["ok"], false);
    assert!(
        object["error"]
            .as_str()
            .unwrap()
            .contains("played in before")
    );
    let shape = [
        "prs",
        "comments",
        "runs",
        "duplicates",
        "surviving_processes",
    ];
    for key in shape {
        assert!(!object[key].is_null(), "{key}: {object}");
    }
}
