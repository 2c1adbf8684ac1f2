//! What the service has to read, write and start → what its account may not.
//!
//! The one who looks may be root, who may do anything; so it is worked out from owner,
//! group and mode of every folder on the way, as the kernel would for the unit's user.
//!
//! Invariant: only what can be seen is judged; an access list of a finer kind counts as
//! a grant.

use super::agents::executables;
use super::passed;
use super::unit::Unit;
use crate::backup::references;
use crate::config::{self, Config, SecretSource};
use nix::unistd::{Gid, Group, Uid, User, getgrouplist};
use std::ffi::CString;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Files of the state that are looked at.
const FILES_MAX: usize = 64;
/// Where an access list of a finer kind is kept.
const ACCESS_LIST: &str = "system.posix_acl_access";

const SEARCH: u32 = 0o1;
const READ: u32 = 0o4;
const LIST: u32 = 0o5;
const CHANGE: u32 = 0o6;
const FILL: u32 = 0o7;

/// An account of this machine, with its groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its first group's name.
    pub group: String,
    id: u32,
    groups: Vec<u32>,
}

/// What an account would have to be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// Go through a folder.
    Pass,
    /// Read a file or folder.
    Read,
    /// Write in a folder of the state, or a file of it.
    Write,
    /// Start a program.
    Start,
}

/// What an account may not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// What it needs.
    pub path: PathBuf,
    /// What is in the way: that, or a folder above it.
    pub at: PathBuf,
    /// What it would have to be allowed there.
    pub want: Want,
    /// The permission bits there.
    pub mode: u32,
    /// Whose it is.
    pub owner: u32,
}

impl Account {
    /// By its name or number.
    #[must_use]
    pub fn of(user: &str) -> Option<Account> {
        let by_id = || User::from_uid(Uid::from_raw(user.parse().ok()?)).ok()?;
        let found = User::from_name(user).ok().flatten().or_else(by_id)?;
        let name = CString::new(found.name.clone()).ok()?;
        let groups = getgrouplist(&name, found.gid).unwrap_or_else(|_| vec![found.gid]);
        Some(Account {
            group: group_name(found.gid),
            name: found.name,
            id: found.uid.as_raw(),
            groups: groups.into_iter().map(Gid::as_raw).collect(),
        })
    }

    /// Whether the kernel grants it this.
    fn may(&self, path: &Path, data: &Metadata, wanted: u32) -> bool {
        let mode = data.mode();
        let bits = if data.uid() == self.id {
            mode >> 6
        } else if self.groups.contains(&data.gid()) {
            mode >> 3
        } else {
            mode
        };
        self.id == 0 || bits & wanted == wanted || has_list(path)
    }

    /// What keeps it from this, the topmost first; nothing where it cannot be seen.
    fn denied(&self, path: &Path, want: Want, wanted: u32) -> Option<Denied> {
        let real = path.canonicalize().ok();
        let barred = |whole: &Path| {
            let mut above: Vec<&Path> = whole.ancestors().skip(1).collect();
            above.reverse();
            let steps = above.into_iter().map(|at| (at, Want::Pass, SEARCH));
            let mut steps = steps.chain([(whole, want, wanted)]);
            steps.find_map(|(at, want, wanted)| {
                let data = fs::metadata(at).ok()?;
                (!self.may(at, &data, wanted)).then(|| Denied {
                    path: path.to_owned(),
                    at: at.to_owned(),
                    want,
                    mode: data.mode() & 0o7777,
                    owner: data.uid(),
                })
            })
        };
        barred(path).or_else(|| barred(&real?))
    }
}

fn group_name(id: Gid) -> String {
    let group = Group::from_gid(id).ok().flatten();
    group.map_or_else(|| id.to_string(), |group| group.name)
}

fn has_list(path: &Path) -> bool {
    let mut none: [u8; 0] = [];
    rustix::fs::getxattr(path, ACCESS_LIST, &mut none).is_ok()
}

