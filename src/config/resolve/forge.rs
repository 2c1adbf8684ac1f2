//! `[project]` and `[gitea]`: where the state lives, which server and
//! repository, and where the token is kept.
//!
//! Invariant: a resolved URL is http or https, names a host, and holds neither
//! credentials nor a trailing slash.

use super::Resolver;
use crate::config::document::child;
use crate::config::glimpse::StatePlace;
use crate::config::raw::{Gitea, Project};
use crate::config::secret::{SecretSource, SecretSources};
use crate::config::{explain, span};
use crate::model::settings::ForgeSettings;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use url::Url;

/// The folder of configs whose state the shipped unit keeps.
const SYSTEM: &str = "/etc/adf";
/// Where the shipped unit keeps it.
const SYSTEM_STATE: &str = "/var/lib/adf";

/// Where the state is when neither the config nor systemd says: for a config in /etc/adf where
/// the shipped unit has it, else beside the config.
#[must_use]
pub fn default_state_dir(config: &Path, project: &str) -> PathBuf {
    let base = config.parent().unwrap_or(Path::new("/"));
    match config.file_stem() {
        Some(instance) if base == Path::new(SYSTEM) => Path::new(SYSTEM_STATE).join(instance),
        _ => base.join("adf-state").join(project),
    }
}

/// Where the state is, and what says so: the config, else systemd, else neither.
pub(in crate::config) fn state_dir(
    named: Option<PathBuf>,
    systemd: Option<PathBuf>,
    config: &Path,
    project: &str,
) -> (PathBuf, StatePlace) {
    let said = named.map(|path| (path, StatePlace::Named));
    said.or_else(|| systemd.map(|path| (path, StatePlace::Systemd)))
        .unwrap_or_else(|| (default_state_dir(config, project), StatePlace::Default))
}

impl Resolver<'_, '_> {
    pub(super) fn state_dir(&mut self, project: &Project) -> PathBuf {
        let named = project.state_dir.as_ref();
        let named = named.map(|path| self.path(path, "/project/state_dir"));
        state_dir(
            named,
            self.state_directory.take(),
            self.config,
            &project.name,
        )
        .0
    }

    pub(super) fn forge(&mut self, raw: &Gitea) -> ForgeSettings {
        let (owner, repo) = raw.repo.split_once('/').unwrap_or_default();
        if [owner, repo].iter().any(|part| matches!(*part, "." | "..")) {
            let message = format!("`{}` is not a repository", raw.repo);
            self.faults
                .error("/gitea/repo", message, "write it as `owner/name`");
        }
        ForgeSettings {
            url: self.url(&raw.url, "/gitea/url"),
            owner: owner.to_owned(),
            repo: repo.to_owned(),
            settle: span::resolve(&raw.settle, span::SETTLE, "/gitea/settle", self.faults),
            concurrency: raw.concurrency,
        }
    }

    /// The root of a server; empty after a fault.
    pub(super) fn url(&mut self, text: &str, at: &str) -> String {
        let wanted = "write the root of the server, such as https://git.example.org";
        let shown = explain::shown(&Value::from(text));
        let (message, help) = match Url::parse(text) {
            Err(error) => (format!("{shown} is not a URL: {error}"), wanted),
            Ok(url) if !matches!(url.scheme(), "http" | "https") => {
                let message = format!(
                    "{shown} has the scheme {}, expected http or https",
                    url.scheme()
                );
                (message, wanted)
            }
            Ok(url) if url.host_str().is_none_or(str::is_empty) => {
                (format!("{shown} names no host"), wanted)
            }
            Ok(url) if !url.username().is_empty() || url.password().is_some() => (
                "the URL holds credentials".to_owned(),
                "take them out; a secret's place is named by a key that ends in _credential, _env or _file",
            ),
            Ok(url) if url.query().is_some() || url.fragment().is_some() => (
                format!("{shown} has a query or a fragment"),
                "write the root of the server without `?` and `#`",
            ),
            Ok(url) => return url.as_str().trim_end_matches('/').to_owned(),
        };
        self.faults.error(at, message, help);
        String::new()
    }

    pub(super) fn secrets(&mut self, raw: &Gitea, state_dir: &Path) -> SecretSources {
        let given = (&raw.token_credential, &raw.token_env, &raw.token_file);
        let token = self
            .place(
                "/gitea",
                ["token_credential", "token_env", "token_file"],
                given,
            )
            .unwrap_or(SecretSource::Standard);
        let marker_key = SecretSource::File {
            path: match &raw.marker_key_file {
                Some(path) => self.path(path, "/gitea/marker_key_file"),
                None => state_dir.join("marker.key"),
            },
        };
        SecretSources {
            token,
            marker_key,
            keys: BTreeMap::new(),
            sinks: BTreeMap::new(),
        }
    }

    /// The place of a secret in the section `at`, by one of its three keys; a credential and the
    /// file that it is loaded from are one place.
    pub(super) fn place(
        &mut self,
        at: &str,
        keys: [&str; 3],
        given: (&Option<String>, &Option<String>, &Option<PathBuf>),
    ) -> Option<SecretSource> {
        let named: Vec<&str> = keys
            .into_iter()
            .filter(|key| self.faults.doc.has(&child(at, key)))
            .collect();
        let what = keys[0].split('_').next().unwrap_or_default();
        let is_pair = named == [keys[0], keys[2]];
        for extra in named.iter().skip(1).filter(|_| !is_pair) {
            let first = named.first().unwrap_or(extra);
            self.faults.key_error(
                &child(at, extra),
                format!("the {what}'s place is named twice, by `{first}` and by `{extra}`"),
                format!(
                    "keep one of {}, {} and {}, or the first and the last of them",
                    keys[0], keys[1], keys[2]
                ),
            );
        }
        match given {
            (Some(name), _, file) => Some(SecretSource::Credential {
                name: name.clone(),
                file: file
                    .as_ref()
                    .map(|path| self.path(path, &child(at, keys[2]))),
            }),
            (_, Some(name), _) => Some(SecretSource::Environment { name: name.clone() }),
            (_, _, Some(path)) => Some(SecretSource::File {
                path: self.path(path, &child(at, keys[2])),
            }),
            (None, None, None) => None,
        }
    }
}
