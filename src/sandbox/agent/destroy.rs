//! The behaviour `destroy`: tries each way there is to harm a folder outside of
//! the worktree, then does the work.
//!
//! Invariant: it aims at the folder behind its name alone, in which nothing is anybody's;
//! whoever keeps that folder judges by it, not by what is said here.

use super::{EXIT_BROKEN, Scene, work};
use crate::sandbox::child;
use rustix::fs::{
    AtFlags, CWD, Mode, OFlags, RenameFlags, Timespec, Timestamps, XattrFlags, chmod, chmodat,
    openat, renameat_with, setxattr, unlinkat, utimensat,
};
use std::{
    ffi::OsStr,
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{PermissionsExt, chown, fchown, symlink},
    path::{Path, PathBuf},
};

/// A file of the folder.
pub const FILE: &str = "file";
/// A folder in it.
pub const FOLDER: &str = "folder";

type Try = (&'static str, fn(&Target<'_>) -> io::Result<()>);

/// What is aimed at, and from where.
struct Target<'a> {
    root: &'a Path,
    file: PathBuf,
    folder: PathBuf,
    /// The worktree.
    here: &'a Path,
}

/// By system calls.
const CALLS: [Try; 30] = [
    ("unlink", |t| fs::remove_file(&t.file)),
    ("unlink beneath its folder", |t| {
        let folder = openat(CWD, t.root, OFlags::PATH, Mode::empty())?;
        Ok(unlinkat(folder, FILE, AtFlags::empty())?)
    }),
    ("rmdir", |t| fs::remove_dir(&t.folder)),
    ("remove all", |t| fs::remove_dir_all(t.root)),
    ("rename away", |t| fs::rename(&t.file, t.here.join("taken"))),
    ("rename in place", |t| {
        fs::rename(&t.file, t.root.join("other"))
    }),
    ("rename over", |t| fs::rename(mine(t)?, &t.file)),
    ("exchange", |t| {
        let mine = mine(t)?;
        Ok(renameat_with(
            CWD,
            &mine,
            CWD,
            &t.file,
            RenameFlags::EXCHANGE,
        )?)
    }),
    ("open to write", |t| {
        OpenOptions::new().write(true).open(&t.file).map(drop)
    }),
    ("open and truncate", |t| {
        let mut options = OpenOptions::new();
        options.write(true).truncate(true).open(&t.file).map(drop)
    }),
    ("append", |t| {
        let mut file = OpenOptions::new().append(true).open(&t.file)?;
        file.write_all(b"x")
    }),
    ("truncate", |t| Ok(nix::unistd::truncate(&t.file, 0)?)),
    ("make a file", |t| {
        File::create(t.root.join("new")).map(drop)
    }),
    ("make a folder", |t| fs::create_dir(t.root.join("new"))),
    ("make a link", |t| symlink("/", t.root.join("new"))),
    ("copy over", |t| fs::copy(mine(t)?, &t.file).map(drop)),
    ("through a link", |t| {
        symlink(&t.file, t.here.join("way")).or_else(exists)?;
        fs::write(t.here.join("way"), "x")
    }),
    ("through a link to its folder", |t| {
        symlink(t.root, t.here.join("ways")).or_else(exists)?;
        fs::remove_file(t.here.join("ways").join(FILE))
    }),
    ("by another name", |t| {
        let mine = t.here.join("hard");
        fs::hard_link(&t.file, &mine)?;
        fs::write(mine, "x")
    }),
    ("a name of ours there", |t| {
        fs::hard_link(mine(t)?, t.root.join("new"))
    }),
    ("by the process's root", |t| fs::write(rooted(&t.file), "x")),
    ("remove by the process's root", |t| {
        fs::remove_file(rooted(&t.file))
    }),
    ("mode 000", |t| {
        fs::set_permissions(&t.file, Permissions::from_mode(0o000))
    }),
    ("mode of its folder", |t| {
        Ok(chmod(t.root, Mode::from(0o777))?)
    }),
    ("mode by the process's root", |t| {
        Ok(chmodat(
            CWD,
            rooted(&t.file),
            Mode::from(0o777),
            AtFlags::empty(),
        )?)
    }),
    ("mode by an open file", |t| {
        File::open(&t.file)?.set_permissions(Permissions::from_mode(0o777))
    }),
    ("owner", |t| {
        let (user, group) = own_ids();
        chown(&t.file, Some(user), Some(group))
    }),
    ("owner of an open file", |t| {
        let (user, group) = own_ids();
        fchown(File::open(&t.file)?, Some(user), Some(group))
    }),
    ("times", |t| {
        let long_ago = Timespec {
            tv_sec: 1,
            tv_nsec: 0,
        };
        let times = Timestamps {
            last_access: long_ago,
            last_modification: long_ago,
        };
        Ok(utimensat(CWD, &t.file, &times, AtFlags::empty())?)
    }),
    ("an attribute", |t| {
        Ok(setxattr(&t.file, "user.x", b"y", XattrFlags::empty())?)
    }),
];

