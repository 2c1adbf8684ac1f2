//! `[project]` and `[gitea]`: where the state lives, which server and
//! repository, and where the token is kept.
//!
//! Invariant: a resolved URL is http or https, names a host, and holds neither
//! credentials nor a trailing slash.

use super::Resolver;
use crate::config::raw::{Gitea, Project};
use crate::config::secret::{SecretSource, SecretSources};
use crate::config::{explain, span};
use crate::model::settings::ForgeSettings;
use serde_json::Value;
use std::path::{Path, PathBuf};
use url::Url;

impl Resolver<'_, '_> {
    pub(super) fn state_dir(&mut self, project: &Project) -> PathBuf {
        match (&project.state_dir, self.state_directory.take()) {
            (Some(path), _) => self.path(path, "/project/state_dir"),
            (None, Some(systemd)) => systemd,
            (None, None) => self.base.join("adf-state").join(&project.name),
        }
    }

    pub(super) fn forge(&mut self, raw: &Gitea) -> ForgeSettings {
        let (owner, repo) = raw.repo.split_once('/').unwrap_or_default();
        if [owner, repo].iter().any(|part| matches!(*part, "." | "..")) {
            let message = format!("`{}` is not a repository", raw.repo);
            self.faults
                .error("/gitea/repo", message, "write it as `owner/name`");
        }
        ForgeSettings {
            url: self.url(&raw.url),
            owner: owner.to_owned(),
            repo: repo.to_owned(),
            settle: span::resolve(&raw.settle, span::SETTLE, "/gitea/settle", self.faults),
            concurrency: raw.concurrency,
        }
    }

    fn url(&mut self, text: &str) -> String {
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
                "take them out; the token's place is named by token_credential, token_env or token_file",
            ),
            Ok(url) if url.query().is_some() || url.fragment().is_some() => (
                format!("{shown} has a query or a fragment"),
                "write the root of the server without `?` and `#`",
            ),
            Ok(url) => return url.as_str().trim_end_matches('/').to_owned(),
        };
        self.faults.error("/gitea/url", message, help);
        String::new()
    }

    pub(super) fn secrets(&mut self, raw: &Gitea, state_dir: &Path) -> SecretSources {
        let places = (&raw.token_credential, &raw.token_env, &raw.token_file);
        let token = self.place("/gitea", "token", places);
        let token = token.unwrap_or(SecretSource::Standard);
        let marker_key = SecretSource::File {
            path: match &raw.marker_key_file {
                Some(path) => self.path(path, "/gitea/marker_key_file"),
                None => state_dir.join("marker.key"),
            },
        };
        SecretSources { token, marker_key }
    }
}
