//! A run's own view of the files: everything read-only but its own places, and
//! what is none of its business not there at all.
//!
//! Landlock knows neither modes, owners, times nor attributes, and sockets with a path only
//! from ABI 9 on. In mounts of the process's own, a change of any of them outside fails like every other
//! write to a read-only disk, and what is hidden has no name to be reached by.
//!
//! Invariant: when [`enter`] has returned `Ok`, no path of this process leads to a mount that can be
//! written but [`Places::write`]; what it keeps of hidden folders are the same files, not
//! copies. Next: [`super::confine`] takes away the right to mount anything.

use super::mounts::{self, Mount};
use nix::{
    errno::Errno,
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
};
use rustix::fs::{Mode, OFlags};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    os::fd::{AsRawFd, OwnedFd},
    path::{Path, PathBuf},
};

/// What an empty folder in place of a hidden one may hold: the names of what is kept.
const HIDDEN: &str = "mode=0755,size=4m";
/// What a fresh folder may hold.
const FRESH: &str = "mode=1777,size=256m";
/// A file in which there is nothing.
pub(crate) const NOTHING: &str = "/dev/null";
/// What changes nothing but the flags of one mount.
const FLAGS_ONLY: MsFlags = MsFlags::MS_REMOUNT.union(MsFlags::MS_BIND);

/// What a view shows.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// Folders that are empty in it but for what follows.
    pub hide: Vec<PathBuf>,
    /// What stays of them, read-only.
    pub keep: Vec<PathBuf>,
    /// What stays and can be written.
    pub write: Vec<PathBuf>,
    /// What in it cannot.
    pub seal: Vec<PathBuf>,
    /// Folders that are the run's own, empty at its start and gone with it.
    pub fresh: Vec<PathBuf>,
    /// Files that are empty in it: nobody may read them, and programs fail over that.
    pub blank: Vec<PathBuf>,
}

impl Places {
    /// With links followed and without what is not there, so that each part means what it
    /// will mean later; what is written is no longer kept as well.
    pub(crate) fn resolved(&self) -> Places {
        let real = |paths: &[PathBuf]| -> BTreeSet<PathBuf> {
            paths.iter().filter_map(|p| p.canonicalize().ok()).collect()
        };
        let write = real(&self.write);
        let mut keep = real(&self.keep);
        keep.retain(|path| !write.contains(path));
        let shown = |path: &PathBuf| keep.iter().chain(&write).any(|k| path.starts_with(k));
        let mut hide = real(&self.hide);
        hide.retain(|path| path.is_dir() && !shown(path));
        let outer = hide.clone();
        hide.retain(|path| !outer.iter().any(|o| path != o && path.starts_with(o)));
        Places {
            hide: hide.into_iter().collect(),
            keep: keep.into_iter().collect(),
            write: write.into_iter().collect(),
            seal: real(&self.seal).into_iter().collect(),
            fresh: real(&self.fresh).into_iter().collect(),
            blank: real(&self.blank).into_iter().collect(),
        }
    }

    /// Names that lead to what is shown through links, and where they lead.
    fn names(&self) -> Vec<(PathBuf, PathBuf)> {
        let all = self.keep.iter().chain(&self.write);
        let real = all.filter_map(|name| Some((name.clone(), name.canonicalize().ok()?)));
        real.filter(|(name, real)| name != real).collect()
    }

    fn hides(&self, path: &Path) -> bool {
        self.hide.iter().any(|hidden| path.starts_with(hidden))
    }

    /// What stays of hidden folders, outer ones first.
    pub(crate) fn shown(&self) -> Vec<&PathBuf> {
        let all = self.keep.iter().chain(&self.write);
        let mut shown: Vec<&PathBuf> = all.filter(|path| self.hides(path)).collect();
        shown.sort();
        // Inside another that is kept the same way it is there already.
        let inner = |path: &PathBuf| {
            self.keep.contains(path) && self.keep.iter().any(|k| k != path && path.starts_with(k))
        };
        shown.retain(|path| !inner(path));
        shown
    }
}