/// Whom a unit runs as, with the groups that it adds; `None` where it is root, or not known.
#[must_use]
pub fn account(unit: &Unit) -> Option<Account> {
    let mut account = Account::of(unit.get("User")?).filter(|account| account.id != 0)?;
    let more = ["Group", "SupplementaryGroups"].map(|key| unit.get(key).unwrap_or_default());
    for name in more.iter().flat_map(|names| names.split_ascii_whitespace()) {
        let by_id = || Some(Gid::from_raw(name.parse().ok()?));
        let found = Group::from_name(name).ok().flatten().map(|group| group.gid);
        account.groups.extend(found.or_else(by_id).map(Gid::as_raw));
    }
    if let Some(group) = unit.get("Group") {
        group.clone_into(&mut account.group);
    }
    Some(account)
}

/// What the account may not do and has to, each thing that is in the way once.
#[must_use]
pub fn observe(config: &Config, unit: &Unit, account: &Account) -> Vec<Denied> {
    let read = read(config).into_iter().map(|path| {
        let wanted = if path.is_dir() { LIST } else { READ };
        (path, Want::Read, wanted)
    });
    let programs = unit.program().into_iter();
    let programs = programs.chain(executables(&config.settings));
    let start = programs.map(|path| (path, Want::Start, SEARCH));
    let state = state(config, unit, account).into_iter();
    let all = state.chain(read).chain(start);
    let mut denied: Vec<Denied> = Vec::new();
    for (path, want, wanted) in all {
        let found = account.denied(&path, want, wanted);
        let found = found.filter(|new| !denied.iter().any(|old| old.at == new.at));
        denied.extend(found);
    }
    denied
}

/// What the factory reads by itself: no file that systemd reads for it.
fn read(config: &Config) -> Vec<PathBuf> {
    let base = config.path.parent().unwrap_or(Path::new("/"));
    let text = fs::read_to_string(&config.path).unwrap_or_default();
    let mut files = vec![config.path.clone()];
    let named = references::prompts(&text).into_iter();
    files.extend(named.map(|path| config::lexical(&base.join(path))));
    if let Some(dir) = references::routing(&text) {
        let dir = config::lexical(&base.join(dir));
        let inside = config::routing_files(&dir).unwrap_or_default();
        files.push(dir);
        files.extend(inside);
    }
    let state_dir = &config.settings.state_dir;
    let named = passed::named(config).into_iter();
    files.extend(named.filter_map(|(_, source)| match source {
        // What lies in the state is looked at with it.
        SecretSource::File { path } if !path.starts_with(state_dir) => Some(path.clone()),
        _ => None,
    }));
    files
}

/// The state: a folder to fill, or to make, and its files. What `StateDirectory=` names is
/// made by systemd and given to the user whole, unless it is the user's already.
fn state(config: &Config, unit: &Unit, account: &Account) -> Vec<(PathBuf, Want, u32)> {
    let dir = &config.settings.state_dir;
    let given = unit.folders("StateDirectory", "/var/lib");
    if let Some(given) = given.iter().find(|given| dir.starts_with(given)) {
        let is_given = fs::metadata(given).is_ok_and(|data| data.uid() == account.id);
        let above = given.ancestors().skip(1).find(|path| path.exists());
        if !is_given {
            let above = above.map(|above| (above.to_owned(), Want::Pass, SEARCH));
            return above.into_iter().collect();
        }
    }
    let there = dir.ancestors().find(|path| path.exists());
    let there = there.unwrap_or(Path::new("/")).to_owned();
    let mut wanted = vec![(there.clone(), Want::Write, FILL)];
    if there == *dir {
        let inside = fs::read_dir(dir).into_iter().flatten().flatten();
        let files = inside
            .map(|entry| entry.path())
            .filter(|path| path.is_file());
        wanted.extend(
            files
                .take(FILES_MAX)
                .map(|path| (path, Want::Write, CHANGE)),
        );
    }
    wanted
}
