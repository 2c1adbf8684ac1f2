//! The config, read again while the factory runs: other settings, or why not.
//!
//! Invariant: refused whole or taken whole. What cannot change under a running
//! factory is compared with what it was started with, and named with the remedy.
//! [`changed`] tells when the routing files are others: then it is read again unasked.

use crate::config::{self, Config, Fault, Severity};
use crate::model::settings::Settings;
use crate::reconcile::run::{Changed, Reload};
use crate::routing::check::FILES_MAX;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Faults told in one line; `adf validate-config` tells them all.
const FAULTS_TOLD: usize = 3;

/// Reads the file of `started` again whenever it is called.
#[must_use]
pub(super) fn reload(started: &Config) -> Reload {
    let started = started.clone();
    Arc::new(move || again(&started))
}

/// By what files are told from what they were: name, inode, length, and when written and changed.
type Stamp = Vec<(PathBuf, [u64; 2], [i64; 4])>;

/// Says, whenever it is called, whether the routing files were changed since the last call.
#[must_use]
pub fn changed(started: &Settings) -> Changed {
    let seen = Mutex::new(stamp(started.routing.dir.as_deref()));
    Arc::new(move |settings: &Settings| {
        let found = stamp(settings.routing.dir.as_deref());
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *seen, found);
        *seen != before
    })
}

/// The routing files of a folder as they are; without it, none.
fn stamp(dir: Option<&Path>) -> Stamp {
    let listed = dir.and_then(|dir| config::routing_files(dir).ok());
    let files = listed.unwrap_or_default().into_iter();
    files
        .take(FILES_MAX + 1)
        .filter_map(|path| {
            // What a link leads to counts, as it does when the file is read.
            let meta = std::fs::metadata(&path).ok()?;
            let times = [
                meta.mtime(),
                meta.mtime_nsec(),
                meta.ctime(),
                meta.ctime_nsec(),
            ];
            Some((path, [meta.ino(), meta.len()], times))
        })
        .collect()
}

fn again(started: &Config) -> Result<Arc<Settings>, String> {
    let read = config::load(&started.path).map_err(|faults| told(&faults));
    config::forget_schema();
    let read = read?;
    let fixed = fixed(started, &read);
    if !fixed.is_empty() {
        return Err(format!(
            "{} cannot change while the factory runs; restart it, or put back what was there",
            fixed.join(", ")
        ));
    }
    for warning in &read.warnings {
        tracing::warn!(target: "adf::config", key = warning.key, "{}", warning.message);
    }
    Ok(Arc::new(read.settings))
}

/// The keys that differ and cannot: what is open, listened on or sworn by.
#[must_use]
pub fn fixed(started: &Config, read: &Config) -> Vec<&'static str> {
    let (a, b) = (&started.settings, &read.settings);
    let keys = [
        ("`[project] name`", a.project != b.project),
        ("`[project] state_dir`", a.state_dir != b.state_dir),
        ("`[gitea] url`", a.forge.url != b.forge.url),
        (
            "`[gitea] repo`",
            (&a.forge.owner, &a.forge.repo) != (&b.forge.owner, &b.forge.repo),
        ),
        (
            "the token's place in `[gitea]`",
            started.secrets.token != read.secrets.token,
        ),
        (
            "the place of a provider's key",
            started.secrets.keys != read.secrets.keys,
        ),
        (
            "the place of a secret in `[notify.sinks]`",
            started.secrets.sinks != read.secrets.sinks,
        ),
        (
            "`[gitea] marker_key_file`",
            started.secrets.marker_key != read.secrets.marker_key,
        ),
        (
            "`[gitea] concurrency`",
            a.forge.concurrency != b.forge.concurrency,
        ),
        (
            "`[walls] environment`",
            a.walls.environment != b.walls.environment,
        ),
        ("`[webhook]`", started.webhook != read.webhook),
    ];
    let differ = keys.into_iter().filter(|(_, differs)| *differs);
    differ.map(|(key, _)| key).collect()
}

/// The first faults in one line.
fn told(faults: &[Fault]) -> String {
    let errors: Vec<String> = faults
        .iter()
        .filter(|fault| fault.severity == Severity::Error)
        .map(|f| {
            let key = if f.key.is_empty() { "" } else { ": " };
            let file = f.file.display();
            format!(
                "{file}:{}:{}: {}{key}{}",
                f.line, f.column, f.key, f.message
            )
        })
        .collect();
    let mut line = errors
        .iter()
        .take(FAULTS_TOLD)
        .cloned()
        .collect::<Vec<_>>()
        .join("; ");
    if errors.len() > FAULTS_TOLD {
        let more = errors.len() - FAULTS_TOLD;
        line = format!("{line}; and {more} more, see `adf validate-config`");
    }
    line
}
