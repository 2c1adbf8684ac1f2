//! Every file of `tests/configs`: the valid ones are taken, and each of the
//! others is refused for what its first lines say, and for nothing else.
//!
//! A line `# expect 4:8 project.name: is not of the form` says where, which key,
//! and a part of the message. Valid files expect warnings in the same way.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, as tests do"
)]

use adf::config::{self, Config, Fault, Severity};
use adf::model::Time;
use std::path::{Path, PathBuf};

/// The samples are read in the middle of 2026, whatever the day.
fn load(path: &Path) -> Result<Config, Vec<Fault>> {
    config::load_at(path, Time::from_seconds(1_782_000_000))
}

struct Expected {
    place: String,
    key: String,
    message: String,
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/configs")
        .join(folder);
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ext| ext == "toml"));
    files.sort();
    files
}

fn expected(path: &Path) -> Vec<Expected> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix("# expect "));
    lines
        .map(|line| {
            let (place, rest) = line.split_once(' ').unwrap();
            let (key, message) = rest.split_once(": ").unwrap_or(("", rest));
            Expected {
                place: place.to_owned(),
                key: key.to_owned(),
                message: message.to_owned(),
            }
        })
        .collect()
}

/// What differs between the faults found and those expected, one line each.
fn differences(path: &Path, found: &[Fault]) -> Vec<String> {
    let mut expected = expected(path);
    let mut out = Vec::new();
    for fault in found {
        let place = format!("{}:{}", fault.line, fault.column);
        let at = expected.iter().position(|e| {
            e.place == place && e.key == fault.key && fault.message.contains(&e.message)
        });
        match at {
            Some(at) => drop(expected.remove(at)),
            None => out.push(format!(
                "unexpected: {place} {}: {}",
                fault.key, fault.message
            )),
        }
    }
    let missing = expected.iter();
    out.extend(missing.map(|e| format!("missing: {} {}: {}", e.place, e.key, e.message)));
    out
}

fn report(failures: &[String]) {
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn every_invalid_file_is_refused_for_the_reason_in_its_first_lines() {
    let mut failures = Vec::new();
    let files = files("invalid");
    assert!(files.len() > 80, "the samples are gone");
    for path in files {
        let name = path.file_name().unwrap().display().to_string();
        match load(&path) {
            Ok(_) => failures.push(format!("{name}: taken")),
            Err(faults) => {
                let found = differences(&path, &faults);
                failures.extend(found.iter().map(|line| format!("{name}: {line}")));
                if !faults.iter().any(|fault| fault.severity == Severity::Error) {
                    failures.push(format!("{name}: refused for warnings alone"));
                }
            }
        }
    }
    report(&failures);
}

#[test]
fn every_valid_file_is_taken_with_the_warnings_in_its_first_lines() {
    let mut failures = Vec::new();
    let files = files("valid");
    assert!(files.len() > 15, "the samples are gone");
    for path in files {
        let name = path.file_name().unwrap().display().to_string();
        match load(&path) {
            Ok(config) => {
                let found = differences(&path, &config.warnings);
                failures.extend(found.iter().map(|line| format!("{name}: {line}")));
            }
            Err(faults) => failures.push(format!("{name}:\n{}", config::render(&faults, false))),
        }
    }
    report(&failures);
}

#[test]
fn every_fault_of_the_samples_has_a_help_and_renders_with_its_place() {
    for path in files("invalid") {
        let faults = load(&path).unwrap_err();
        let text = config::render(&faults, false);
        for fault in &faults {
            let place = format!("{}:{}:{}", fault.file.display(), fault.line, fault.column);
            assert!(text.contains(&place), "{place} is not in\n{text}");
            assert!(
                text.contains(&fault.message),
                "{} is not in\n{text}",
                fault.message
            );
            let silent = fault.help.is_empty() && !fault.message.contains("expected");
            assert!(!silent, "{place}: {} has no help", fault.message);
        }
    }
}

/// Every example of the paper on notices is a config that is taken.
#[test]
fn the_examples_for_each_chat_are_taken() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let paper = std::fs::read_to_string(root.join("docs/notify.md")).unwrap();
    let blocks = paper.split("```toml\n").skip(1);
    let blocks: Vec<&str> = blocks.map(|b| b.split("```").next().unwrap()).collect();
    assert_eq!(blocks.len(), 5);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("adf.toml");
    let project = "[project]\nname = \"demo\"\n[gitea]\nurl = \"https://git.example.org\"\nrepo = \"acme/widgets\"\n";
    std::fs::write(&path, format!("{project}{}", blocks.concat())).unwrap();
    let config = load(&path).unwrap_or_else(|faults| panic!("{faults:#?}"));
    assert_eq!(config.settings.notify.sinks.len(), 5);
    assert_eq!(config.secrets.sinks.len(), 4);
}
