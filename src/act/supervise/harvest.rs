//! A finished agent's clone → a bundle of its commits, uncommitted work on top.
//!
//! Invariant: git runs in the clone only here, inside the agent's own walls and
//! without any token: the clone's `.git` is the agent's, and may run code. So what
//! comes back is a claim too; the daemon trusts what it fetches from the bundle,
//! with `fsckObjects`. The agent's index and branches are not touched.

use super::{RunSpec, SpecLimits, SuperviseError, probe::answer};
use crate::model::{AgentName, Sha};
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

/// The ref under which the work is in the bundle.
pub const REF: &str = "refs/adf/head";
/// Output kept of a harvest, in bytes.
const OUTPUT_BYTES: u64 = 256 * 1024;
/// Characters kept of what git complains of.
const REASON_CHARS_MAX: usize = 500;

/// What was found in a clone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Harvest {
    /// The last commit, with uncommitted work on top; `None` when there is none to read.
    pub head: Option<Sha>,
    /// Commits since the base.
    pub commits: u32,
    /// The last of them holds work that the agent had not committed.
    pub uncommitted: bool,
    /// A bundle was written.
    pub bundle: bool,
    /// What it was to hold is larger than a file may be.
    #[serde(default)]
    pub too_large: bool,
    /// Why there is none, or what of the work is not in it.
    pub reason: Option<String>,
}

/// What to harvest.
#[derive(Clone, Debug)]
pub struct HarvestAsk<'a> {
    /// The commit the work started from.
    pub base: &'a Sha,
    /// Whose work it is, for the author of the snapshot.
    pub agent: &'a AgentName,
    /// The largest bundle, in bytes.
    pub bundle_bytes: u64,
    /// How long it may take.
    pub time: Duration,
}

/// Harvests the workspace of a run that is over, and moves the bundle to `to`.
///
/// # Errors
/// When the helper could not be started or gave no answer, or the bundle could
/// not be taken. A clone that git cannot read is no error: no work, and the reason.
pub async fn harvest(
    adf: &Path,
    spec: &RunSpec,
    ask: &HarvestAsk<'_>,
    to: &Path,
) -> Result<Harvest, SuperviseError> {
    let mut spec = spec.helper("harvest");
    let tmp = spec.layout().tmp();
    // One that was cut short left git's lock files there.
    match fs::remove_dir_all(&tmp) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(SuperviseError::dir("empty", &tmp)(error));
        }
        _ => {}
    }
    let out = tmp.join("work.bundle");
    spec.argv = vec![
        adf.to_string_lossy().into_owned(),
        "__harvest".to_owned(),
        spec.workspace.to_string_lossy().into_owned(),
        ask.base.to_string(),
        out.to_string_lossy().into_owned(),
        ask.agent.to_string(),
    ];
    spec.limits = SpecLimits {
        wall_ms: u64::try_from(ask.time.as_millis()).unwrap_or(u64::MAX),
        grace_ms: 0,
        steps: u32::MAX,
        output_bytes: OUTPUT_BYTES,
        file_bytes: ask.bundle_bytes,
    };
    let mut harvest: Harvest = answer(adf, &spec, "the harvest").await?;
    if harvest.bundle
        && let Err(error) = take(&out, to, ask.bundle_bytes)
    {
        harvest.bundle = false;
        harvest.reason = Some(format!("the bundle cannot be taken: {error}"));
    }
    Ok(harvest)
}

/// Moves a file out of a folder that an agent could write: a regular file with one name and of
/// bounded size, or nothing. The move comes first, so that what is checked cannot change.
fn take(from: &Path, to: &Path, bytes_max: u64) -> io::Result<()> {
    fs::rename(from, to)?;
    let meta = fs::symlink_metadata(to)?;
    if meta.is_file() && meta.nlink() == 1 && meta.len() <= bytes_max {
        return Ok(());
    }
    fs::remove_file(to)?;
    Err(io::Error::other(format!(
        "it is not a plain file of at most {bytes_max} bytes"
    )))
}

/// `adf __harvest WORKSPACE BASE OUT AGENT`, inside the walls: the answer as a line of JSON.
#[must_use]
pub fn inside(workspace: &Path, base: &str, out: &Path, agent: &str) -> String {
    let clone = Clone {
        workspace,
        scratch: out.with_extension("index"),
    };
    let found = clone
        .read(base, out, agent)
        .unwrap_or_else(|reason| Harvest {
            reason: Some(reason),
            ..Harvest::default()
        });
    serde_json::to_string(&found).unwrap_or_default()
}

/// Whether git, or a program of its own, wrote more than a file may hold: it is ended by
/// `SIGXFSZ`, or told so where that is ignored.
fn is_too_large(said: &str) -> bool {
    ["signal 25", "signal: 25", "File too large"]
        .iter()
        .any(|sign| said.contains(sign))
}

