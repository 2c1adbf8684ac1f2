//! This machine: its walls, its git, its zone.
//!
//! Invariant: walls are tried by building them, not concluded from a version.

use crate::act::git::Git;
use crate::act::supervise::{Given, given};
use crate::config::Config;
use crate::doctor::How;
use std::path::Path;

/// The names of zones, as the link of `/etc/localtime` holds them.
const ZONES: &str = "zoneinfo/";

/// What was found.
#[derive(Debug)]
pub struct Machine {
    /// The walls, or why they could not be tried; `None` where they were not.
    pub walls: Option<Result<Given, String>>,
    /// What `git version` says; `None` where it was not asked.
    pub git: Option<Result<String, String>>,
    /// The zone of this machine, where it says.
    pub zone: Option<String>,
}

/// Tries it.
pub async fn observe(_config: &Config, how: &How) -> Machine {
    let (walls, git) = if how.probes {
        let (walls, git) = tokio::join!(given(&how.adf), git());
        (Some(walls.map_err(|e| e.to_string())), Some(git))
    } else {
        (None, None)
    };
    Machine {
        walls,
        git,
        zone: zone(Path::new("/etc/localtime")),
    }
}

/// Whether there is a git that the factory would start.
#[must_use]
pub fn has_git() -> bool {
    Git::new("/").is_there()
}

async fn git() -> Result<String, String> {
    let home = tempfile::tempdir().map_err(|e| e.to_string())?;
    let git = Git::new(home.path());
    let said = git.call("version").run().await.map_err(|e| e.to_string())?;
    Ok(String::from_utf8_lossy(&said).trim().to_owned())
}

fn zone(link: &Path) -> Option<String> {
    let target = std::fs::read_link(link).ok()?;
    let target = target.to_str()?;
    target.split_once(ZONES).map(|(_, name)| name.to_owned())
}
