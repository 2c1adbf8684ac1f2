//! Where `adf init` writes: nowhere in a dry run, never beside what it names, and so that
//! the service's user can read it.

use crate::site::{Said, Site, adf, adf_privately};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

/// `adf init` of a project, without a checkout.
fn init(site: &Site, project: &str, more: &[&str]) -> Said {
    let dir = site.dir();
    let own = ["init", "--project", project, "--repo", "a/b"];
    let at = [
        "--url",
        "http://127.0.0.1:1",
        "--dir",
        dir.to_str().unwrap(),
    ];
    adf(&[&own[..], &at, more].concat())
}

#[test]
fn a_project_is_a_name_and_leads_nowhere() {
    let site = Site::new();
    let victim = site.home.path().join("victim");
    std::fs::create_dir(&victim).unwrap();
    std::fs::write(victim.join("x.toml"), "the operator's").unwrap();
    let before = site.files();
    let out = format!("../../../../../../..{}/x", victim.display());
    for project in [out.as_str(), "a/b", "..", "", "Shop", "a\nb", "/x"] {
        for more in [&[][..], &["--apply"], &["--apply", "--force"]] {
            let said = init(&site, project, more);
            assert_eq!(said.code, Some(1), "{project}: {said:?}");
            assert!(said.err.contains("is no name"), "{project}: {said:?}");
            assert_eq!(site.files(), before, "{project}");
        }
    }
}

#[test]
fn a_dry_run_writes_no_unit_however_its_path_is_written() {
    let site = Site::new();
    let unit = site.home.path().join("units/u.service");
    std::fs::create_dir(unit.parent().unwrap()).unwrap();
    std::fs::write(&unit, "the operator's").unwrap();
    let before = site.files();
    let dir = site.dir();
    let around = format!("{}/../units/u.service", dir.display());
    let out = format!("{}/../../../../../..{}", dir.display(), unit.display());
    for path in [around, out] {
        let said = init(&site, "shop", &["--unit", &path]);
        assert_eq!(said.code, Some(0), "{path}: {said:?}");
        assert!(said.out.contains("differs"), "{path}: {said:?}");
        assert_eq!(site.files(), before, "{path}");
    }
    let config = site.config();
    let said = init(&site, "shop", &["--unit", config.to_str().unwrap()]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("two files at once"), "{said:?}");
}

#[test]
fn what_is_written_can_be_read_by_the_services_user_whatever_the_umask() {
    let site = Site::new();
    let dir = site.home.path().join("srv/etc");
    let at = ["--url", "http://127.0.0.1:1", "--dir"];
    let own = ["init", "--project", "shop", "--repo", "a/b", "--apply"];
    let said = adf_privately(&[&own[..], &at, &[dir.to_str().unwrap()]].concat());
    assert_eq!(said.code, Some(0), "{said:?}");
    for folder in ["..", ".", "shop", "shop/prompts", "shop/routing"] {
        assert_eq!(mode(&dir.join(folder)), 0o755, "{folder}");
    }
    assert_eq!(mode(&dir.join("shop.toml")), 0o644);
    assert_eq!(mode(&dir.join("shop/prompts/qa.md")), 0o644);
    assert_eq!(mode(&dir.join("shop.token")), 0o600);
}

#[test]
fn what_is_replaced_keeps_its_mode_and_the_links_to_it() {
    let site = Site::new();
    assert_eq!(init(&site, "shop", &["--apply"]).code, Some(0));
    let (config, real) = (site.config(), site.home.path().join("real.toml"));
    std::fs::rename(&config, &real).unwrap();
    std::fs::write(&real, "# mine\n").unwrap();
    chmod(&real, 0o640);
    symlink(&real, &config).unwrap();
    let said = init(&site, "shop", &["--apply", "--force"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(config.is_symlink());
    let text = std::fs::read_to_string(&real).unwrap();
    assert!(text.contains("name = \"shop\""), "{text}");
    assert_eq!(mode(&real), 0o640);
    // A link to nothing is not replaced by a file.
    std::fs::remove_file(&real).unwrap();
    let said = init(&site, "shop", &["--apply", "--force"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(config.is_symlink());
}

#[test]
fn a_token_that_others_can_read_is_said() {
    let site = Site::new();
    assert_eq!(init(&site, "shop", &["--apply"]).code, Some(0));
    let token = site.dir().join("shop.token");
    let said = init(&site, "shop", &["--apply"]);
    assert!(!said.out.contains("read by others"), "{said:?}");
    chmod(&token, 0o644);
    let said = init(&site, "shop", &["--apply"]);
    assert!(
        said.out
            .contains("shop.token can be read by others (mode 0644)")
    );
    assert_eq!(mode(&token), 0o644, "it is said, not changed");
}
