//! What `adf init` shows and writes.

use crate::site::{Site, adf};
use std::os::unix::fs::PermissionsExt;

#[test]
fn without_apply_everything_is_shown_and_nothing_is_written() {
    let site = Site::with_commit();
    let before = site.files();
    let said = site.init(&["--init"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    for word in [
        "+name = \"shop\"",
        "+[status]",
        "+in_review = \"adf/in review\"",
        "+url = \"https://git.example.org\"",
        "prompts/developer.md",
        "routing/review.md",
        "adf@.service",
        ".docs/summary.md",
        "+* Rust: 1 file",
        "Nothing was written",
    ] {
        assert!(said.out.contains(word), "{word}: {}", said.out);
    }
    assert!(!said.out.contains("robot") && !said.out.contains("secret@"));
    assert_eq!(site.files(), before);
}

#[test]
fn applied_twice_it_writes_once_and_the_token_is_never_touched() {
    let site = Site::with_commit();
    let said = site.init(&["--init", "--apply"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let mode = |name: &str| {
        let data = std::fs::metadata(site.dir().join(name)).unwrap();
        data.permissions().mode() & 0o777
    };
    assert_eq!(mode("shop.token"), 0o600);
    assert_eq!(mode("shop.toml"), 0o644);
    std::fs::write(site.dir().join("shop.token"), "a-token-of-somebody").unwrap();
    let first = site.files();
    for more in [
        &["--init", "--apply"][..],
        &["--init", "--apply", "--force"],
    ] {
        let again = site.init(more);
        assert_eq!(again.code, Some(0), "{again:?}");
        assert!(again.out.contains("0 files written"), "{}", again.out);
        assert!(!again.out.contains("a-token-of-somebody"), "{}", again.out);
        assert_eq!(site.files(), first);
    }
}

#[test]
fn what_says_something_else_is_replaced_only_by_force_and_all_of_it_or_nothing() {
    let site = Site::with_commit();
    assert_eq!(site.init(&["--apply"]).code, Some(0));
    let config = site.config();
    let mine = std::fs::read_to_string(&config).unwrap() + "\n# mine\n";
    std::fs::write(&config, &mine).unwrap();
    std::fs::remove_file(site.dir().join("shop/prompts/qa.md")).unwrap();
    let before = site.files();
    let said = site.init(&["--apply"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(
        said.err.contains("shop.toml") && said.err.contains("--force"),
        "{}",
        said.err
    );
    assert!(said.out.contains("-# mine"), "{}", said.out);
    assert_eq!(site.files(), before, "half of it was written");
    let said = site.init(&["--apply", "--force"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains("2 files written"), "{}", said.out);
    assert!(!site.read("shop.toml").contains("# mine"));
}

#[test]
fn the_unit_starts_this_executable_with_this_config_as_doctor_sees_it() {
    let site = Site::with_commit();
    assert_eq!(site.init(&["--apply"]).code, Some(0));
    let unit = site.dir().join("adf@.service");
    let config = site.config();
    let args = [
        "doctor",
        "--no-probes",
        "--format",
        "json",
        "--config",
        config.to_str().unwrap(),
        "--unit",
        unit.to_str().unwrap(),
    ];
    let said = adf(&args);
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let checks = report["checks"].as_array().unwrap();
    // What a machine of developers has not: the service's user, a place outside of homes.
    let name = |check: &serde_json::Value| check["name"].as_str().unwrap().to_owned();
    let wrong = [
        "unit.binary",
        "unit.config",
        "unit.files",
        "unit.restart",
        "unit.token",
        "unit.variables",
    ];
    let unit: Vec<_> = checks
        .iter()
        .filter(|c| wrong.contains(&name(c).as_str()))
        .collect();
    assert!(unit.is_empty(), "{unit:?}");
    // The one thing that is left to do is said with the place.
    assert_eq!(said.code, Some(78));
    let token = checks.iter().find(|c| c["name"] == "token").unwrap();
    assert!(
        token["found"].as_str().unwrap().contains("empty"),
        "{token}"
    );
}
