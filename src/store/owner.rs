//! Whose a state directory is: one project's, and one account's on the forge.
//!
//! Invariant: written at the first start and never replaced. A second project would
//! answer for the first, and another account would not know what the first one wrote.

use super::{StoreError, file};
use crate::model::Person;
use std::io::ErrorKind;
use std::path::Path;

/// The name of the file with the project's name.
pub const PROJECT_FILE: &str = "project.name";
/// The name of the file with the account's number and login.
pub const ACCOUNT_FILE: &str = "account.id";

/// Claims a state directory for a project.
///
/// # Errors
/// When it is another project's.
pub fn claim_project(state_dir: &Path, project: &str) -> Result<(), StoreError> {
    file::create_once(&state_dir.join(PROJECT_FILE), &format!("{project}\n"))?;
    check_project(state_dir, project)
}

/// Whether a state directory is a project's, or nobody's yet; looks only, so that the
/// ledger of another project need not be opened to be refused.
///
/// # Errors
/// When it is another project's.
pub fn check_project(state_dir: &Path, project: &str) -> Result<(), StoreError> {
    let path = state_dir.join(PROJECT_FILE);
    if !path.exists() {
        return Ok(());
    }
    match read(&path)? {
        found if found == project => Ok(()),
        found => Err(StoreError::OtherProject {
            path,
            found,
            wanted: project.to_owned(),
        }),
    }
}

/// Opens the ledger of a project to look only; another project's is not looked into.
///
/// # Errors
/// Those of [`check_project`] and [`super::open_read_only`].
pub fn open_own(state_dir: &Path, project: &str) -> Result<super::Reader, StoreError> {
    check_project(state_dir, project)?;
    super::open_read_only(state_dir)
}

/// Claims a state directory for an account of the forge.
///
/// # Errors
/// When another account spoke for it before.
pub fn claim_account(state_dir: &Path, me: &Person) -> Result<(), StoreError> {
    let path = state_dir.join(ACCOUNT_FILE);
    file::create_once(&path, &format!("{} {}\n", me.id, me.login))?;
    match account(state_dir) {
        Some(found) if found.id != me.id => Err(StoreError::OtherAccount {
            path,
            found: found.login,
            wanted: me.login.clone(),
        }),
        _ => Ok(()),
    }
}

/// The account that has spoken for a state directory, if one has.
#[must_use]
pub fn account(state_dir: &Path) -> Option<Person> {
    let text = read(&state_dir.join(ACCOUNT_FILE)).ok()?;
    let (id, login) = text.split_once(' ')?;
    Some(Person {
        id: id.parse().ok()?,
        login: login.to_owned(),
    })
}

fn read(path: &Path) -> Result<String, StoreError> {
    let fail = |e| StoreError::io("read", path, e);
    let data = std::fs::metadata(path).map_err(fail)?;
    if !data.is_file() {
        return Err(fail(ErrorKind::InvalidData.into()));
    }
    let text = std::fs::read_to_string(path).map_err(fail)?;
    Ok(text.trim().to_owned())
}
