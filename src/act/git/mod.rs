//! The factory's own git: a verb and its arguments become one bounded child
//! process in a known environment.
//!
//! Invariant: git runs only in repositories that the factory alone writes
//! (mirror, `deliver.git`, a workspace before its agent first sees it); it reads
//! no config but theirs and the list below, runs no hook, asks nobody, follows no
//! redirect, and the token travels in the environment, never in argv or a URL.
//! Next: [`call`] runs it, [`remote`] says whom it may talk to, [`error`] what an
//! answer means, [`orphan`] ends what a killed factory left behind, [`mod@tend`] repacks.

pub mod call;
pub mod error;
pub mod group;
pub mod look;
pub mod orphan;
pub(crate) mod place;
pub mod remote;
pub mod tend;

pub use call::Call;
pub use error::{GitError, GitErrorKind};
pub use orphan::{reap_orphans, remove_stale_locks};
pub use remote::{GitAuth, Remote};

use std::{ffi::OsString, path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// How long a call may take that touches only this machine.
pub const LOCAL_LIMIT: Duration = Duration::from_secs(120);
/// How long one look at a remote's refs may take.
pub const LOOK_LIMIT: Duration = Duration::from_secs(60);
/// How long a fetch or a push may take.
pub const TRANSFER_LIMIT: Duration = Duration::from_secs(900);
/// How long checking the objects of one bundle may take.
pub const PACK_LIMIT: Duration = Duration::from_secs(600);

/// Calls at once that touch only this machine, for each of its cores: more would wait
/// for each other, and the loop for all of them.
const LOCAL_PER_CORE: usize = 2;

const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Settings of every call, above those of the repository.
const SETTINGS: &[(&str, &str)] = &[
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.attributesFile", "/dev/null"),
    ("core.excludesFile", "/dev/null"),
    ("core.fsync", "committed,reference"),
    // Larger files are streamed and count as binary, which bounds memory.
    ("core.bigFileThreshold", "32m"),
    ("core.quotePath", "true"),
    ("advice.detachedHead", "false"),
    ("credential.helper", ""),
    ("fetch.recurseSubmodules", "false"),
    ("gc.auto", "0"),
    ("http.followRedirects", "false"),
    // A transfer slower than this (bytes a second, seconds) is given up.
    ("http.lowSpeedLimit", "100"),
    ("http.lowSpeedTime", "60"),
    ("init.defaultBranch", "main"),
    ("maintenance.auto", "false"),
    ("push.gpgSign", "false"),
    ("push.recurseSubmodules", "no"),
    ("submodule.recurse", "false"),
    ("transfer.bundleURI", "false"),
];

/// How the factory runs git.
#[derive(Clone, Debug)]
pub struct Git {
    program: OsString,
    home: PathBuf,
    path: OsString,
    local: Arc<Semaphore>,
}

impl Git {
    /// Git as found on the usual system path, with `home` as its home: a
    /// directory of the factory alone, created when first needed and kept empty.
    /// It also marks the factory's git processes, see [`reap_orphans`].
    #[must_use]
    pub fn new(home: impl Into<PathBuf>) -> Git {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Git {
            program: "git".into(),
            home: home.into(),
            path: DEFAULT_PATH.into(),
            local: Arc::new(Semaphore::new(cores * LOCAL_PER_CORE)),
        }
    }

    /// The same with another search path for executables.
    #[must_use]
    pub fn search(mut self, path: impl Into<OsString>) -> Git {
        self.path = path.into();
        self
    }

    /// The same with another program in place of `git`.
    #[must_use]
    pub fn program(mut self, program: impl Into<OsString>) -> Git {
        self.program = program.into();
        self
    }

    /// Where its program is now. Given by its path it is started without a copy of
    /// this process's page tables; one that is not found is named as it is.
    fn executable(&self) -> PathBuf {
        let found = which::which_in(&self.program, Some(&self.path), &self.home);
        found.unwrap_or_else(|_| PathBuf::from(&self.program))
    }

    /// Whether its program is found.
    #[must_use]
    pub fn is_there(&self) -> bool {
        which::which_in(&self.program, Some(&self.path), &self.home).is_ok()
    }

    /// Its home.
    #[must_use]
    pub fn home(&self) -> &std::path::Path {
        &self.home
    }

    /// A call of `git <verb>`, to be filled in.
    pub fn call(&self, verb: &'static str) -> Call<'_> {
        Call::new(self, verb)
    }
}
