//! A spec → the process that will be the agent, and the pipes to it.
//!
//! Invariant: the agent holds the writing ends of its two output pipes and
//! nothing else of the supervisor's. Next: [`super::walls`] is what starts here.

use super::{RunSpec, bubble, processes};
use crate::model::Exit;
use rustix::process::WaitStatus;
use std::{
    io,
    os::{fd::OwnedFd, unix::process::CommandExt},
    path::Path,
    process::Command,
};
use tokio::{io::AsyncReadExt, net::unix::pipe::Receiver};

/// The agent's side of things.
pub(crate) struct Child {
    pub stdout: Option<Receiver>,
    pub stderr: Option<Receiver>,
    /// Where the walls speak; ends when the agent starts.
    pub word: Option<Receiver>,
    /// What they said so far.
    pub heard: Vec<u8>,
    /// 0 when nothing was started.
    pub pid: i32,
    pub status: Option<WaitStatus>,
    /// Its first process is bubblewrap, which waits for the agent.
    pub in_bubble: bool,
}

/// The exit code of bubblewrap, less the signal.
const BY_SIGNAL: i32 = 128;

impl Child {
    /// Stands for a child that could not be started.
    pub(crate) fn none() -> Child {
        Child {
            stdout: None,
            stderr: None,
            word: None,
            heard: Vec::new(),
            pid: 0,
            status: None,
            in_bubble: false,
        }
    }

    /// Nothing of it runs, as far as its first process goes.
    pub(crate) fn is_over(&self) -> bool {
        self.pid == 0 || self.status.is_some()
    }

    /// How it ended by itself.
    pub(crate) fn own_exit(&self) -> Exit {
        let Some(status) = self.status else {
            return Exit::Interrupted;
        };
        match (status.exit_status(), status.terminating_signal()) {
            // Bubblewrap tells of a signal as shells do.
            (Some(code), _) if self.in_bubble && code > BY_SIGNAL => Exit::Signal(code - BY_SIGNAL),
            (Some(code), _) => Exit::Code(code),
            (None, Some(number)) => Exit::Signal(number),
            (None, None) => Exit::Interrupted,
        }
    }
}

/// Reads some bytes; 0 at the end or at an error. Never ready without a pipe.
pub(crate) async fn read(pipe: &mut Option<Receiver>, buffer: &mut [u8]) -> usize {
    match pipe {
        Some(pipe) => pipe.read(buffer).await.unwrap_or(0),
        None => std::future::pending().await,
    }
}

/// Starts the walls, which become the agent.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where a run's processes begin"
)]
pub(crate) fn start(spec_path: &Path, spec: &RunSpec) -> io::Result<Child> {
    let (stdout, stdout_end) = io::pipe()?;
    let (stderr, stderr_end) = io::pipe()?;
    let (word, word_end) = io::pipe()?;
    let own = processes::own_binary();
    let mut command = match &spec.walls.bubblewrap {
        None => {
            let mut command = Command::new(own);
            command.arg0("adf");
            command
        }
        Some(bubblewrap) => {
            let mut command = Command::new(bubblewrap);
            let arguments = bubble::arguments(spec, spec_path).map_err(io::Error::other)?;
            command.args(arguments).arg(std::env::current_exe()?);
            command
        }
    };
    let child = command
        .arg("__walls")
        .arg(spec_path)
        .env_clear()
        .envs(&spec.env)
        .current_dir(&spec.workspace)
        // The walls speak through it before they put the agent's own in its place.
        .stdin(word_end)
        .stdout(stdout_end)
        .stderr(stderr_end)
        .spawn()
        .map_err(|error| {
            let place = spec.workspace.display();
            io::Error::new(error.kind(), format!("start in {place}: {error}"))
        })?;
    let receiver = |pipe: io::PipeReader| Receiver::from_owned_fd(OwnedFd::from(pipe)).map(Some);
    Ok(Child {
        stdout: receiver(stdout)?,
        stderr: receiver(stderr)?,
        word: receiver(word)?,
        heard: Vec::new(),
        pid: i32::try_from(child.id()).unwrap_or(0),
        status: None,
        in_bubble: spec.walls.bubblewrap.is_some(),
    })
}
