//! `adf __walls`: a process → the agent, confined.
//!
//! Invariant: by the time the agent's program runs, it has a session and rlimits of
//! its own, no capabilities, no way to gain privileges, a view of the files in which all but its
//! places is read-only, Landlock rules that leave it the
//! system's programs, its workspace, its `tmp` and `home`, and what the settings
//! name, and no system call that it does not need. What fails is told through a pipe that the agent never holds.
//! Next: [`super::supervisor`] is the parent; [`super::view`], [`super::confine`] and [`super::syscalls`] are the walls.

pub use super::reads::system_reads;
use super::{
    RunSpec, SuperviseError,
    confine::{self, Demand, Reach},
    limit,
    spec::Layout,
    syscalls,
    view::{self, Places},
    workspace,
};
use crate::model::Weakness;
use rustix::thread::{CapabilitiesSecureBits, CapabilitySet, CapabilitySets};
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::Write,
    os::{fd::OwnedFd, unix::process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
};

/// The exit code of a start that failed.
pub const REFUSED: u8 = 125;
/// Where programs share memory by names: in a view, those of the run alone.
const SHARED: &str = "/dev/shm";
/// Files of the system that may hold secrets, and that programs insist on reading when they are there.
const BLANK: [&str; 1] = ["/etc/gitconfig"];
/// What starts every program that is linked dynamically.
const LOADERS: [&str; 4] = [
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/ld-linux-aarch64.so.1",
    "/lib/ld-musl-x86_64.so.1",
    "/lib/ld-musl-aarch64.so.1",
];
/// Above the daemon's, so that the kernel ends agents first when memory runs out.
const OOM_SCORE: &str = "500";

/// What the walls tell the supervisor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Word {
    /// How far the kernel enforces them; the agent starts next.
    Level(String),
    /// The agent did not start.
    Failed(String),
}

/// Confines this process and becomes the agent. Returns only when it cannot.
///
/// Its standard input is the pipe to the supervisor, replaced by the agent's own.
pub fn enter(spec: &Path) -> u8 {
    close_inherited();
    let Ok(pipe) = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3) else {
        return REFUSED;
    };
    let mut pipe = File::from(pipe);
    let fault = match prepare(spec, &mut pipe) {
        Ok(spec) => exec(&spec),
        Err(error) => error.to_string(),
    };
    tell(&mut pipe, &Word::Failed(fault));
    REFUSED
}

/// Closes what leaked down to here from whoever started the daemon: the walls do
/// not bind files that are open already.
fn close_inherited() {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else {
        return;
    };
    let open: Vec<i32> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|number| *number > 2)
        .collect();
    for number in open {
        // The folder's own descriptor is among them, and closed by now.
        let _ = nix::unistd::close(number);
    }
}

fn tell(pipe: &mut File, word: &Word) {
    if let Ok(mut text) = serde_json::to_vec(word) {
        text.push(b'\n');
        // A supervisor that is gone has nobody to tell.
        let _ = pipe.write_all(&text);
    }
}

fn prepare(path: &Path, pipe: &mut File) -> Result<RunSpec, SuperviseError> {
    let spec = RunSpec::read(path)?;
    // Fails only for a group leader, which the supervisor's child is not.
    let _ = rustix::process::setsid();
    // Not every kernel has it, and nothing depends on it.
    let _ = std::fs::write("/proc/self/oom_score_adj", OOM_SCORE);
    take_stdin(spec.stdin.as_deref())?;
    let mut reach = reach(&spec, workspace::editable(&spec)?);
    let demand = Demand {
        required: spec.walls.required,
        accept: &spec.walls.accept,
    };
    let has_view = take_view(&spec, &reach, demand)?;
    if has_view {
        // It is the run's own by now.
        reach.write.push(PathBuf::from(SHARED));
    }
    // After the view: in a namespace of its own, processes are counted for this run alone.
    limit::limit(&spec)?;
    let mut level = confine::apply(&reach, demand)?.to_string();
    drop_capabilities()?;
    match syscalls::refuse() {
        Err(error) if demand.must(Weakness::NoSeccomp) => {
            let source = std::io::Error::other(error);
            return Err(confine::refused(Weakness::NoSeccomp, source));
        }
        Err(_) => level.push_str(", no seccomp"),
        Ok(()) => level.push_str(", seccomp"),
    }
    level.push_str(if has_view {
        ", own view"
    } else {
        ", no own view"
    });
    furnish(&spec)?;
    tell(pipe, &Word::Level(level));
    Ok(spec)
}

