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

/// Folders in which programs that serve others keep their sockets, people their homes,
/// and everybody what is passing.
const HIDDEN: [&str; 8] = [
    "/home", "/root", "/run", "/tmp", "/var/tmp", "/mnt", "/media", "/dev/shm",
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
        let mut hide: Vec<PathBuf> = HIDDEN.iter().map(PathBuf::from).collect();
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
