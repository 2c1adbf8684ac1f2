//! Where a project's state is, read from a config that may be faulty.
//!
//! Who has to look at a running factory, or to stop it, needs its state directory and
//! nothing else: a fault elsewhere in the file must not keep them from it.
//!
//! Invariant: of a config that [`super::load`] takes the same directory is read.

use super::fault::Fault;
use super::{files, resolve, secret};
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// What can be known of a faulty config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glimpse {
    /// The project's name, or the file's where it says none.
    pub project: String,
    /// Its state directory.
    pub state_dir: PathBuf,
    /// What says so.
    pub place: StatePlace,
}

/// What says where the state is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatePlace {
    /// `[project] state_dir`.
    Named,
    /// `$STATE_DIRECTORY`.
    Systemd,
    /// Neither.
    Default,
}

/// Reads the project's name and state directory, whatever else is wrong.
///
/// # Errors
/// When there is no file, or no text in it.
pub fn glimpse(path: &Path) -> Result<Glimpse, Box<Fault>> {
    let text = files::read(path)?;
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    // Parsing goes on after what is no TOML.
    let (table, _) = DeTable::parse_recoverable(&text);
    let said = |key: &str| {
        let DeValue::Table(project) = table.get_ref().get("project")?.get_ref() else {
            return None;
        };
        let value = project.get(key)?.get_ref().as_str()?;
        (!value.is_empty()).then(|| value.to_owned())
    };
    let stem = absolute.file_stem().unwrap_or_default();
    let project = said("name").unwrap_or_else(|| stem.to_string_lossy().into_owned());
    let base = absolute.parent().unwrap_or(Path::new("/"));
    let named = said("state_dir").map(|named| resolve::lexical(&base.join(named)));
    let systemd = secret::state_directory();
    let (state_dir, place) = resolve::state_dir(named, systemd, &absolute, &project);
    Ok(Glimpse {
        project,
        state_dir,
        place,
    })
}