/// Puts the spec's files into the home, from inside the walls: what an earlier
/// attempt left there may lead anywhere, but no further than the agent itself.
fn furnish(spec: &RunSpec) -> Result<(), SuperviseError> {
    for (name, text) in &spec.home {
        let path = spec.layout().home().join(name);
        let folder = path.parent().unwrap_or(&path);
        for link in [folder, &path].into_iter().filter(|p| p.is_symlink()) {
            std::fs::remove_file(link).map_err(SuperviseError::dir("remove", link))?;
        }
        std::fs::create_dir_all(folder).map_err(SuperviseError::dir("create", folder))?;
        std::fs::write(&path, text).map_err(SuperviseError::dir("write", &path))?;
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is where a confined process becomes the agent"
)]
fn exec(spec: &RunSpec) -> String {
    let Some((program, arguments)) = spec.argv.split_first() else {
        return "no program is given; set the provider's command".to_owned();
    };
    let error = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(&spec.env)
        .envs(spec.secret.clone())
        .exec();
    let path = spec.env.get("PATH").map_or("", String::as_str);
    format!(
        "cannot start {program:?} inside the walls: {error}; it must be executable, on PATH ({path}) and, \
         when it is not one of the system's, in a folder that [walls] read names"
    )
}

fn take_stdin(path: Option<&Path>) -> Result<(), SuperviseError> {
    let path = path.unwrap_or(Path::new("/dev/null"));
    let file = File::open(path).map_err(SuperviseError::dir("open as standard input", path))?;
    rustix::stdio::dup2_stdin(OwnedFd::from(file))
        .map_err(SuperviseError::system("replace standard input"))
}

fn drop_capabilities() -> Result<(), SuperviseError> {
    let refused = || SuperviseError::system::<rustix::io::Errno>("drop capabilities");
    if rustix::process::geteuid().is_root() {
        let bits = CapabilitiesSecureBits::NO_ROOT
            | CapabilitiesSecureBits::NO_ROOT_LOCKED
            | CapabilitiesSecureBits::NO_SETUID_FIXUP
            | CapabilitiesSecureBits::NO_SETUID_FIXUP_LOCKED
            | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE
            | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE_LOCKED;
        match rustix::thread::set_capabilities_secure_bits(bits) {
            // Root without CAP_SETPCAP, as in a container or in another run's walls: no_new_privs holds.
            Ok(()) | Err(rustix::io::Errno::PERM) => {}
            Err(error) => return Err(refused()(error)),
        }
    }
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    rustix::thread::clear_ambient_capability_set().map_err(refused())?;
    rustix::thread::set_capabilities(None, none).map_err(refused())
}

/// What the settings and the run's own folders come to.
fn reach(spec: &RunSpec, editable: Vec<PathBuf>) -> Reach {
    let layout: Layout = spec.layout();
    let mut read = system_reads();
    read.push(layout.agent());
    read.push(spec.workspace.clone());
    read.extend(std::env::current_exe());
    read.extend(spec.walls.read.iter().cloned());
    let mut write = editable;
    write.extend([layout.tmp(), layout.home()]);
    write.extend(spec.walls.write.iter().cloned());
    let execute = spec.walls.execute.clone().map(|mut programs| {
        programs.extend(std::env::current_exe());
        programs.extend(LOADERS.iter().map(PathBuf::from));
        programs
    });
    Reach {
        read,
        write,
        devices: confine::devices(),
        execute,
        connect: spec.walls.connect.clone(),
        bind: spec.walls.bind.clone(),
    }
}

/// The run's own view, unless bubblewrap has made it; whether there is one.
fn take_view(spec: &RunSpec, reach: &Reach, demand: Demand<'_>) -> Result<bool, SuperviseError> {
    if spec.walls.bubblewrap.is_some() {
        return Ok(true);
    }
    if spec.walls.without_view && !demand.must(Weakness::NoView) {
        return Ok(false);
    }
    // Half a view would show what nobody expects, so one that was begun is finished or nothing starts.
    view::enter(&places(spec, reach), &spec.workspace)
        .map_err(|error| confine::refused(Weakness::NoView, error))?;
    Ok(true)
}

/// What a view of this run shows, for whoever makes it.
pub(crate) fn shown_places(spec: &RunSpec) -> Result<Places, SuperviseError> {
    Ok(places(spec, &reach(spec, workspace::editable(spec)?)))
}

/// What the view shows of all that may be reached.
fn places(spec: &RunSpec, reach: &Reach) -> Places {
    Places {
        hide: spec.walls.hide.clone(),
        keep: reach.read.clone(),
        write: reach.write.clone(),
        fresh: vec![PathBuf::from(SHARED)],
        blank: BLANK.iter().map(PathBuf::from).collect(),
        seal: if spec.walls.seal_git {
            workspace::sealed(&spec.workspace)
        } else {
            Vec::new()
        },
    }
}