/// Enters a view of its own, and `cwd` in it.
pub(crate) fn enter(places: &Places, cwd: &Path) -> io::Result<()> {
    let names = places.names();
    let places = places.resolved();
    let at = |what: &str, path: &Path| {
        let line = format!("{what} {}", path.display());
        move |error: io::Error| io::Error::new(error.kind(), format!("{line}: {error}"))
    };
    apart().map_err(at("mounts of its own at", Path::new("/")))?;
    see_own_processes()?;
    let shown = places.shown();
    let open: Vec<(&PathBuf, OwnedFd)> = shown
        .into_iter()
        .map(|path| {
            let opened = rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
            Ok((path, opened.map_err(|e| at("open", path)(e.into()))?))
        })
        .collect::<io::Result<_>>()?;
    for path in &places.hide {
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
        mount(Some("tmpfs"), path, Some("tmpfs"), flags, Some(HIDDEN))
            .map_err(|e| at("hide", path)(e.into()))?;
    }
    for path in &places.fresh {
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
        mount(Some("tmpfs"), path, Some("tmpfs"), flags, Some(FRESH))
            .map_err(|e| at("empty", path)(e.into()))?;
    }
    for path in &places.blank {
        bind(Path::new(NOTHING), path).map_err(at("blank", path))?;
    }
    for (path, file) in &open {
        show(path, file).map_err(at("show", path))?;
    }
    for (name, target) in &names {
        if places.hides(name) && name.symlink_metadata().is_err() {
            link(name, target).map_err(at("name", name))?;
        }
    }
    let own = places.write.iter().filter(|path| !places.hides(path));
    for path in own.chain(&places.seal) {
        bind(path, path).map_err(at("bind", path))?;
    }
    for mounted in mounts::all()? {
        set(&mounted, &places).map_err(at("make read-only", &mounted.at))?;
    }
    // The folder it stands in is still the one behind the mounts.
    std::env::set_current_dir(cwd).map_err(at("enter", cwd))
}

/// Mounts that are nobody else's: with the rights of root, or as the root of a
/// namespace of users in which there is nobody but this one.
fn apart() -> io::Result<()> {
    // What is shared by numbers instead of names is the run's own as well.
    let own = CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWIPC;
    if unshare(own).is_err() {
        let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
        unshare(CloneFlags::CLONE_NEWUSER | own)?;
        fs::write("/proc/self/setgroups", "deny")?;
        fs::write("/proc/self/uid_map", format!("{0} {0} 1", user.as_raw()))?;
        fs::write("/proc/self/gid_map", format!("{0} {0} 1", group.as_raw()))?;
    }
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    Ok(mount::<Path, Path, Path, Path>(
        None,
        "/".as_ref(),
        None,
        private,
        None,
    )?)
}

/// Where processes are looked at.
const PROC: &str = "/proc";
/// What may lie in it without hiding anything from anybody.
const FORMATS: &str = "/proc/sys/fs/binfmt_misc";

/// Of `/proc` only processes that this one may look into; Landlock says which: its own. The
/// kernel takes that from root alone; elsewhere the service manager's `ProtectProc` does the same.
fn see_own_processes() -> io::Result<()> {
    let masked = |mounted: &Mount| {
        let inside = mounted.at.starts_with(PROC) && mounted.at != Path::new(PROC);
        inside && !mounted.at.starts_with(FORMATS)
    };
    // What a container's host put over parts of it stays hidden.
    if !mounts::all()?.iter().any(masked) {
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
        let _ = mount(
            Some("proc"),
            PROC,
            Some("proc"),
            flags,
            Some("hidepid=ptraceable"),
        );
    }
    Ok(())
}

/// Puts an open file or folder where its name was.
fn show(path: &Path, file: &OwnedFd) -> io::Result<()> {
    let source = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    if fs::metadata(&source)?.is_dir() {
        fs::create_dir_all(path)?;
    } else if !path.exists() {
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        File::create(path)?;
    }
    bind(&source, path)
}

fn bind(from: &Path, to: &Path) -> io::Result<()> {
    let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
    Ok(mount::<Path, Path, Path, Path>(
        Some(from),
        to,
        None,
        flags,
        None,
    )?)
}

fn link(name: &Path, target: &Path) -> io::Result<()> {
    name.parent().map_or(Ok(()), fs::create_dir_all)?;
    std::os::unix::fs::symlink(target, name)
}

/// Takes the right to write from a mount that is none of the run's places.
fn set(mounted: &Mount, places: &Places) -> io::Result<()> {
    let at = &mounted.at;
    let sealed = places.seal.iter().any(|path| at.starts_with(path));
    let mut writable = places.write.iter().chain(&places.fresh);
    let written = writable.any(|path| at.starts_with(path));
    let ours = places.keep.iter().chain(&places.hide).any(|p| p == at);
    let kept = places.keep.iter().any(|path| at.starts_with(path));
    if places.hides(at) && !written && !ours && !kept {
        // What was mounted in a folder that is hidden now.
        return Ok(());
    }
    let mut flags = FLAGS_ONLY | mounted.flags;
    flags |= if written && !sealed {
        MsFlags::MS_NOSUID
    } else {
        MsFlags::MS_RDONLY
    };
    match mount::<Path, Path, Path, Path>(None, at, None, flags, None) {
        // No path leads to it: another mount lies over it, nobody may go there, or whoever
        // serves it is gone.
        Err(
            Errno::EINVAL
            | Errno::ENOENT
            | Errno::EACCES
            | Errno::ENOTDIR
            | Errno::ELOOP
            | Errno::ESTALE
            | Errno::ENOTCONN,
        ) => Ok(()),
        set => Ok(set?),
    }
}
