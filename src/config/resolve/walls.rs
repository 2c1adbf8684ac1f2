//! `[walls]` and `[delivery]`: what agents may reach, and what leaves them.
//!
//! Invariant: no path opened to agents holds, or lies in, the state directory or
//! a place of a secret; no variable passed on to them is named like a secret.

use super::{Resolver, lexical};
use crate::config::document::child;
use crate::config::raw;
use crate::config::secret::{SecretSource, SecretSources};
use crate::config::secretish;
use crate::model::settings::{Delivery, Walls};
use std::path::{Path, PathBuf};

impl Resolver<'_, '_> {
    pub(super) fn walls(
        &mut self,
        raw: raw::Walls,
        state_dir: &Path,
        secrets: &SecretSources,
    ) -> Walls {
        if !raw.required {
            self.faults.warning(
                "/walls/required",
                "agents are started even when the kernel cannot confine them",
                "leave it true except on a machine that holds nothing but the agents' work",
            );
        }
        let mut closed = vec![("the state directory", state_dir)];
        let token = [
            (&secrets.token, "the token"),
            (&secrets.marker_key, "the marker key"),
        ];
        for (source, what) in token {
            if let SecretSource::File { path } = source {
                closed.push((what, path));
            }
        }
        for source in secrets.keys.values() {
            if let SecretSource::File { path } = source {
                closed.push(("a provider's key", path));
            }
        }
        for (n, name) in raw.environment.iter().enumerate() {
            if secretish::is_secret_name(name) {
                let pointer = child("/walls/environment", &n.to_string());
                let message = format!("`{name}` looks like the name of a secret");
                let help =
                    "agents hold no secrets; whatever needs this one must stand outside the walls";
                self.faults.error(&pointer, message, help);
            }
        }
        Walls {
            required: raw.required,
            read: self.opened(raw.read, "/walls/read", &closed),
            write: self.opened(raw.write, "/walls/write", &closed),
            environment: raw.environment,
        }
    }

    fn opened(&mut self, paths: Vec<PathBuf>, at: &str, closed: &[(&str, &Path)]) -> Vec<PathBuf> {
        let mut opened = Vec::new();
        for (n, path) in paths.iter().enumerate() {
            let pointer = child(at, &n.to_string());
            let path = self.path(path, &pointer);
            let real = real(&path);
            for (what, inner) in closed {
                let inner = self::real(inner);
                if inner.starts_with(&real) || real.starts_with(&inner) {
                    self.faults.error(
                        &pointer,
                        format!("`{}` would open {what} to agents", path.display()),
                        format!(
                            "{what} is {}; open a narrower path, or move one of them",
                            inner.display()
                        ),
                    );
                    break;
                }
            }
            opened.push(path);
        }
        opened
    }

    pub(super) fn delivery(&mut self, raw: raw::Delivery) -> Delivery {
        if let Some(base) = &raw.base
            && (base.contains("..")
                || base.contains("//")
                || base.ends_with(['/', '.'])
                || base.ends_with(".lock"))
        {
            let message = format!("`{base}` is not a branch name");
            self.faults.error(
                "/delivery/base",
                message,
                "write it as `git branch` shows it",
            );
        }
        for (n, path) in raw.protected_paths.iter().enumerate() {
            let pointer = child("/delivery/protected_paths", &n.to_string());
            let help = "a file such as `Makefile`, or a folder such as `deploy/`, from the root of the repository";
            let reason = if path.starts_with('/') {
                "begins with `/`"
            } else if path.contains(['*', '?', '[']) {
                "holds a wildcard, which would be taken literally"
            } else if path.split('/').any(|part| matches!(part, "." | "..")) || path.contains("//")
            {
                "is not a plain path"
            } else {
                continue;
            };
            self.faults
                .error(&pointer, format!("`{path}` {reason}"), help);
        }
        let mut labels: Vec<String> = Vec::new();
        for label in raw.labels {
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        Delivery {
            base: raw.base,
            protected_paths: raw.protected_paths,
            labels,
            assign_requester: raw.assign_requester,
        }
    }
}

/// The path with links followed, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let path = lexical(path);
    for existing in path.ancestors() {
        if let Ok(found) = std::fs::canonicalize(existing) {
            return match path.strip_prefix(existing) {
                Ok(rest) if !rest.as_os_str().is_empty() => found.join(rest),
                _ => found,
            };
        }
    }
    path
}
