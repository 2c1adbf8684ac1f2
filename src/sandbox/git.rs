//! Git as the embedded forge runs it: bare repositories and their objects.
//!
//! With `child` what starts processes here. Calls block; the server
//! makes them on blocking threads.
//!
//! Invariant: git sees none of the user's configuration or environment, only
//! `PATH` and what is set here, so a story tells the same on every machine.

use std::{
    ffi::{OsStr, OsString},
    io::{self, Write as _},
    path::Path,
    process::{Command, Output, Stdio},
};

/// The longest output of one git command that is kept in an error.
const ERROR_CHARS_MAX: usize = 400;

/// Where programs are looked for: the one thing read from the environment.
pub(super) fn search_path() -> OsString {
    std::env::var_os("PATH").unwrap_or_default()
}

/// A command of git without the surrounding configuration.
#[expect(
    clippy::disallowed_methods,
    reason = "the embedded forge is made of real git"
)]
fn command(dir: &Path) -> Command {
    let path = search_path();
    // Given by its path it is started without a copy of this process's page tables.
    let git = which::which_in("git", Some(&path), dir).unwrap_or_else(|_| "git".into());
    let mut command = Command::new(git);
    command
        .current_dir(dir)
        .env_clear()
        .env("PATH", path)
        .env("HOME", dir)
        .env("LC_ALL", "C")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_AUTHOR_NAME", "forge")
        .env("GIT_AUTHOR_EMAIL", "forge@noreply.localhost")
        .env("GIT_COMMITTER_NAME", "forge")
        .env("GIT_COMMITTER_EMAIL", "forge@noreply.localhost");
    command
}

/// Runs git in `dir` and gives everything it said, whatever its exit.
///
/// # Errors
/// When git cannot be started.
pub fn run<S: AsRef<OsStr>>(dir: &Path, args: &[S], env: &[(&str, &str)]) -> io::Result<Output> {
    command(dir)
        .args(args)
        .envs(env.iter().copied())
        .stdin(Stdio::null())
        .output()
}

/// Runs git in `dir` and gives its trimmed output; a non-zero exit is an error.
///
/// # Errors
/// When git cannot be started or refuses; the text says what it said.
pub fn text<S: AsRef<OsStr>>(dir: &Path, args: &[S]) -> io::Result<String> {
    text_as(dir, args, &[])
}

/// [`text`] with more environment: an author, a date.
///
/// # Errors
/// As [`text`].
pub fn text_as<S: AsRef<OsStr>>(
    dir: &Path,
    args: &[S],
    env: &[(&str, &str)],
) -> io::Result<String> {
    let output = run(dir, args, env)?;
    if output.status.success() {
        let said = String::from_utf8_lossy(&output.stdout);
        return Ok(said.trim_end().to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: String = said.trim().chars().take(ERROR_CHARS_MAX).collect();
    Err(io::Error::other(format!("git refused: {said}")))
}

/// Runs `git http-backend` on one request and gives the CGI answer.
///
/// # Errors
/// When git cannot be started or its pipes break.
pub(super) fn http_backend(
    root: &Path,
    env: &[(String, String)],
    body: Vec<u8>,
) -> io::Result<Vec<u8>> {
    let mut child = command(root)
        .arg("http-backend")
        .envs(env.iter().map(|(key, value)| (key, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let stdin = child.stdin.take();
    // git answers while it still reads: one side each, or both wait for ever.
    let writer = std::thread::spawn(move || {
        if let Some(mut stdin) = stdin {
            // A refused push closes the pipe early; the answer says why.
            let _ = stdin.write_all(&body);
        }
    });
    let output = child.wait_with_output()?;
    let _ = writer.join();
    Ok(output.stdout)
}
