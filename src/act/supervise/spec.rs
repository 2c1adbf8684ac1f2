//! Settings and a task → one value that says all a run needs.
//!
//! Invariant: a [`RunSpec`] is self-contained and serialisable; nothing that
//! starts a run reads settings, the ledger or its own environment. Values of
//! environment variables never show in `Debug`.
//! Next: [`super::start`] writes it, [`super::supervisor`] reads it.

use super::SuperviseError;
use crate::{
    model::{Ports, RunId, Weakness},
    provider::Stream,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs, io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

/// The names of a run's helpers: folders in its run directory.
pub(crate) const HELPERS: [&str; 2] = ["probe", "harvest"];

/// All a run needs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSpec {
    /// The run.
    pub run: RunId,
    /// Its own directory.
    pub run_dir: PathBuf,
    /// Where the agent works: its directory at the start, writable.
    pub workspace: PathBuf,
    /// Program and arguments; the program is looked up in `env`'s `PATH`.
    pub argv: Vec<String>,
    /// The whole environment, but for the secret.
    pub env: BTreeMap<String, String>,
    /// The variable that holds the provider's key: for the agent alone, never for a helper.
    pub secret: Option<(String, String)>,
    /// Whether it is an agent, and not one of the factory's helpers: its output is rid of
    /// secrets before it is kept.
    pub is_agent: bool,
    /// Files put into its home once the walls stand: path and content.
    pub home: BTreeMap<String, String>,
    /// Files put into its `agent` folder, which it can only read: name and content.
    #[serde(default)]
    pub given: BTreeMap<String, String>,
    /// The file that is its standard input; `None`: `/dev/null`.
    pub stdin: Option<PathBuf>,
    /// What it may reach.
    pub walls: WallSpec,
    /// How far it may go.
    pub limits: SpecLimits,
    /// How its output is read.
    pub stream: Stream,
}

/// What a run may reach besides its run directory's `agent`, `tmp` and `home`. The
/// default is the narrowest that can work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WallSpec {
    /// Refuse to start when the kernel cannot enforce them.
    pub required: bool,
    /// Those that may be missing even so.
    pub accept: BTreeSet<Weakness>,
    /// Paths to read and execute besides [`super::walls::system_reads`].
    pub read: Vec<PathBuf>,
    /// Paths to write as well.
    pub write: Vec<PathBuf>,
    /// What of the workspace may be written, from its root; `None`: all of it.
    pub within: Option<Vec<String>>,
    /// What may be executed; `None`: whatever may be read.
    pub execute: Option<Vec<PathBuf>>,
    /// TCP ports to connect to.
    pub connect: Vec<Ports>,
    /// TCP ports to listen on.
    pub bind: Vec<Ports>,
    /// Folders that are shown empty but for what may be reached in them.
    pub hide: Vec<PathBuf>,
    /// Git's settings and hooks in the workspace cannot be changed.
    pub seal_git: bool,
    /// Processes and threads at once; `None`: as many as the system lets.
    pub processes: Option<u64>,
    /// Address space of each process, in bytes; `None`: as much as the system lets.
    pub memory: Option<u64>,
    /// There is no view of its own to be had here, and the config does without.
    pub without_view: bool,
    /// The bubblewrap that makes its view of the files; `None`: the run makes it itself.
    pub bubblewrap: Option<PathBuf>,
    /// Without any network, as far as bubblewrap makes the view.
    pub offline: bool,
}

impl WallSpec {
    /// Whether nothing starts unless a signal of the run reaches nobody else.
    pub(crate) fn keep_signals(&self) -> bool {
        self.required && !self.accept.contains(&Weakness::NoScope)
    }
}

/// How far a run may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecLimits {
    /// Wall time, in milliseconds.
    pub wall_ms: u64,
    /// Time between TERM and KILL, in milliseconds.
    pub grace_ms: u64,
    /// Steps; the run is stopped at the first one above.
    pub steps: u32,
    /// Output kept, head and tail, in bytes.
    pub output_bytes: u64,
    /// The largest file it may write, in bytes.
    pub file_bytes: u64,
}

impl SpecLimits {
    /// Wall time.
    #[must_use]
    pub fn wall(&self) -> Duration {
        Duration::from_millis(self.wall_ms)
    }

    /// Time between TERM and KILL.
    #[must_use]
    pub fn grace(&self) -> Duration {
        Duration::from_millis(self.grace_ms)
    }
}