struct Clone<'a> {
    workspace: &'a Path,
    /// A temporary index.
    scratch: PathBuf,
}

impl Clone<'_> {
    fn read(&self, base: &str, out: &Path, agent: &str) -> Result<Harvest, String> {
        let read = self
            .git(&["rev-parse", "HEAD^{commit}", "HEAD^{tree}", "--"])
            .map_err(|error| format!("the clone has no readable HEAD: {error}"))?;
        let mut ids = read.lines().map(str::to_owned);
        let (Some(committed), Some(before)) = (ids.next(), ids.next()) else {
            return Err("the clone has no readable HEAD".to_owned());
        };
        let mut notes = Vec::new();
        let snapshot = self.snapshot(&committed, &before, agent, &mut notes);
        let snapshot = snapshot.unwrap_or_else(|error| {
            notes.push(format!("uncommitted work could not be read: {error}"));
            None
        });
        let uncommitted = snapshot.is_some();
        let head = snapshot.unwrap_or(committed);
        let since = format!("^{base}");
        let commits = self
            .git(&["rev-list", "--count", "--end-of-options", &head, &since])
            .map_err(|error| format!("the work does not stand on its base {base}: {error}"))?
            .parse()
            .map_err(|_| "git counted no number of commits".to_owned())?;
        let mut found = Harvest {
            head: Some(Sha::from(head.as_str())),
            commits,
            uncommitted,
            bundle: false,
            too_large: false,
            reason: None,
        };
        // git refuses an empty bundle.
        if commits > 0 {
            // Only a harvest writes this ref, and one that was cut short left it locked.
            let _ = fs::remove_file(self.workspace.join(".git").join(format!("{REF}.lock")));
            let bundled = self.git(&["update-ref", REF, &head]).and_then(|_| {
                self.git(&[
                    "bundle",
                    "create",
                    "-q",
                    &out.to_string_lossy(),
                    REF,
                    &since,
                ])
            });
            match bundled {
                Ok(_) => found.bundle = true,
                Err(error) => notes.push(format!("the bundle could not be written: {error}")),
            }
        }
        found.too_large = notes.iter().any(|note| is_too_large(note));
        found.reason = (!notes.is_empty()).then(|| notes.join("; "));
        Ok(found)
    }

    /// A commit on top of `head`, whose tree is `before`, with everything that is
    /// neither committed nor ignored.
    fn snapshot(
        &self,
        head: &str,
        before: &str,
        agent: &str,
        notes: &mut Vec<String>,
    ) -> Result<Option<String>, String> {
        self.git(&["read-tree", head])?;
        // What cannot be read or is too large is left out, and the rest is kept.
        if let Err(error) = self.git(&["add", "-A", "--ignore-errors", "--", "."]) {
            notes.push(format!("some uncommitted files are left out: {error}"));
        }
        let tree = self.git(&["write-tree"])?;
        if tree == before {
            return Ok(None);
        }
        let message = "Keep work that was not committed";
        let name = format!("{agent} (uncommitted)");
        let author = format!("user.name={name}");
        let arguments = [
            "-c",
            &author,
            "-c",
            "user.email=agent@adf.invalid",
            "commit-tree",
            &tree,
            "-p",
            head,
            "-m",
            message,
        ];
        self.git(&arguments).map(Some)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "runs inside the agent's walls, where its git configuration can do no more than the agent could"
    )]
    fn git(&self, arguments: &[&str]) -> Result<String, String> {
        let done = Command::new("git")
            .args([
                "-c",
                "core.hooksPath=/dev/null",
                "-c",
                "core.fsmonitor=false",
                "-c",
                "commit.gpgSign=false",
                "-c",
                "core.untrackedCache=false",
                "-c",
                "gc.auto=0",
                "-c",
                "maintenance.auto=false",
                "-c",
                "advice.addEmbeddedRepo=false",
                "-c",
                "core.safecrlf=false",
            ])
            .args(arguments)
            .current_dir(self.workspace)
            .env("GIT_DIR", self.workspace.join(".git"))
            .env("GIT_WORK_TREE", self.workspace)
            .env("GIT_INDEX_FILE", &self.scratch)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("git does not start: {error}"))?;
        if done.status.success() {
            return Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned());
        }
        let said = String::from_utf8_lossy(&done.stderr);
        let said: String = said.trim().chars().take(REASON_CHARS_MAX).collect();
        let verb = arguments
            .iter()
            .find(|word| !word.starts_with('-') && !word.contains('='));
        Err(format!(
            "git {}: {}: {said}",
            verb.unwrap_or(&""),
            done.status
        ))
    }
}
