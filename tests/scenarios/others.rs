//! What people, the forge and the machine do, and what comes of it.

use crate::stage::{demo, plays};

#[test]
fn stranger() {
    plays("stranger", 0, 1, &[]);
}

#[test]
fn edit() {
    plays("edit", 0, 1, &[]);
}

#[test]
fn malformed() {
    plays("malformed", 0, 1, &[]);
}

#[test]
fn two_daemons() {
    plays("two-daemons", 1, 2, &[None]);
}

#[test]
fn flaky_forge() {
    plays("flaky-forge", 1, 2, &[None]);
}

#[test]
fn restart() {
    plays("restart", 1, 2, &[None, None]);
}

#[test]
fn quota_fallback() {
    plays("quota-fallback", 1, 2, &[Some("TRANSIENT"), None]);
}

#[test]
fn the_list_names_each_in_one_aligned_line() {
    let said = demo(&["--list"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines.len(), 36, "{}", said.out);
    let about = lines[0].find("WHAT HAPPENS").unwrap();
    for line in &lines {
        let (name, rest) = line.split_at(about);
        assert!(name.ends_with(' ') && !rest.starts_with(' '), "{line}");
    }
}

#[test]
fn the_list_is_an_array_for_scripts() {
    let said = demo(&["--list", "--format", "json"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let list: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 35);
    assert!(
        list.iter()
            .all(|s| s["name"].is_string() && s["about"].is_string())
    );
}

#[test]
fn a_name_that_is_none_is_answered_with_those_that_are() {
    let said = demo(&["--scenario", "unheard-of"]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("happy, slow, hang"), "{}", said.err);
}
