//! What an operator's command needs of a project: its state directory, also when the
//! config on disk has faults.
//!
//! Invariant: a fault of the config is shown and keeps nobody from looking at a running
//! factory or from stopping it; where no state is found it is said where it was looked
//! for, why there, and what to set.

use super::{CONFIG, FAILED, complain, complain_plainly};
use crate::config::{self, Config, Fault, Severity, StatePlace};
use crate::model::World;
use crate::model::settings::Settings;
use crate::store::{self, LEDGER_FILE, Reader, StoreError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A project as its config names it.
pub(super) struct Project {
    /// Its name.
    pub name: String,
    /// Where its state is.
    pub state_dir: PathBuf,
    /// The config, if it is taken.
    pub config: Option<Config>,
    /// What refuses it, else.
    pub faults: Vec<Fault>,
    path: PathBuf,
}

/// Finds the project of a config; faults are shown, and are the end only where no state is.
pub(super) fn find(path: &Path) -> Result<Project, u8> {
    let faults = match config::load(path) {
        Ok(config) => {
            return Ok(Project {
                name: config.settings.project.clone(),
                state_dir: config.settings.state_dir.clone(),
                config: Some(config),
                faults: Vec::new(),
                path: path.to_owned(),
            });
        }
        Err(faults) => faults,
    };
    complain_plainly(config::render(&faults, false).trim_end());
    let Ok(glimpse) = config::glimpse(path) else {
        return Err(CONFIG);
    };
    if !glimpse.state_dir.join(LEDGER_FILE).exists() {
        complain_plainly(&format!("note: {}", unfound(path, &glimpse.state_dir)));
        return Err(CONFIG);
    }
    complain_plainly(&format!(
        "warning: {} is refused; a factory that runs goes on with the last good one, and this is of its state in {}",
        path.display(),
        glimpse.state_dir.display()
    ));
    Ok(Project {
        name: glimpse.project,
        state_dir: glimpse.state_dir,
        config: None,
        faults,
        path: path.to_owned(),
    })
}

impl Project {
    /// The ledger, to look only.
    pub(super) fn reader(&self) -> Result<Reader, u8> {
        self.check_owner()?;
        store::open_read_only(&self.state_dir).map_err(|error| {
            self.complain(&error);
            FAILED
        })
    }

    /// Another project's state is neither looked into nor given orders. A name that
    /// could be glimpsed only refuses nothing.
    pub(super) fn check_owner(&self) -> Result<(), u8> {
        let checked = match &self.config {
            Some(_) => store::check_project(&self.state_dir, &self.name),
            None => Ok(()),
        };
        checked.map_err(|error| {
            self.complain(&error);
            FAILED
        })
    }

    /// Says an error of the ledger; of one that is not there, what to do.
    pub(super) fn complain(&self, error: &StoreError) {
        complain(&told(&self.path, &self.state_dir, error));
    }

    /// Why there is no ledger.
    pub(super) fn unfound(&self) -> String {
        unfound(&self.path, &self.state_dir)
    }

    /// What refuses the config, each in a line.
    pub(super) fn refused(&self) -> Vec<String> {
        let errors = self.faults.iter();
        let errors = errors.filter(|fault| fault.severity == Severity::Error);
        errors.map(Fault::line).collect()
    }
}

/// What the ledger of a project knows.
pub(super) fn own_world(settings: &Settings) -> Result<World, StoreError> {
    store::open_own(&settings.state_dir, &settings.project)?.world()
}

/// The same, which is nothing before the first start; an error is said.
pub(super) fn world_so_far(settings: &Settings) -> Result<World, u8> {
    match own_world(settings) {
        Err(StoreError::NoLedger { .. }) => Ok(World::default()),
        known => known.map_err(|error| {
            complain(&error.to_string());
            FAILED
        }),
    }
}

/// An error of the ledger of this config; of one that is not there, what to do.
pub(super) fn told(config: &Path, state_dir: &Path, error: &StoreError) -> String {
    match error {
        StoreError::NoLedger { .. } => unfound(config, state_dir),
        error => error.to_string(),
    }
}

/// Why there is no ledger where it was looked for, and what to do.
pub(super) fn unfound(config: &Path, state_dir: &Path) -> String {
    let dir = state_dir.display();
    // What may not be looked into looks as if it were not there.
    let hidden = std::fs::metadata(state_dir.join(LEDGER_FILE));
    if hidden.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied) {
        return format!("{dir} is not yours to look into; ask as its owner, such as by sudo");
    }
    let place = config::glimpse(config).map_or(StatePlace::Default, |found| found.place);
    let why = match place {
        StatePlace::Named => "the config names it by [project] state_dir",
        StatePlace::Systemd => "$STATE_DIRECTORY is set",
        StatePlace::Default => {
            "neither [project] state_dir nor $STATE_DIRECTORY is set, so that is the default"
        }
    };
    format!(
        "there is no ledger in {dir} ({why}): start the factory with `adf run`, which makes it; or, if it runs with its state elsewhere, such as under a unit with a StateDirectory= of its own, write that folder as [project] state_dir in {}",
        config.display()
    )
}
