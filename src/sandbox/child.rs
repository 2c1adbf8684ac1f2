//! Processes beside git that the sandbox starts: the factory's executable, as an
//! agent runs it, and as the demo runs a factory that it can kill.
//!
//! Invariant: a factory ends with its value, or with this process: it sees
//! neither the caller's environment nor its terminal.

use rustix::process::{Pid, Signal};
use std::{
    ffi::OsStr,
    fs::OpenOptions,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::{Command, Stdio},
};
use tokio::process::Child;

/// Runs the executable that speaks for an agent; whether it ended well.
///
/// # Errors
/// When it cannot be started.
#[expect(
    clippy::disallowed_methods,
    reason = "the scripted agent speaks as a real one does: by running the factory's executable"
)]
pub(super) fn ran_well(program: &OsStr, dir: &Path, args: &[&str]) -> io::Result<bool> {
    let mut command = Command::new(program);
    // What it prints is not the agent's own word.
    let command = command.current_dir(dir).args(args).stdin(Stdio::null());
    Ok(command.stdout(Stdio::null()).status()?.success())
}

/// Runs a line of shell with a text on its standard input; whether it ended well.
///
/// # Errors
/// When it cannot be started or does not read.
#[expect(
    clippy::disallowed_methods,
    reason = "the scripted agent asks the guard as a real CLI does: by running its hook"
)]
pub(super) fn asked(line: &str, dir: &Path, text: &str) -> io::Result<bool> {
    let mut command = Command::new("/bin/sh");
    let command = command
        .current_dir(dir)
        .args(["-c", line])
        .stdin(Stdio::piped());
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(text.as_bytes())?;
    }
    Ok(child.wait()?.success())
}

/// Starts a process that nobody waits for; `mark` is its last argument.
///
/// # Errors
/// When it cannot be started.
#[expect(
    clippy::disallowed_methods,
    reason = "the scripted agent leaves processes behind, as real ones do"
)]
pub(super) fn leave(program: &OsStr, dir: &Path, args: &[&str], mark: &OsStr) -> io::Result<()> {
    Command::new(program)
        .current_dir(dir)
        .args(args)
        .arg(mark)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(|_| ())
}

/// A factory in a process of its own, as its operator runs it.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
}

impl Daemon {
    /// Starts `adf run` on a config; its log goes to the end of a file.
    ///
    /// # Errors
    /// When the log cannot be opened or the executable not started.
    #[expect(
        clippy::disallowed_methods,
        reason = "the factory of the demo is the executable's own `run`"
    )]
    pub fn start(adf: &Path, config: &Path, log: &Path) -> io::Result<Daemon> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(log)?;
        let child = tokio::process::Command::new(adf)
            .args(["run", "--ends-with-parent", "--config"])
            .arg(config)
            .env_clear()
            .env("PATH", super::git::search_path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        Ok(Daemon { child })
    }

    /// Asks it to stop. One that is gone has stopped.
    pub fn stop(&self) {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok());
        if let Some(pid) = pid.and_then(Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, Signal::TERM);
        }
    }

    /// Kills it where it stands.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub async fn kill(&mut self) -> io::Result<()> {
        self.child.kill().await
    }

    /// Waits for its end; `None` when a signal ended it.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub async fn ended(&mut self) -> io::Result<Option<i32>> {
        Ok(self.child.wait().await?.code())
    }

    /// Whether it runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}
