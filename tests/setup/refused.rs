//! What `adf init` refuses: clearly, and with nothing half-written.

use crate::site::{Site, adf};

/// Must be refused with these words and leave everything as it is.
fn refused(site: &Site, more: &[&str], code: i32, words: &[&str]) {
    let before = site.files();
    let said = site.init(&[more, &["--apply"]].concat());
    assert_eq!(said.code, Some(code), "{more:?}: {said:?}");
    for word in words {
        assert!(said.err.contains(word), "{word}: {}", said.err);
    }
    assert!(!said.err.contains("panicked"), "{}", said.err);
    assert_eq!(site.files(), before, "{more:?}");
}

#[test]
fn a_working_directory_that_is_no_checkout_or_has_no_commit() {
    let site = Site::new();
    refused(&site, &[], 1, &["no commit", "make a first one"]);
    std::fs::rename(site.work().join(".git"), site.work().join("git")).unwrap();
    refused(&site, &[], 1, &["not a git checkout", "--working-dir"]);
    std::fs::rename(site.work(), site.work().with_extension("gone")).unwrap();
    refused(&site, &[], 1, &["--working-dir", "checkout"]);
}

#[test]
fn a_repository_named_as_clones_name_it() {
    let said = adf(&[
        "init",
        "--project",
        "shop",
        "--repo",
        "acme/shop.git",
        "--url",
        "http://127.0.0.1:1",
    ]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(
        said.err.contains("name the repository, `acme/shop`"),
        "{said:?}"
    );
}

#[test]
fn a_state_where_the_shipped_unit_may_not_write() {
    let url = "http://127.0.0.1:1";
    let names = [
        "init",
        "--project",
        "shop",
        "--repo",
        "acme/shop",
        "--url",
        url,
    ];
    let said = adf(&[&names[..], &["--state-dir", "/srv/state/shop"]].concat());
    assert_eq!(said.code, Some(1), "{said:?}");
    for word in ["/var/lib/adf/shop", "--dir"] {
        assert!(said.err.contains(word), "{word}: {said:?}");
    }
    let said = adf(&[&names[..], &["--state-dir", "/var/lib/adf/shop"]].concat());
    assert!(!said.err.contains("--state-dir"), "{said:?}");
}

#[test]
fn a_state_that_belongs_to_another_project_with_its_config_elsewhere() {
    let site = Site::with_commit();
    let state = tempfile::tempdir().unwrap();
    let theirs = state.path().to_str().unwrap();
    std::fs::write(state.path().join("project.name"), "another\n").unwrap();
    let words = ["belongs to project `another`", "--state-dir"];
    refused(&site, &["--state-dir", theirs], 1, &words);
    let left: Vec<_> = std::fs::read_dir(state.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn a_checkout_of_another_repository() {
    let site = Site::with_commit();
    let (dir, work) = (site.dir(), site.work());
    let said = adf(&[
        "init",
        "--project",
        "shop",
        "--repo",
        "acme/other",
        "--apply",
        "--dir",
        dir.to_str().unwrap(),
        "--working-dir",
        work.to_str().unwrap(),
    ]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("acme/shop"), "{}", said.err);
    assert!(!dir.exists());
}

#[test]
fn a_folder_in_which_nothing_can_be_written() {
    let site = Site::with_commit();
    let work = site.work();
    let before = site.files();
    let args = [
        "init",
        "--project",
        "shop",
        "--repo",
        "acme/shop",
        "--working-dir",
        work.to_str().unwrap(),
        "--init",
        "--apply",
    ];
    // The files of the project are there before the one that cannot be written.
    let unit = "/proc/adf/adf@.service";
    let dir = site.dir();
    let more = ["--dir", dir.to_str().unwrap(), "--unit", unit];
    let said = adf(&[&args[..], &more].concat());
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(
        said.err.contains("/proc/adf") && said.err.contains("nothing was written"),
        "{}",
        said.err
    );
    assert_eq!(site.files(), before, "something was left");
    let said = adf(&[&args[..], &["--dir", "/proc/adf"]].concat());
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("nothing was written"), "{}", said.err);
    assert_eq!(site.files(), before);
}

#[test]
fn a_state_directory_that_another_project_has() {
    let site = Site::with_commit();
    assert_eq!(site.init(&["--apply"]).code, Some(0));
    let (dir, work) = (site.dir(), site.work());
    let state = dir.join("state/shop");
    let before = site.files();
    let said = adf(&[
        "init",
        "--project",
        "other",
        "--repo",
        "acme/shop",
        "--apply",
        "--dir",
        dir.to_str().unwrap(),
        "--working-dir",
        work.to_str().unwrap(),
        "--state-dir",
        state.to_str().unwrap(),
    ]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(
        said.err.contains("shop.toml") && said.err.contains("--state-dir"),
        "{}",
        said.err
    );
    assert_eq!(site.files(), before);
}

#[test]
fn wishes_that_cannot_be_had() {
    let site = Site::with_commit();
    let cases: [(&[&str], i32, &[&str]); 17] = [
        (
            &["--provider", "codex", "--agents", "architect"],
            1,
            &["runs nothing", "--provider"],
        ),
        (
            &["--provider", "opencode", "--coordinator-model", "opus"],
            78,
            &["provider/model", "etc/shop.toml"],
        ),
        (
            &["--agents", "developer,plumber"],
            1,
            &["plumber", "architect"],
        ),
        (&["--agents", "developer,developer"], 1, &["twice"]),
        (
            &["--agents", "developer", "--review-gate", "reviewer"],
            1,
            &["--review-gate", "none of the agents"],
        ),
        (
            &["--coordinator-model", "claude-3-5-sonnet-20241022"],
            1,
            &["pinned", "alias"],
        ),
        (&["--cron-issue", "1"], 2, &["--cron-schedule"]),
        (
            &["--cron-schedule", "0 99 * * *", "--cron-issue", "1"],
            78,
            &["99", "nothing was written"],
        ),
        (
            &["--url", "https://forge.example.net"],
            1,
            &["forge.example.net", "https://git.example.org", "--url"],
        ),
        (&["--url", "ssh://git.example.org"], 78, &["url"]),
        (&["--url", "${GITEA_URL}"], 78, &["literal `$` variable"]),
        (
            &["--url", "https://git.example.org/\nx"],
            1,
            &["--url", "control character"],
        ),
        (
            &["--command", "/opt/a\nb"],
            1,
            &["--command", "control character"],
        ),
        (&["--key-file", "/opt/a\tb"], 1, &["control character"]),
        (&["--unit", "/opt/a\nb.service"], 1, &["control character"]),
        (
            &["--state-dir", "/x/st ate"],
            1,
            &["--state-dir", "a blank"],
        ),
        (&["--state-dir", "/x/st\"ate"], 1, &["a quote"]),
    ];
    for (more, code, words) in cases {
        refused(&site, more, code, words);
    }
}
