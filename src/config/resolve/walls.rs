//! `[walls]` and `[delivery]`: what agents may reach, and what leaves them.
//!
//! Invariant: no path opened to agents holds, or lies in, the state directory or
//! a place of a secret; no variable passed on to them is named like a secret.

use super::{Resolver, WebhookSettings, lexical};
use crate::config::document::child;
use crate::config::raw;
use crate::config::secret::SecretSources;
use crate::config::secretish;
use crate::model::settings::{Delivery, Walls};
use crate::model::{Bubblewrap, Weakness};
use std::path::{Path, PathBuf};

impl Resolver<'_, '_> {
    pub(super) fn walls(
        &mut self,
        raw: raw::Walls,
        state_dir: &Path,
        secrets: &SecretSources,
        webhook: Option<&WebhookSettings>,
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
        let webhook = webhook.map(|w| (&w.secret, "the webhook's secret"));
        for (source, what) in token.into_iter().chain(webhook) {
            closed.extend(source.file().map(|path| (what, path)));
        }
        for source in secrets.keys.values() {
            closed.extend(source.file().map(|path| ("a provider's key", path)));
        }
        for sink in secrets.sinks.values() {
            for source in sink.token.iter().chain([&sink.url]) {
                let path = source.file();
                closed.extend(path.map(|path| ("a secret of a sink of [notify]", path)));
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
        if !raw.network && raw.bubblewrap == raw::Bubblewrap::Off {
            let message = "without bubblewrap there is always a network";
            let help =
                "write bubblewrap = \"require\", or network = true and the ports in `connect`";
            self.faults.error("/walls/network", message, help);
        }
        let accept = raw.accept.iter().map(|accept| match accept {
            raw::Accept::NoTcp => Weakness::NoTcp,
            raw::Accept::NoScope => Weakness::NoScope,
            raw::Accept::NoSeccomp => Weakness::NoSeccomp,
            raw::Accept::NoView => Weakness::NoView,
        });
        Walls {
            required: raw.required,
            accept: accept.collect(),
            connect: self.ports(&raw.connect, "/walls/connect"),
            listen: self.ports(&raw.listen, "/walls/listen"),
            processes: raw.processes,
            memory_bytes: raw.memory_bytes,
            seal_git: raw.seal_git,
            bubblewrap: match raw.bubblewrap {
                raw::Bubblewrap::Off => Bubblewrap::Off,
                raw::Bubblewrap::Auto => Bubblewrap::Auto,
                raw::Bubblewrap::Require => Bubblewrap::Require,
            },
            network: raw.network,
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
        for (key, paths) in [
            ("/delivery/protected_paths", &raw.protected_paths),
            ("/delivery/allow_paths", &raw.allow_paths),
        ] {
            for (n, path) in paths.iter().enumerate() {
                self.plain_path(path, &child(key, &n.to_string()));
            }
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
            allow_paths: raw.allow_paths,
            labels,
            assign_requester: raw.assign_requester,
        }
    }

    /// A path of the repository: plain, and from its root.
    pub(super) fn plain_path(&mut self, path: &str, pointer: &str) {
        let help = "a file such as `Makefile`, or a folder such as `deploy/`, from the root of the repository";
        let reason = if path.starts_with('/') {
            "begins with `/`"
        } else if path.contains(['*', '?', '[']) {
            "holds a wildcard, which would be taken literally"
        } else if path.split('/').any(|part| matches!(part, "." | "..")) || path.contains("//") {
            "is not a plain path"
        } else {
            return;
        };
        self.faults
            .error(pointer, format!("`{path}` {reason}"), help);
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