/// By programs, as far as they are installed. `V` is the folder.
const COMMANDS: [&str; 18] = [
    "rm -rf V",
    "rm -rf V/* V/.[a-z]*",
    "find V -delete",
    "find V -type f -exec rm {} +",
    "ls -d V/* | xargs rm -rf",
    "mv V gone",
    "mv -f V/file gone",
    "cp -f src/lib.rs V/file",
    "install -m 777 src/lib.rs V/file",
    "dd if=/dev/zero of=V/file bs=1 count=1",
    "ln -sf /dev/null V/file",
    ": > V/file",
    "tee V/file < /dev/null",
    "sed -i s/./x/ V/file",
    "git -C V clean -ffdxq ; git -C V reset -q --hard ; git -C V checkout -qf .",
    "chmod -R 000 V ; chmod -R 777 V ; touch -d 2001-01-01 V/file",
    "python3 -c 'import os, shutil; shutil.rmtree(\"V\")' || python3 -c 'open(\"V/file\", \"w\")'",
    "perl -e 'unlink(\"V/file\"); truncate(\"V/file\", 0); chmod(0, \"V/file\")'",
];

/// Tries it all on the folder behind the `:`.
pub(super) fn destroy(scene: &mut Scene<'_>) -> io::Result<i32> {
    let root = Path::new(scene.with).to_owned();
    let target = Target {
        root: &root,
        file: root.join(FILE),
        folder: root.join(FOLDER),
        here: scene.dir,
    };
    if !is_named_plainly(&root) || !target.file.is_file() || !target.folder.is_dir() {
        scene.step("error", "there is nothing to aim at")?;
        return Ok(EXIT_BROKEN);
    }
    let done: Vec<&str> = CALLS
        .iter()
        .filter(|(_, attempt)| attempt(&target).is_ok())
        .map(|(name, _)| *name)
        .collect();
    for command in COMMANDS {
        let line = command.replace('V', scene.with);
        // Some of them call it a success when there was nothing to be done.
        child::ran_well(OsStr::new("/bin/sh"), scene.dir, &["-c", &line])?;
    }
    for name in ["way", "ways", "mine", "gone"] {
        let left = scene.dir.join(name);
        // What could not be moved was copied.
        let _ = fs::remove_file(&left).or_else(|_| fs::remove_dir_all(&left));
    }
    if !done.is_empty() {
        scene.step("error", &format!("harm was done: {}", done.join(", ")))?;
        return Ok(EXIT_BROKEN);
    }
    let tried = CALLS.len() + COMMANDS.len();
    work::mend(scene)?;
    work::commit(scene)?;
    let summary = format!("{tried} ways to destroy what is outside were tried, none worked");
    scene.report("done", &summary, "each was refused by the kernel")?;
    Ok(0)
}

fn own_ids() -> (u32, u32) {
    let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
    (user.as_raw(), group.as_raw())
}

/// Whether a shell takes this path for itself and nothing else, however it is written into a line.
fn is_named_plainly(root: &Path) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let text = root.to_str().unwrap_or_default();
    let deep = root.components().count() > 2;
    root.is_absolute() && deep && text.chars().all(plain) && !text.contains("..")
}

/// A file of its own to put in place of others.
fn mine(target: &Target<'_>) -> io::Result<PathBuf> {
    let mine = target.here.join("mine");
    fs::write(&mine, "mine")?;
    Ok(mine)
}

fn rooted(path: &Path) -> PathBuf {
    let inner = path.strip_prefix("/").unwrap_or(path);
    Path::new("/proc/self/root").join(inner)
}

fn exists(error: io::Error) -> io::Result<()> {
    match error.kind() {
        io::ErrorKind::AlreadyExists => Ok(()),
        _ => Err(error),
    }
}
