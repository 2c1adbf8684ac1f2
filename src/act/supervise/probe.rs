//! An agent's `requires` → what of it does not start inside its walls.
//!
//! Invariant: each name is started exactly as the agent would start it, with `--version`
//! and no input; only a failure to start counts, so a program that knows no
//! `--version` passes.

use super::{Event, RunSpec, SpecLimits, SuperviseError, start};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashSet,
    fs, io,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

/// Output kept of a probe, in bytes.
const OUTPUT_BYTES: u64 = 256 * 1024;

/// What the helper prints.
#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    missing: Vec<String>,
}

/// Tries names inside the walls of `spec`, which need not have started. The inner error lists what is missing or does not start, with
/// the reason.
///
/// # Errors
/// When the walls themselves or the helper could not be started or did not
/// answer in time.
pub async fn probe(
    adf: &Path,
    spec: &RunSpec,
    names: &[String],
    time: Duration,
) -> Result<Result<(), Vec<String>>, SuperviseError> {
    if names.is_empty() {
        return Ok(Ok(()));
    }
    let argv = [adf.to_string_lossy().into_owned(), "__probe".to_owned()];
    let mut spec = spec.helper("probe");
    spec.argv = argv.into_iter().chain(names.iter().cloned()).collect();
    spec.limits = SpecLimits {
        wall_ms: u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
        grace_ms: 0,
        steps: u32::MAX,
        output_bytes: OUTPUT_BYTES,
        file_bytes: OUTPUT_BYTES,
    };
    let answer: Answer = answer(adf, &spec, "the probe of `requires`").await?;
    Ok(if answer.missing.is_empty() {
        Ok(())
    } else {
        Err(answer.missing)
    })
}

/// Runs a helper of our own inside the walls and reads the last JSON line it prints.
pub(crate) async fn answer<T: for<'a> Deserialize<'a>>(
    adf: &Path,
    spec: &RunSpec,
    what: &'static str,
) -> Result<T, SuperviseError> {
    let mut run = start(adf, spec).await?;
    let ended = loop {
        match run.next().await {
            Some(Event::Exited(ended)) => break ended,
            Some(_) => {}
            None => {
                return Err(SuperviseError::NoAnswer {
                    what,
                    reason: "its supervisor was lost".to_owned(),
                });
            }
        }
    };
    let path = spec.layout().output();
    let text = fs::read(&path).map_err(SuperviseError::dir("read", &path))?;
    text.split(|byte| *byte == b'\n')
        .rev()
        .find_map(|line| serde_json::from_slice(line).ok())
        .ok_or_else(|| {
            let said = String::from_utf8_lossy(&text);
            SuperviseError::NoAnswer {
                what,
                reason: format!("{}; it printed {:?}", ended.reason, crop(&said)),
            }
        })
}

fn crop(text: &str) -> String {
    const CHARS_MAX: usize = 300;
    text.trim().chars().take(CHARS_MAX).collect()
}

/// `adf __probe NAME…`, inside the walls: the answer as a line of JSON.
#[must_use]
pub fn inside(names: &[String]) -> String {
    let mut tried = HashSet::new();
    let missing = names
        .iter()
        .filter(|name| tried.insert(name.as_str()))
        .filter_map(|name| try_start(name).err().map(|error| fault(name, &error)))
        .collect();
    serde_json::to_string(&Answer { missing }).unwrap_or_default()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the probe starts what the agent would start, inside the walls"
)]
fn try_start(name: &str) -> io::Result<()> {
    let mut child = Command::new(name)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // It started, which is all that was asked; its supervisor ends what it may have left.
    let _ = child.kill();
    child.wait().map(|_| ())
}

fn fault(name: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!(
            "{name}: not found on the agent's PATH (or its interpreter is missing); install it, or name its folder \
             in [walls] read and pass PATH in [walls] environment"
        ),
        io::ErrorKind::PermissionDenied => {
            format!("{name}: not executable inside the walls; name its folder in [walls] read")
        }
        _ => format!("{name}: does not start: {error}"),
    }
}
