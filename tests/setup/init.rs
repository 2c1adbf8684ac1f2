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
    let told = "commit and push .docs/summary.md";
    assert!(said.out.contains(told), "{said:?}");
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

/// The prompt of each role, as init writes it and as it would be wrong.
#[test]
fn nobody_is_told_to_do_what_their_role_forbids_and_validate_config_would_see_it() {
    let site = Site::with_commit();
    let flags = [
        "--agents",
        "architect,developer,reviewer,security,qa",
        "--coordinator-model",
        "opus",
        "--apply",
    ];
    assert_eq!(site.init(&flags).code, Some(0));
    let config = site.config();
    let config = config.to_str().unwrap();
    for name in ["reviewer", "security", "qa", "architect", "coordinator"] {
        let path = site.dir().join(format!("shop/prompts/{name}.md"));
        let good = std::fs::read_to_string(&path).unwrap();
        for order in ["Commit your work", "run the tests", "Add or change tests"] {
            assert!(!good.contains(order), "{name}: {good}");
        }
        let said = adf(&["validate-config", "--strict", config]);
        assert_eq!(said.code, Some(0), "{name}: {said:?}");
        std::fs::write(&path, format!("{good}* Commit your work on this branch.\n")).unwrap();
        let said = adf(&["validate-config", "--strict", config]);
        assert_eq!(said.code, Some(78), "{name}: {said:?}");
        assert!(
            said.out.contains("to commit") && said.out.contains(&format!("{name}.md")),
            "{name}: {said:?}"
        );
        std::fs::write(&path, good).unwrap();
    }
    let architect = site.dir().join("shop/prompts/architect.md");
    let good = std::fs::read_to_string(&architect).unwrap();
    std::fs::write(&architect, format!("{good}* Then run the tests.\n")).unwrap();
    let said = adf(&["validate-config", "--strict", config]);
    assert_eq!(said.code, Some(78), "{said:?}");
    assert!(said.out.contains("runs nothing"), "{said:?}");
}

#[test]
fn a_coordinator_is_shown_the_open_issues_and_the_vision_and_begins_by_itself() {
    let site = Site::with_commit();
    std::fs::create_dir_all(site.dir().join("shop")).unwrap();
    std::fs::write(site.dir().join("shop/vision.md"), "Sell shoes.\n").unwrap();
    let said = site.init(&["--coordinator-model", "opus", "--apply"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let config = site.read("shop.toml");
    for line in [
        "mode = \"agent\"",
        "agent = \"coordinator\"",
        "vision = \"shop/vision.md\"",
        "cron = \"0 1-9 * * *\"",
        "model = \"opus\"",
    ] {
        assert!(config.contains(line), "{line}: {config}");
    }
    assert!(said.out.contains("begins at `0 1-9 * * *`"), "{said:?}");
    assert_eq!(site.read("shop/vision.md"), "Sell shoes.\n");
}

#[test]
fn beside_the_config_the_unit_can_work_there_and_the_next_steps_are_true() {
    let site = Site::with_commit();
    let said = site.init(&["--apply"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let unit = site.read("adf@.service");
    let dir = site.dir();
    let dir = dir.to_str().unwrap();
    for line in [
        format!("ReadWritePaths={dir}"),
        format!("WorkingDirectory={dir}"),
        format!("Environment=HOME={dir}/state/%i"),
        format!("LoadCredential=gitea-token:{dir}/%i.token"),
        "PrivateTmp=no".to_owned(),
    ] {
        assert!(unit.lines().any(|l| l == line), "{line}: {unit}");
    }
    assert!(!unit.contains("StateDirectory"), "{unit}");
    for step in [
        "write the token",
        "/etc/systemd/system/adf@shop.service",
        "enable --now adf@shop",
    ] {
        assert!(said.out.contains(step), "{step}: {said:?}");
    }
    std::fs::write(site.dir().join("shop.token"), "a-token-of-somebody").unwrap();
    let said = site.init(&["--apply"]);
    assert!(!said.out.contains("write the token"), "{said:?}");
    let said = site.init(&[]);
    assert!(
        said.out.contains("all of it stands there already"),
        "{said:?}"
    );
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
