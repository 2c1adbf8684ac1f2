//! Units as systemd itself reads them, where it is on the machine.

use crate::site::{Site, adf};
use std::path::Path;
use std::process::Command;

/// What `systemd-analyze` says of a unit; none where it is not on the machine.
#[expect(
    clippy::disallowed_methods,
    reason = "the machine's own verdict is asked"
)]
fn verified(unit: &Path) -> Option<Vec<String>> {
    let out = Command::new("systemd-analyze")
        .arg("verify")
        .arg(unit)
        .output();
    let Ok(out) = out else {
        eprintln!("SKIPPED: there is no systemd-analyze on this machine");
        return None;
    };
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    // Of other units on this machine nothing is said here.
    let own = said.lines().filter(|line| line.contains("adf"));
    // Where nothing is installed there is no program, and an older systemd knows one type less.
    let expected = ["is not executable", "ignoring: notify-reload"];
    let own = own.filter(|line| !expected.iter().any(|part| line.contains(part)));
    Some(own.map(str::to_owned).collect())
}

#[test]
fn the_shipped_units_are_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd");
    let units = std::fs::read_dir(folder).unwrap();
    let mut seen = 0;
    for unit in units {
        let unit = unit.unwrap().path();
        let Some(faults) = verified(&unit) else {
            return;
        };
        assert!(faults.is_empty(), "{}: {faults:#?}", unit.display());
        seen += 1;
    }
    assert!(seen >= 3, "{seen} units");
}

#[test]
fn a_unit_beside_the_config_is_whole_however_its_folder_is_named() {
    let site = Site::with_commit();
    let work = site.work();
    let around = format!("{}/../else/where/../here", work.display());
    let init = |dir: &str| {
        let work = work.to_str().unwrap();
        let args = ["--repo", "acme/shop", "--working-dir", work, "--dir", dir];
        adf(&[&["init", "--project", "shop", "--apply"], &args[..]].concat())
    };
    let said = init(&around);
    assert_eq!(said.code, Some(0), "{said:?}");
    let unit = work.parent().unwrap().join("else/here/adf@.service");
    let text = std::fs::read_to_string(&unit).unwrap();
    assert!(!text.contains(".."), "{text}");
    if let Some(faults) = verified(&unit) {
        assert!(faults.is_empty(), "{faults:#?}");
    }
    let said = init("/srv/my factory");
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("holds a blank"), "{said:?}");
}
