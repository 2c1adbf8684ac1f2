//! `scripts/install` into a root of its own, and the examples that it is followed by.

use crate::site::adf;
use std::path::{Path, PathBuf};
use std::process::Output;

/// Where the sources are.
fn sources() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[expect(clippy::disallowed_methods, reason = "the script is what is tested")]
fn install(root: &Path, args: &[&str]) -> Output {
    std::process::Command::new(sources().join("scripts/install"))
        .args(args)
        .env("DESTDIR", root)
        .env_remove("PREFIX")
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn what_is_installed_stays_as_it_is_and_goes_but_for_what_is_the_operators() {
    let home = tempfile::tempdir().unwrap();
    let root = home.path();
    let binary = ["--binary", env!("CARGO_BIN_EXE_adf")];
    let first = said(&install(root, &binary));
    for file in [
        "usr/local/bin/adf",
        "etc/systemd/system/adf@.service",
        "var/lib/adf",
        "etc/systemd/system/adf-backup@.service",
        "etc/systemd/system/adf-backup@.timer",
        "usr/local/share/bash-completion/completions/adf",
        "usr/local/share/man/man1/adf-init.1",
    ] {
        assert!(root.join(file).exists(), "{file}: {first}");
    }
    let again = said(&install(root, &binary));
    assert!(again.contains("was installed already"), "{again}");
    assert!(
        !again.lines().any(|line| line.starts_with("installed ")),
        "{again}"
    );

    let unit = root.join("etc/systemd/system/adf@.service");
    std::fs::write(&unit, "of an older version").unwrap();
    let mended = said(&install(root, &binary));
    let changed: Vec<&str> = mended
        .lines()
        .filter(|l| l.starts_with("installed "))
        .collect();
    assert_eq!(changed.len(), 1, "{mended}");
    assert!(changed[0].ends_with("adf@.service"), "{mended}");

    let config = root.join("etc/adf/shop.toml");
    let ledger = root.join("var/lib/adf/shop/ledger.db");
    for file in [&config, &ledger] {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "the operator's").unwrap();
    }
    // Of an installation that was killed.
    std::fs::write(root.join("usr/local/bin/adf.new"), "half").unwrap();
    said(&install(root, &["--uninstall"]));
    let mut left = Vec::new();
    files(root, &mut left);
    left.sort();
    assert_eq!(left, [config, ledger]);
}

#[test]
fn a_binary_that_does_not_start_is_not_installed() {
    let home = tempfile::tempdir().unwrap();
    let broken = home.path().join("adf");
    std::fs::write(&broken, "no program").unwrap();
    let root = home.path().join("root");
    std::fs::create_dir(&root).unwrap();
    let output = install(&root, &["--binary", broken.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let none = install(&root, &["--binary", "/nonexist"]);
    assert_eq!(none.status.code(), Some(1), "{none:?}");
    let err = String::from_utf8_lossy(&none.stderr);
    assert!(
        err.contains("there is no /nonexist") && err.lines().count() == 1,
        "{err}"
    );
    let mut left = Vec::new();
    files(&root, &mut left);
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(install(&root, &["--what"]).status.code(), Some(2));
}

#[test]
fn every_example_is_a_config_without_a_warning() {
    let folder = sources().join("examples");
    let mut found = Vec::new();
    files(&folder, &mut found);
    assert!(found.len() >= 3, "{found:?}");
    for example in found {
        let path = example.to_str().unwrap();
        let said = adf(&["validate-config", "--strict", path]);
        assert_eq!(said.code, Some(0), "{path}: {said:?}");
    }
}
