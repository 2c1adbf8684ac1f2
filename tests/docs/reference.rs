//! `docs/reference` is what the command line and the schema say now, and the man pages are whole.

use crate::blocks::sources;
use adf::cli::papers::reference;
use std::collections::BTreeMap;
use std::process::Command;

#[test]
fn the_reference_is_what_the_executable_would_write() {
    let folder = sources().join("docs/reference");
    let mut there = BTreeMap::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        there.insert(name, std::fs::read_to_string(entry.path()).unwrap());
    }
    let wanted: BTreeMap<String, String> = reference().into_iter().collect();
    let names = |papers: &BTreeMap<String, String>| papers.keys().cloned().collect::<Vec<_>>();
    let remedy =
        "run `cargo run -- __reference docs/reference`, and delete what it no longer writes";
    assert_eq!(names(&there), names(&wanted), "{remedy}");
    for (name, text) in &wanted {
        assert!(
            there[name] == *text,
            "docs/reference/{name} is old; {remedy}"
        );
        assert!(text.lines().count() < 400, "{name} is too long");
    }
}

#[test]
fn the_reference_has_every_key_of_the_schema() {
    let papers: BTreeMap<String, String> = reference().into_iter().collect();
    let text = &papers["config.md"];
    let schema = adf::config::schema();
    let mut keys = 0;
    for (name, section) in schema["$defs"].as_object().unwrap() {
        for key in section["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, _)| key)
        {
            keys += 1;
            let is_there = text.contains(&format!("| `{key}` |"))
                || text.contains(&format!(".{key}]"))
                || text.contains(&format!(".{key}.NAME]"));
            assert!(is_there, "{name}.{key}");
        }
    }
    assert!(keys > 80, "{keys}");
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the shipped executable writes them"
)]
fn each_command_has_a_man_page_and_hidden_ones_have_none() {
    let home = tempfile::tempdir().unwrap();
    let pages = home.path().join("share/man1");
    let adf = |args: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_adf"))
            .args(args)
            .output()
            .unwrap()
    };
    let made = adf(&["man", pages.to_str().unwrap()]);
    assert!(made.status.success(), "{made:?}");
    for (page, word) in [
        ("adf.1", "adf\\-init"),
        ("adf-init.1", "coordinator\\-model"),
        ("adf-guard-test.1", "git push"),
    ] {
        let text = std::fs::read_to_string(pages.join(page)).unwrap();
        assert!(text.starts_with(".ie") || text.contains(".TH "), "{page}");
        assert!(text.contains(word), "{page}: {word}: {text}");
    }
    assert!(!pages.join("adf-__exec.1").exists());
    // On a path that is a file it says so.
    let refused = adf(&["man", pages.join("adf.1").to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
}
