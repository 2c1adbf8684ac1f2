//! A run's processes, from a [`RunSpec`] to an exit that is on disk: the daemon
//! starts `adf __exec`, which stays as the run's supervisor and starts
//! `adf __walls`, which confines itself and becomes the agent.
//!
//! Invariant: when a run's `exited` event or ended record exists with
//! `left: 0`, no process of that run exists; when the daemon's pipe closes, all
//! of them are killed at once.
//!
//! Daemon side: [`start`], [`prove_empty`], [`probe`], [`harvest`]. Inside the
//! run: [`supervisor`], then [`walls`].

mod bubble;
mod child;
mod confine;
mod course;
pub mod empty;
pub mod environment;
pub mod events;
pub mod given;
pub mod harvest;
mod haunt;
mod intake;
pub mod kill;
mod limit;
mod mark;
mod mounts;
pub mod output;
pub mod probe;
pub mod processes;
mod reads;
pub mod record;
mod scrub;
pub mod spec;
pub mod start;
pub mod supervisor;
mod syscalls;
pub mod version;
mod view;
pub mod walls;
mod workspace;

pub use empty::{living, prove_empty};
pub use environment::environment;
pub use events::{Ended, Event};
pub use given::{Given, given};
pub use haunt::haunted;
pub use probe::probe;
pub use processes::is_alive;
pub use record::{Record, read_record};
pub(crate) use spec::keep_private;
pub use spec::{Layout, RunSpec, SpecLimits, WallSpec};
pub use start::{Supervised, start};

use crate::model::Weakness;
use std::{io, path::PathBuf, time::Duration};

/// Why a run cannot be supervised, or its end not be proven.
#[derive(Debug, thiserror::Error)]
pub enum SuperviseError {
    /// The run directory cannot be made, read or written.
    #[error(
        "run directory: {what} {path}: {source}; check the disk and the owner of the state directory"
    )]
    Dir {
        /// What was tried.
        what: &'static str,
        /// On which path.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A spec that cannot be read back.
    #[error("run spec {path}: {source}; it was written by another version of adf")]
    Spec {
        /// Its path.
        path: PathBuf,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// A supervisor of this run directory lives.
    #[error(
        "run directory {0} has a live supervisor; prove it empty before starting another run in it"
    )]
    Locked(PathBuf),
    /// The supervisor itself did not start.
    #[error("supervisor {program}: {source}; the adf binary must exist and be executable")]
    Spawn {
        /// The binary.
        program: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The system refused something a supervisor needs.
    #[error("supervisor: {what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// A wall that this kernel does not have, and the config does not do without.
    #[error(
        "{}: {source}; use a kernel or a container that allows it, or accept that by name with accept = [\"{}\"] in [walls]",
        weakness.means(),
        weakness.word()
    )]
    Wall {
        /// Which.
        weakness: Weakness,
        /// The system's answer.
        source: io::Error,
    },
    /// Processes of the run outlived KILL.
    #[error(
        "run directory {run_dir}: {left} processes are left {waited:?} after KILL (first pid {pid}); they hang in the kernel, look at its disks and mounts"
    )]
    Left {
        /// The run.
        run_dir: PathBuf,
        /// How many.
        left: usize,
        /// One of them.
        pid: i32,
        /// How long was waited.
        waited: Duration,
    },
    /// The helper run inside the walls did not answer.
    #[error("{what} inside the walls gave no answer: {reason}")]
    NoAnswer {
        /// Which helper.
        what: &'static str,
        /// How it ended.
        reason: String,
    },
}

impl SuperviseError {
    /// A closure that names what was tried on which path.
    pub(crate) fn dir<'a>(
        what: &'static str,
        path: &'a std::path::Path,
    ) -> impl FnOnce(io::Error) -> SuperviseError + use<'a> {
        move |source| SuperviseError::Dir {
            what,
            path: path.to_owned(),
            source,
        }
    }

    /// A closure that names the system call's purpose.
    pub(crate) fn system<E: Into<io::Error>>(
        what: &'static str,
    ) -> impl FnOnce(E) -> SuperviseError {
        move |source| SuperviseError::System {
            what,
            source: source.into(),
        }
    }
}
