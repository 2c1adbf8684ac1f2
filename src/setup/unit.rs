//! Wishes → the systemd unit, and whose it is. Pure.
//!
//! Invariant: for /etc/adf it is the shipped unit, byte for byte but for the executable; anywhere
//! else it is one that can work there: it sees the folders it names, and may write its state. It
//! serves each project of its folder, unless the state is not called after the project.

use super::wishes::Wishes;
use std::path::{Path, PathBuf};

/// The unit as it is shipped.
const SHIPPED: &str = include_str!("../../systemd/adf@.service");
/// Where the shipped unit reads.
pub const SYSTEM: &str = "/etc/adf";
/// Where it keeps the state.
const STATE: &str = "/var/lib/adf";
/// Folders of people, which `ProtectHome=yes` hides.
const HOMES: [&str; 3] = ["/home", "/root", "/run/user"];
/// Folders that `PrivateTmp=yes` replaces.
const TEMPORARY: [&str; 2] = ["/tmp", "/var/tmp"];

impl Wishes {
    /// Whether all is where the shipped unit looks.
    #[must_use]
    pub fn is_system(&self) -> bool {
        self.dir == Path::new(SYSTEM)
    }

    /// Whether the state is below the config's folder.
    #[must_use]
    pub fn is_below(&self) -> bool {
        self.state_dir.starts_with(&self.dir)
    }

    /// The name of the unit: of a template, where the state of each project is where the name says.
    #[must_use]
    pub fn unit_name(&self) -> String {
        if self.is_system() || self.above_state().is_some() {
            "adf@.service".to_owned()
        } else {
            format!("adf@{}.service", self.project)
        }
    }

    /// The folder of the state's, where that is called after the project.
    fn above_state(&self) -> Option<&Path> {
        let named = self.state_dir.file_name()?.to_str()?;
        (named == self.project).then(|| self.state_dir.parent())?
    }

    /// Where the state is when nothing else is wished: where the shipped unit has it, or below
    /// the config's folder.
    #[must_use]
    pub fn usual_state_dir(dir: &Path, project: &str) -> PathBuf {
        if dir == Path::new(SYSTEM) {
            Path::new(STATE).join(project)
        } else {
            dir.join("state").join(project)
        }
    }
}

/// What the unit holds.
pub(super) fn unit(wishes: &Wishes) -> String {
    let adf = escaped(&wishes.adf);
    let shipped = SHIPPED.replace("/usr/local/bin/adf", &adf);
    if wishes.is_system() {
        return shipped;
    }
    let dir = escaped(&wishes.dir);
    let state = match wishes.above_state() {
        Some(above) => format!("{}/%i", escaped(above)),
        None => escaped(&wishes.state_dir),
    };
    let places = [
        Some(&wishes.dir),
        Some(&wishes.state_dir),
        Some(&wishes.adf),
    ];
    let places = places.into_iter().chain([wishes.command.as_ref()]);
    let places: Vec<&PathBuf> = places.flatten().collect();
    let lies = |folders: &[&str]| {
        let is_below = |path: &&PathBuf| folders.iter().any(|folder| path.starts_with(folder));
        places.iter().any(is_below)
    };
    let written = if wishes.is_below() {
        dir.clone()
    } else {
        format!("{dir} {state}")
    };
    let mut text = String::new();
    for line in shipped.lines() {
        let line = match line.split_once('=').unwrap_or((line, "")).0 {
            "User" => format!("User={}", wishes.user),
            // Whose group it is goes by the user.
            "Group" | "StateDirectoryMode" => continue,
            "StateDirectory" => format!("ReadWritePaths={written}"),
            "WorkingDirectory" => format!("WorkingDirectory={dir}"),
            "Environment" => format!("Environment=HOME={state}"),
            "ProtectHome" if lies(&HOMES) => "ProtectHome=read-only".to_owned(),
            "PrivateTmp" if lies(&TEMPORARY) => "PrivateTmp=no".to_owned(),
            _ => line.replace("/etc/adf/", &format!("{dir}/")),
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// A path in a unit, where `%` begins a specifier.
fn escaped(path: &Path) -> String {
    path.to_string_lossy().replace('%', "%%")
}
