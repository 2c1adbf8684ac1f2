//! Units as systemd itself reads them, where it is on the machine.

use crate::site::{Site, adf};
use std::path::Path;
use std::process::Command;

/// What `systemd-analyze` says of a unit; none where it is not on the machine.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "the machine's own verdict is asked, and its absence said"
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
    for (dir, why) in [
        ("/srv/my factory", "holds a blank"),
        ("/srv/q\"uo", "holds a quote"),
        ("/srv/it's", "holds a quote"),
        ("/srv/te\\i", "holds a backslash"),
        ("/srv/$HOME", "holds a `$`"),
        ("/srv/a\nb", "holds a control character"),
    ] {
        let said = init(dir);
        assert_eq!(said.code, Some(1), "{dir}: {said:?}");
        assert!(said.err.contains(why), "{dir}: {said:?}");
        assert!(!Path::new(dir).exists(), "{dir}");
    }
}

#[test]
fn one_unit_beside_the_configs_serves_each_project_there() {
    let site = Site::with_commit();
    let dir = site.dir();
    let init = |project: &str, more: &[&str]| {
        let args = ["init", "--project", project, "--repo", "acme/shop"];
        let at = ["--url", "http://127.0.0.1:1", "--apply", "--dir"];
        adf(&[&args[..], &at, &[dir.to_str().unwrap()], more].concat())
    };
    for project in ["shop", "blog"] {
        let said = init(project, &[]);
        assert_eq!(said.code, Some(0), "{project}: {said:?}");
    }
    let unit = dir.join("adf@.service");
    if let Some(faults) = verified(&unit) {
        assert!(faults.is_empty(), "{faults:#?}");
    }
    // One whose state is called otherwise has a unit of its own.
    let said = init("news", &["--state-dir", "/srv/state"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let own = std::fs::read_to_string(dir.join("adf@news.service")).unwrap();
    assert!(own.contains("Environment=HOME=/srv/state\n"), "{own}");
    assert!(said.out.contains("adf@news.service"), "{said:?}");
}
