//! `adf validate-config`: every sample, for people and for programs.

use crate::factory::{Said, adf};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

fn samples(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/configs")
        .join(folder);
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 10, "the samples are gone");
    files
}

fn sample(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs");
    path.join(name).to_str().unwrap().to_owned()
}

async fn check(files: &[PathBuf], options: &[&str]) -> Said {
    let files = files.iter().map(|f| f.to_str().unwrap());
    let mut args = vec!["validate-config"];
    args.extend(files);
    args.extend(options);
    adf(&args).await
}

#[tokio::test]
async fn every_valid_sample_is_ok_and_the_exit_code_is_0() {
    let files = samples("valid");
    let said = check(&files, &[]).await;
    assert_eq!(said.code, Some(0), "{}", said.out);
    for file in &files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let line = said
            .out
            .lines()
            .find(|line| line.contains(&format!("{name}: ok")));
        let warned = name.starts_with("warned-");
        let line = line.unwrap_or_else(|| panic!("no verdict on {name}: {}", said.out));
        assert_eq!(line.ends_with(": ok"), !warned, "{line}");
        assert_eq!(line.contains("warning"), warned, "{line}");
    }
}

#[tokio::test]
async fn every_invalid_sample_exits_78_by_itself_and_shows_its_place() {
    for file in samples("invalid") {
        let said = check(std::slice::from_ref(&file), &[]).await;
        assert_eq!(said.code, Some(78), "{}: {}", file.display(), said.out);
        let place = format!("{}:", file.display());
        assert!(said.out.contains(&place), "{}", said.out);
        assert!(!said.out.ends_with("ok\n"), "{}", said.out);
        assert!(!said.err.contains("panicked"), "{}", said.err);
    }
}

#[tokio::test]
async fn a_fault_is_shown_in_its_line_with_a_caret_and_what_to_write() {
    let path = sample("invalid/agents-limits-steps-zero.toml");
    let said = adf(&["validate-config", &path]).await;
    let text = std::fs::read_to_string(&path).unwrap();
    let (at, line) = text
        .lines()
        .enumerate()
        .find(|(_, line)| line.starts_with("limits.steps"))
        .expect("the sample's line");
    let column = line.rfind('0').unwrap() + 1;
    let place = format!("{path}:{}:{column}", at + 1);
    assert!(said.out.contains(&place), "{place}\n{}", said.out);
    assert!(said.out.contains(line), "{}", said.out);
    assert!(said.out.contains('^'), "{}", said.out);
    assert!(said.out.contains("write 10 or more"), "{}", said.out);
    assert!(!said.out.contains('\u{1b}'), "colours without a terminal");
}

#[tokio::test]
async fn for_programs_each_fault_has_exactly_the_seven_fields() {
    let said = check(&samples("invalid"), &["--format", "json"]).await;
    assert_eq!(said.code, Some(78));
    let faults = said.json();
    let faults = faults.as_array().expect("an array");
    assert!(faults.len() >= samples("invalid").len());
    let fields = BTreeSet::from([
        "file", "line", "column", "key", "severity", "message", "help",
    ]);
    for fault in faults {
        let found: BTreeSet<&str> = fault
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(found, fields);
        assert!(fault["line"].as_u64() >= Some(1), "{fault}");
        assert!(fault["column"].as_u64() >= Some(1), "{fault}");
        assert!(fault["message"].as_str().is_some_and(|m| !m.is_empty()));
        assert!(["error", "warning"].contains(&fault["severity"].as_str().unwrap()));
    }
    let fine = [samples("valid")[0].clone()];
    let said = check(&fine, &["--format", "json"]).await;
    assert_eq!((said.code, said.out.as_str()), (Some(0), "[]\n"));
}

#[tokio::test]
async fn a_warning_passes_unless_warnings_are_to_count() {
    let path = sample("valid/warned-model-pinned-by-date.toml");
    let said = adf(&["validate-config", &path]).await;
    assert_eq!(said.code, Some(0), "{}", said.out);
    assert!(said.out.contains("ok, 1 warning"), "{}", said.out);
    let said = adf(&["validate-config", "--strict", &path]).await;
    assert_eq!(said.code, Some(78), "{}", said.out);
    let path = sample("valid/shortest.toml");
    let said = adf(&["validate-config", "--strict", &path]).await;
    assert_eq!(said.code, Some(0), "{}", said.out);
}

#[tokio::test]
async fn of_several_files_each_gets_its_verdict_and_one_fault_refuses() {
    let (good, bad) = (
        sample("valid/shortest.toml"),
        sample("invalid/gitea-missing.toml"),
    );
    for files in [[&good, &bad], [&bad, &good]] {
        let said = adf(&["validate-config", files[0], files[1]]).await;
        assert_eq!(said.code, Some(78), "{}", said.out);
        assert!(said.out.contains(&format!("{good}: ok\n")), "{}", said.out);
        assert!(
            said.out.contains(&format!("{bad}: 1 error\n")),
            "{}",
            said.out
        );
    }
}

#[tokio::test]
async fn a_file_that_is_not_there_is_a_fault_of_that_file() {
    let said = adf(&["validate-config", "nowhere/adf.toml", "--format", "json"]).await;
    assert_eq!(said.code, Some(78));
    let fault = &said.json()[0];
    assert_eq!(fault["file"], "nowhere/adf.toml");
    assert!(
        fault["help"].as_str().is_some_and(|h| !h.is_empty()),
        "{fault}"
    );
    let said = adf(&["validate-config"]).await;
    assert_eq!(said.code, Some(2), "without any file the usage is wrong");
}
