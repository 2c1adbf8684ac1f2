//! What no test can do to its machine, judged from facts: owners, walls, git, zones.

use adf::act::supervise::Given;
use adf::config;
use adf::doctor::judge;
use adf::doctor::observe::binary::{Binary, Running};
use adf::doctor::observe::machine::Machine;
use adf::doctor::observe::state::{Folder, State};
use adf::doctor::{Check, Severity};
use adf::model::{Weakness, settings::Settings};

fn settings(more: &str) -> Settings {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("adf.toml");
    let text = format!(
        "[project]\nname = \"shop\"\nstate_dir = \"state\"\n[gitea]\nurl = \"https://git.example.org\"\nrepo = \"a/b\"\n{more}"
    );
    std::fs::write(&path, text).unwrap();
    config::load(&path).unwrap().settings
}

fn state() -> State {
    State {
        dir: "/state".into(),
        folder: Folder::Folder {
            owner: 1000,
            mode: 0o700,
        },
        writable: Ok(()),
        me: 1000,
        free: Ok(u64::MAX),
        ledger: None,
        is_lost: false,
        malformed: Vec::new(),
        has_key: false,
        modes: Vec::new(),
        others: Vec::new(),
        backup: (None, adf::model::Time::default()),
    }
}

fn machine() -> Machine {
    Machine {
        walls: Some(Ok(Given {
            landlock_abi: 6,
            ..Given::default()
        })),
        git: Some(Ok("git version 2.47.0".to_owned())),
        zone: Some("Etc/UTC".to_owned()),
    }
}

fn one<'a>(checks: &'a [Check], name: &str) -> &'a Check {
    checks.iter().find(|c| c.name == name).unwrap()
}

#[test]
fn a_state_directory_of_another_user_is_refused_and_root_may_use_it() {
    let theirs = State {
        folder: Folder::Folder {
            owner: 0,
            mode: 0o700,
        },
        ..state()
    };
    let checks = judge::state::checks(&settings(""), &theirs);
    let check = one(&checks, "state.folder");
    assert_eq!(check.severity, Severity::Error);
    assert!(check.found.contains("belongs to user 0"), "{check:?}");
    let checks = judge::state::checks(&settings(""), &State { me: 0, ..state() });
    assert_eq!(one(&checks, "state.folder").severity, Severity::Ok);
}

#[test]
fn a_kernel_without_walls_is_an_error_unless_it_was_accepted() {
    let none = Machine {
        walls: Some(Ok(Given::default())),
        ..machine()
    };
    let checks = judge::machine::checks(&settings(""), &none);
    let check = one(&checks, "walls");
    assert_eq!(check.severity, Severity::Error);
    assert!(
        check.remedy.as_deref().is_some_and(|r| !r.is_empty()),
        "{check:?}"
    );
    let missing = vec![(Weakness::NoScope, "old".to_owned())];
    let old = Given {
        landlock_abi: 5,
        missing,
        bubblewrap: None,
    };
    let old = Machine {
        walls: Some(Ok(old)),
        ..machine()
    };
    let checks = judge::machine::checks(&settings("[walls]\naccept = [\"no-scope\"]\n"), &old);
    assert_eq!(one(&checks, "walls").severity, Severity::Note);
    let checks = judge::machine::checks(&settings("[walls]\nrequired = false\n"), &old);
    assert_eq!(one(&checks, "walls").severity, Severity::Warning);
}

#[test]
fn a_git_that_is_missing_or_old_is_an_error() {
    for said in [
        Err("not found".to_owned()),
        Ok("git version 2.25.1".to_owned()),
    ] {
        let checks = judge::machine::checks(
            &settings(""),
            &Machine {
                git: Some(said),
                ..machine()
            },
        );
        assert_eq!(one(&checks, "git").severity, Severity::Error);
    }
    let checks = judge::machine::checks(&settings(""), &machine());
    assert_eq!(one(&checks, "git").severity, Severity::Ok);
    // A start asks it nothing, and still says when it is not there.
    let check = judge::machine::no_git(false).unwrap();
    assert_eq!(check.severity, Severity::Error);
    assert!(check.found.contains("no git"), "{check:?}");
    assert_eq!(judge::machine::no_git(true), None);
    let nowhere = adf::act::git::Git::new("/");
    assert!(!nowhere.search("/nowhere").is_there());
}

#[test]
fn a_schedule_in_another_zone_than_the_machines_is_noted_with_the_key() {
    let cron = "[[agents]]\nname = \"developer\"\ncron = \"0 1-9 * * *\"\ncron_issue = 1\n[providers.house]\nkind = \"script\"\ncommand = [\"/bin/sh\"]\n";
    let berlin = Machine {
        zone: Some("Europe/Berlin".to_owned()),
        ..machine()
    };
    let checks = judge::machine::checks(&settings(cron), &berlin);
    let check = one(&checks, "time-zone");
    assert_eq!(check.severity, Severity::Note);
    let remedy = check.remedy.as_deref().unwrap();
    assert!(remedy.contains("time_zone = \"Europe/Berlin\""), "{remedy}");
    let checks = judge::machine::checks(&settings(""), &berlin);
    assert_eq!(one(&checks, "time-zone").severity, Severity::Ok);
}

#[test]
fn a_factory_whose_executable_was_replaced_is_told_to_restart() {
    let binary = |is_replaced| Binary {
        no_source: None,
        path: "/usr/local/bin/adf".into(),
        version: "1",
        source: None,
        schema: None,
        running: Some(Running {
            pid: 7,
            is_replaced,
        }),
    };
    let checks = judge::binary::checks(&binary(true));
    assert_eq!(one(&checks, "binary.running").severity, Severity::Warning);
    let checks = judge::binary::checks(&binary(false));
    assert_eq!(one(&checks, "binary.running").severity, Severity::Note);
}
