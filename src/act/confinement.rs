//! Settings and an agent's role → the walls of its run.
//!
//! Invariant: a role only ever takes away; what the machine cannot build and the config
//! does not do without is a reason not to start, found before anything is started.

use super::preflight::Blocked;
use super::supervise::{Given, WallSpec};
use crate::model::settings::{Agent, Settings};
use crate::model::{Bubblewrap, Ports};
use crate::provider::{Provider, place};
use std::path::PathBuf;

/// The folders of the root that a run sees: the system's. All others are shown empty, but for
/// what may be reached in them: homes, what services keep and listen on, what is passing.
const SHOWN: [&str; 15] = [
    "bin", "boot", "dev", "etc", "gnu", "lib", "lib32", "lib64", "libx32", "nix", "proc", "sbin",
    "sys", "usr", "efi",
];
/// The agent's own repository.
const GIT: &str = ".git/";

/// What a run's walls are made from.
pub(super) struct Confinement<'a> {
    pub settings: &'a Settings,
    pub agent: &'a Agent,
    pub provider: &'a dyn Provider,
    /// Where its programs are looked up.
    pub path: &'a str,
    /// What the machine has.
    pub given: &'a Given,
    /// What it must be able to read besides what the settings name.
    pub reads: Vec<PathBuf>,
}

impl Confinement<'_> {
    /// The walls, or why there are none.
    pub(super) fn spec(self, program: &str) -> Result<WallSpec, Blocked> {
        let walls = &self.settings.walls;
        let refusal = self
            .given
            .refusal(walls.required, &walls.accept, walls.bubblewrap);
        if let Some(reason) = refusal {
            return Err(Blocked::waits(reason));
        }
        let bubblewrap = match walls.bubblewrap {
            Bubblewrap::Off => None,
            Bubblewrap::Auto | Bubblewrap::Require => self.given.bubblewrap.clone(),
        };
        if !walls.network && bubblewrap.is_none() {
            return Err(Blocked::waits(
                "[walls] network = false needs bubblewrap, and there is none that starts; install it",
            ));
        }
        let role = &self.agent.role;
        let execute = (!role.may_run).then(|| place::runtime(program, self.path));
        let mut hide = hidden();
        hide.push(self.settings.state_dir.clone());
        let mut read = walls.read.clone();
        read.extend(self.reads.iter().cloned());
        Ok(WallSpec {
            required: walls.required,
            accept: walls.accept.clone(),
            read,
            write: walls.write.clone(),
            within: self.within(),
            execute,
            connect: self.connect(),
            bind: walls.listen.clone(),
            hide,
            seal_git: walls.seal_git,
            processes: Some(walls.processes),
            memory: walls.memory_bytes,
            without_view: self.given.is_without_view(),
            bubblewrap,
            offline: !walls.network,
        })
    }

    /// What of the workspace may be written: who runs programs there also commits.
    fn within(&self) -> Option<Vec<String>> {
        let role = &self.agent.role;
        let mut within = role.edits.clone()?;
        if role.may_run {
            within.extend(role.outputs.iter().cloned());
            within.extend(role.may_edit().then(|| GIT.to_owned()));
        }
        Some(within)
    }

    fn connect(&self) -> Vec<Ports> {
        let mut ports = self.settings.walls.connect.clone();
        ports.extend(&self.agent.connect);
        ports.extend(self.provider.port().map(Ports::one));
        ports.sort_unstable();
        ports.dedup();
        ports
    }
}

fn hidden() -> Vec<PathBuf> {
    // A root that cannot be listed has nothing in it that a run could find.
    let entries = std::fs::read_dir("/").into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let others = folders.filter(|entry| !SHOWN.iter().any(|name| entry.file_name() == *name));
    others.map(|entry| entry.path()).collect()
}
