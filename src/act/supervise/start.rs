//! Daemon side: a [`RunSpec`] → a run that is under way, its events and its end.
//!
//! Invariant: the daemon's pipe is the run's lifeline: dropping a [`Supervised`],
//! or the daemon's death, ends the run. The end comes from the event or, when the
//! supervisor was lost, from its record; never from a guess.
//! Next: [`super::supervisor`] is the other end of the pipes.

use super::{Event, RunSpec, SuperviseError, empty, processes, read_record, spec::Layout};
use crate::model::Process;
use std::{
    fs::{File, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

/// Orders sent to one run: the second one kills, so more mean nothing, and the pipe
/// holds this many without anybody reading.
const ORDERS_MAX: u32 = 16;

/// A run under way.
#[derive(Debug)]
pub struct Supervised {
    run_dir: PathBuf,
    process: Process,
    lifeline: Option<File>,
    events: Lines<BufReader<ChildStdout>>,
    supervisor: Child,
    over: bool,
    orders: u32,
    /// The end, until the supervisor is reaped.
    last: Option<Event>,
}

/// Writes the spec and starts its supervisor. The first event is
/// [`Event::Started`]; what goes wrong later is in [`Event::Exited`].
///
/// # Errors
/// When the run directory cannot be written, is held by a live supervisor, or
/// the binary does not start. Nothing runs then.
pub async fn start(adf: &Path, spec: &RunSpec) -> Result<Supervised, SuperviseError> {
    let layout = spec.layout();
    layout.create()?;
    if empty::is_held(&layout)? {
        return Err(SuperviseError::Locked(spec.run_dir.clone()));
    }
    // A record of an earlier run in this place must not be taken for this one's.
    match std::fs::remove_file(layout.record()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(SuperviseError::dir("remove", &layout.record())(error));
        }
        _ => {}
    }
    let spec_path = spec.write()?;
    let mut supervisor = spawn(adf, spec, &layout, &spec_path)?;
    let lost = || SuperviseError::Spawn {
        program: adf.to_owned(),
        source: std::io::ErrorKind::BrokenPipe.into(),
    };
    let pid = supervisor.id().and_then(|pid| i32::try_from(pid).ok());
    let process = processes::identity(pid.ok_or_else(lost)?)
        .map_err(SuperviseError::system("identify the supervisor"))?;
    let stdin = supervisor.stdin.take().ok_or_else(lost)?;
    let stdout = supervisor.stdout.take().ok_or_else(lost)?;
    let lifeline = stdin
        .into_owned_fd()
        .map_err(SuperviseError::system("take the lifeline"))?;
    Ok(Supervised {
        run_dir: spec.run_dir.clone(),
        process,
        lifeline: Some(File::from(lifeline)),
        events: BufReader::new(stdout).lines(),
        supervisor,
        over: false,
        orders: 0,
        last: None,
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where supervisors begin"
)]
fn spawn(
    adf: &Path,
    spec: &RunSpec,
    layout: &Layout,
    spec_path: &Path,
) -> Result<Child, SuperviseError> {
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(layout.supervisor_log())
        .map_err(SuperviseError::dir("open", &layout.supervisor_log()))?;
    Command::new(adf)
        .arg("__exec")
        .arg(spec_path)
        .env_clear()
        .env("ADF_RUN", spec.run.as_str())
        .env("ADF_AGENT_DIR", layout.agent())
        // Ctrl-C in a terminal is the daemon's to handle; this keeps posix_spawn.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .map_err(|source| SuperviseError::Spawn {
            program: adf.to_owned(),
            source,
        })
}

impl Supervised {
    /// The next event; `None` after [`Event::Exited`], or when the supervisor was lost
    /// without one: call [`super::prove_empty`] then. Safe in a `select!`.
    pub async fn next(&mut self) -> Option<Event> {
        while !self.over {
            match self.events.next_line().await {
                Ok(Some(line)) => match serde_json::from_str(&line) {
                    Ok(Event::Exited(ended)) => self.last = Some(Event::Exited(ended)),
                    Ok(event) => return Some(event),
                    Err(_) => continue,
                },
                _ => self.last = self.recorded(),
            }
            self.over = true;
            self.lifeline = None;
        }
        self.last.as_ref()?;
        // Reaped, its lock is free; until then a dropped future loses nothing.
        let _ = self.supervisor.wait().await;
        self.last.take()
    }

    /// The end as the record has it, when the event did not come through.
    fn recorded(&self) -> Option<Event> {
        let record = read_record(&self.run_dir)?;
        (record.process == self.process)
            .then_some(record.ended)?
            .map(Event::Exited)
    }

    /// Asks the run to end: TERM, grace, KILL. A second time: KILL now.
    pub fn stop(&mut self) {
        self.say(b"stop\n");
    }

    /// Ends the run at once.
    pub fn kill(&mut self) {
        self.say(b"kill\n");
    }

    fn say(&mut self, words: &[u8]) {
        if self.orders >= ORDERS_MAX {
            return;
        }
        self.orders += 1;
        // A pipe that is closed has nobody left to order.
        if let Some(pipe) = &mut self.lifeline {
            let _ = pipe.write_all(words);
        }
    }

    /// The supervisor.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }
}
