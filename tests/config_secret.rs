//! Secrets are read from where the config says, or refused with the remedy.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, as tests do"
)]

use adf::config::{SecretError, SecretSource};
use secrecy::ExposeSecret;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const TOKEN: &str = "s3cr3t-t0k3n-value";

fn nothing(_: &str) -> Option<String> {
    None
}

fn file(folder: &Path, name: &str, text: &str, mode: u32) -> SecretSource {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
    SecretSource::File { path }
}

fn value(source: &SecretSource, environment: impl Fn(&str) -> Option<String>) -> String {
    source
        .read_with(environment)
        .unwrap()
        .expose_secret()
        .to_owned()
}

#[test]
fn a_private_file_is_read_without_its_line_end() {
    let folder = tempfile::tempdir().unwrap();
    for mode in [0o600, 0o400] {
        let source = file(
            folder.path(),
            &format!("token{mode}"),
            &format!("{TOKEN}\n"),
            mode,
        );
        assert_eq!(value(&source, nothing), TOKEN);
    }
}

#[test]
fn a_file_that_others_may_read_is_refused_with_chmod() {
    let folder = tempfile::tempdir().unwrap();
    for mode in [0o640, 0o604, 0o644, 0o660, 0o620] {
        let source = file(folder.path(), "token", TOKEN, mode);
        let error = source.read_with(nothing).unwrap_err();
        assert!(matches!(error, SecretError::Exposed { .. }));
        let text = error.to_string();
        assert!(
            text.contains("chmod 600") && text.contains(&format!("{mode:04o}")),
            "{text}"
        );
    }
}

#[test]
fn a_credential_is_found_in_the_folder_that_systemd_names() {
    let folder = tempfile::tempdir().unwrap();
    // systemd shows credentials as 0440 when it uses an access list.
    file(folder.path(), "gitea-token", TOKEN, 0o440);
    let systemd = |name: &str| {
        let folder = folder.path().display().to_string();
        (name == "CREDENTIALS_DIRECTORY").then_some(folder)
    };
    let named = SecretSource::Credential {
        name: "gitea-token".to_owned(),
        file: None,
    };
    assert_eq!(value(&named, systemd), TOKEN);
    assert_eq!(value(&SecretSource::Standard, systemd), TOKEN);
    let error = named.read_with(nothing).unwrap_err().to_string();
    assert!(error.contains("LoadCredential=gitea-token"), "{error}");
}

#[test]
fn outside_the_unit_a_credential_is_read_from_the_file_it_is_loaded_from() {
    let folder = tempfile::tempdir().unwrap();
    let passed = tempfile::tempdir().unwrap();
    let systemd = |name: &str| {
        let folder = passed.path().display().to_string();
        (name == "CREDENTIALS_DIRECTORY").then_some(folder)
    };
    file(folder.path(), "shop.token", TOKEN, 0o600);
    let path = folder.path().join("shop.token");
    let both = SecretSource::Credential {
        name: "gitea-token".to_owned(),
        file: Some(path.clone()),
    };
    assert_eq!(value(&both, nothing), TOKEN);
    assert_eq!(
        value(&both, systemd),
        TOKEN,
        "another service's credentials"
    );
    file(passed.path(), "gitea-token", "of-the-unit", 0o440);
    assert_eq!(value(&both, systemd), "of-the-unit");
    file(folder.path(), "shop.token", TOKEN, 0o644);
    let error = both.read_with(nothing).unwrap_err();
    assert!(matches!(error, SecretError::Exposed { .. }), "{error}");
}

#[test]
fn the_standard_variable_is_used_when_systemd_passes_no_such_credential() {
    let folder = tempfile::tempdir().unwrap();
    let environment = |name: &str| match name {
        "CREDENTIALS_DIRECTORY" => Some(folder.path().display().to_string()),
        "ADF_GITEA_TOKEN" => Some(TOKEN.to_owned()),
        _ => None,
    };
    assert_eq!(value(&SecretSource::Standard, environment), TOKEN);
    let error = SecretSource::Standard
        .read_with(nothing)
        .unwrap_err()
        .to_string();
    for way in ["LoadCredential=", "ADF_GITEA_TOKEN", "token_file"] {
        assert!(error.contains(way), "{error}");
    }
}

#[test]
fn an_unset_variable_is_named() {
    let source = SecretSource::Environment {
        name: "FORGE_TOKEN".to_owned(),
    };
    assert!(
        source
            .read_with(nothing)
            .unwrap_err()
            .to_string()
            .contains("FORGE_TOKEN")
    );
    assert_eq!(
        value(&source, |name| (name == "FORGE_TOKEN")
            .then(|| TOKEN.to_owned())),
        TOKEN
    );
}

#[test]
fn what_cannot_be_a_secret_is_refused_and_not_repeated() {
    let source = SecretSource::Environment {
        name: "T".to_owned(),
    };
    for text in [
        "",
        "  \n",
        "${GITEA_TOKEN}",
        "$GITEA_TOKEN",
        "two words-of-secret",
        "two\nlines-of-secret",
    ] {
        let error = source.read_with(|_| Some(text.to_owned())).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(
            !shown.contains("of-secret") && !shown.contains("GITEA_TOKEN"),
            "{shown}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let long = file(folder.path(), "long", &"x".repeat(70_000), 0o600);
    assert!(
        long.read_with(nothing)
            .unwrap_err()
            .to_string()
            .contains("64 KiB")
    );
    let directory = SecretSource::File {
        path: folder.path().to_owned(),
    };
    assert!(
        directory
            .read_with(nothing)
            .unwrap_err()
            .to_string()
            .contains("regular file")
    );
    let missing = SecretSource::File {
        path: folder.path().join("none"),
    };
    assert!(
        missing
            .read_with(nothing)
            .unwrap_err()
            .to_string()
            .contains("none")
    );
}

#[test]
fn a_secret_is_not_in_its_debug_form() {
    let source = SecretSource::Environment {
        name: "T".to_owned(),
    };
    let secret = source.read_with(|_| Some(TOKEN.to_owned())).unwrap();
    assert!(!format!("{secret:?}").contains(TOKEN));
}