impl fmt::Debug for RunSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunSpec")
            .field("run", &self.run)
            .field("run_dir", &self.run_dir)
            .field("workspace", &self.workspace)
            .field("argv", &self.argv)
            .field("env (names)", &self.env.keys().collect::<Vec<_>>())
            .field("walls", &self.walls)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl RunSpec {
    /// Where things lie.
    #[must_use]
    pub fn layout(&self) -> Layout {
        Layout::new(&self.run_dir)
    }

    /// A helper of this run: the same walls and workspace, but for what a role narrows of
    /// them, and a run directory of its own inside the run's (`name` is one of [`HELPERS`]). The caller sets `argv` and `limits`.
    #[must_use]
    pub(crate) fn helper(&self, name: &str) -> RunSpec {
        let mut spec = self.clone();
        spec.run = RunId(format!("{}/{name}", self.run));
        spec.run_dir = self.run_dir.join(name);
        spec.stdin = None;
        spec.secret = None;
        spec.is_agent = false;
        spec.home.clear();
        spec.given.clear();
        spec.stream = Stream::default();
        // It writes git's objects and starts git, whoever's work it looks at.
        spec.walls.within = None;
        spec.walls.execute = None;
        spec.walls.seal_git = false;
        let layout = spec.layout();
        for (name, value) in [
            ("ADF_RUN", PathBuf::from(spec.run.as_str())),
            ("HOME", layout.home()),
            ("TMPDIR", layout.tmp()),
            ("ADF_AGENT_DIR", layout.agent()),
        ] {
            spec.env
                .insert(name.to_owned(), value.to_string_lossy().into_owned());
        }
        spec
    }

    /// Reads a spec back.
    ///
    /// # Errors
    /// When the file cannot be read or is no spec.
    pub fn read(path: &Path) -> Result<RunSpec, SuperviseError> {
        let text = fs::read(path).map_err(SuperviseError::dir("read", path))?;
        serde_json::from_slice(&text).map_err(|source| SuperviseError::Spec {
            path: path.to_owned(),
            source,
        })
    }

    /// Makes the run directory and writes the spec into it, for the owner only.
    pub(crate) fn write(&self) -> Result<PathBuf, SuperviseError> {
        let layout = self.layout();
        layout.create()?;
        for (name, content) in &self.given {
            let path = layout.agent().join(name);
            write_private(&path, content.as_bytes())
                .map_err(SuperviseError::dir("write", &path))?;
        }
        let path = layout.spec();
        let text = serde_json::to_vec(self).map_err(|source| SuperviseError::Spec {
            path: path.clone(),
            source,
        })?;
        write_private(&path, &text).map_err(SuperviseError::dir("write", &path))?;
        Ok(path)
    }
}

/// Where things lie in a run directory. `agent`, `tmp` and `home` are inside
/// the walls, the first for reading only; everything else is outside.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The layout of a run directory.
    #[must_use]
    pub fn new(run_dir: &Path) -> Layout {
        Layout {
            root: run_dir.to_owned(),
        }
    }

    /// Prompt, socket and key: the agent reads here.
    #[must_use]
    pub fn agent(&self) -> PathBuf {
        self.root.join("agent")
    }

    /// The prompt.
    #[must_use]
    pub fn prompt(&self) -> PathBuf {
        self.agent().join("prompt.md")
    }

    /// The agent's `TMPDIR`.
    #[must_use]
    pub fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// The agent's `HOME`.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// The spec; gone once the agent runs, because it may hold values of the environment.
    #[must_use]
    pub fn spec(&self) -> PathBuf {
        self.root.join("spec.json")
    }

    /// What the supervisor says of itself and of the end.
    #[must_use]
    pub fn record(&self) -> PathBuf {
        self.root.join("record.json")
    }

    /// Held by the supervisor as long as it lives.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// What the agent wrote, head and tail.
    #[must_use]
    pub fn output(&self) -> PathBuf {
        self.root.join("output.log")
    }

    /// What the supervisor complains of.
    #[must_use]
    pub fn supervisor_log(&self) -> PathBuf {
        self.root.join("supervisor.log")
    }

    /// Makes the folders, for the owner only; standing ones stay.
    ///
    /// # Errors
    /// When one cannot be made.
    pub fn create(&self) -> Result<(), SuperviseError> {
        for folder in [self.root.clone(), self.agent(), self.tmp(), self.home()] {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&folder)
                .map_err(SuperviseError::dir("create", &folder))?;
        }
        Ok(())
    }
}

/// Writes a file whole and for the owner only: beside it, then renamed over it. Whoever
/// reads it dies with the machine, so nothing waits for the disk.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes, false)
}

/// The same for what must be there when the machine comes back: flushed before and after.
pub(crate) fn keep_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes, true)?;
    match path.parent() {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn put(path: &Path, bytes: &[u8], flushed: bool) -> io::Result<()> {
    use io::Write as _;
    let beside = path.with_extension("new");
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    file.write_all(bytes)?;
    if flushed {
        file.sync_all()?;
    }
    fs::rename(&beside, path)
}
