//! A program → what it says of its version.
//!
//! Invariant: it is started outside of all walls, so only what the operator's
//! config names is; it gets an empty environment, a home of its own and no input.

use std::{path::Path, process::Stdio, time::Duration};
use tokio::{process::Command, time::timeout};

/// How long it may take: some CLIs of models look around first.
const VERSION_MAX: Duration = Duration::from_secs(20);
/// What is kept of the answer, in characters.
const CHARS_MAX: usize = 120;

/// Asks a program for its version: the first line it says.
///
/// # Errors
/// When it does not start, fails, or takes too long.
#[expect(
    clippy::disallowed_methods,
    reason = "the program of a provider, asked for its version"
)]
pub async fn version(program: &Path, args: &[String], path: &str) -> Result<String, String> {
    let home = tempfile::tempdir().map_err(|e| format!("no temporary home: {e}"))?;
    let mut command = Command::new(program);
    command
        .args(args)
        .arg("--version")
        .env_clear()
        .env("PATH", path)
        .env("HOME", home.path())
        .current_dir(home.path())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = timeout(VERSION_MAX, command.output())
        .await
        .map_err(|_| format!("`--version` took longer than {} s", VERSION_MAX.as_secs()))?
        .map_err(|error| error.to_string())?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let first = said.lines().find(|line| !line.trim().is_empty());
    let first: String = first
        .unwrap_or_default()
        .trim()
        .chars()
        .take(CHARS_MAX)
        .collect();
    if output.status.success() {
        return Ok(first);
    }
    Err(format!("`--version` ended with {}: {first}", output.status))
}
