//! A provider's CLI → the version that it tells, for no token.
//!
//! Invariant: it is started with `--version` alone, without a key, in an empty home
//! of its own and in bounded time, and nothing of it is left afterwards.

use rustix::process::{Pid, Signal, kill_process_group};
use std::{process::Stdio, time::Duration};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::{process::Command, time::timeout};

/// How long it may take.
const TELL_MAX: Duration = Duration::from_secs(10);
/// What is read of its answer, in bytes.
const ANSWER_BYTES_MAX: u64 = 4096;
/// What is kept of its answer, in characters.
const ANSWER_CHARS_MAX: usize = 60;

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Version {
    /// It told one.
    Told(String),
    /// It starts and tells none; why.
    Untold(String),
    /// It does not start; why.
    Dead(String),
}

impl Version {
    /// The version, or why there is none.
    ///
    /// # Errors
    /// When it does not start, fails, says nothing, or takes too long.
    pub fn told(self) -> Result<String, String> {
        match self {
            Version::Told(said) => Ok(said),
            Version::Untold(why) | Version::Dead(why) => Err(why),
        }
    }
}

/// Asks a command for its version, with programs looked up in `path`.
#[expect(
    clippy::disallowed_methods,
    reason = "what is started here says who it is and ends"
)]
pub async fn version(command: &[String], path: &str) -> Version {
    let Some((program, rest)) = command.split_first() else {
        return Version::Dead("the command is empty".to_owned());
    };
    let home = match tempfile::tempdir() {
        Ok(home) => home,
        Err(error) => return Version::Untold(format!("no home for it: {error}")),
    };
    let child = Command::new(program)
        .args(rest)
        .arg("--version")
        .env_clear()
        .env("PATH", path)
        .envs([("HOME", home.path()), ("TMPDIR", home.path())])
        .current_dir(home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => return Version::Dead(error.to_string()),
    };
    let group = child.id().and_then(|id| i32::try_from(id).ok());
    let answer = timeout(TELL_MAX, async {
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let (said, complaint) = tokio::try_join!(read(out), read(err))?;
        Ok::<_, std::io::Error>((said, complaint, child.wait().await?))
    });
    let answer = answer.await;
    if let Some(group) = group.and_then(Pid::from_raw) {
        // Whatever it left behind; mostly there is nothing.
        let _ = kill_process_group(group, Signal::KILL);
    }
    match answer {
        Err(_) => Version::Untold(format!("no answer within {} s", TELL_MAX.as_secs())),
        Ok(Err(error)) => Version::Untold(error.to_string()),
        Ok(Ok((_, complaint, status))) if !status.success() => {
            let why = first_line(&complaint).unwrap_or_default();
            Version::Untold(format!("{status} {why}").trim().to_owned())
        }
        Ok(Ok((said, ..))) => first_line(&said).map_or_else(
            || Version::Untold("it says nothing".to_owned()),
            Version::Told,
        ),
    }
}

async fn read(from: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut said = Vec::new();
    if let Some(from) = from {
        from.take(ANSWER_BYTES_MAX).read_to_end(&mut said).await?;
    }
    Ok(said)
}

fn first_line(said: &[u8]) -> Option<String> {
    let said = String::from_utf8_lossy(said);
    let mut lines = said.lines().map(str::trim);
    let line = lines.find(|line| !line.is_empty())?;
    Some(line.chars().take(ANSWER_CHARS_MAX).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::act::supervise::environment::SYSTEM_PATH;

    async fn of(script: &str) -> Version {
        let command = ["sh", "-c", script, "sh"].map(str::to_owned);
        version(&command, SYSTEM_PATH).await
    }

    #[tokio::test]
    async fn the_first_line_is_told_and_nothing_of_ours_is_given_along() {
        let said = of("echo; echo \"$1 2.1 ${HOME:+home} ${CARGO:-clean}\"; echo more").await;
        let wanted = "--version 2.1 home clean".to_owned();
        assert_eq!(said, Version::Told(wanted));
    }

    #[tokio::test]
    async fn who_fails_says_nothing_or_is_not_there_is_told_apart() {
        let failed = of("exit 3").await;
        assert!(
            matches!(&failed, Version::Untold(why) if why.contains('3')),
            "{failed:?}"
        );
        assert!(matches!(of("true").await, Version::Untold(_)));
        let absent = version(&["/nowhere/cli".to_owned()], SYSTEM_PATH).await;
        assert!(matches!(absent, Version::Dead(_)), "{absent:?}");
        assert!(matches!(version(&[], SYSTEM_PATH).await, Version::Dead(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn who_never_answers_is_given_up() {
        // The clock moves on by itself while nothing else is to be done.
        let said = of("while :; do :; done").await;
        assert!(
            matches!(&said, Version::Untold(why) if why.contains("within")),
            "{said:?}"
        );
    }
}
