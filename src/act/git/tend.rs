//! A bare repository in many pieces → one in few.
//!
//! Invariant: nothing that a ref or a borrower needs goes: with `Unreached::Stay`
//! no object at all, else only what no ref reaches, which is for repositories that
//! lend to nobody, while nothing is being put into them.

use super::{Git, GitError, GitErrorKind, TRANSFER_LIMIT};
use std::path::Path;

/// Packs above which a repository is repacked.
pub const PACKS_MAX: usize = 50;
/// Loose objects in one of its 256 folders above which a repository is repacked.
pub const LOOSE_IN_ONE_MAX: usize = 27;

/// What becomes of objects that no ref reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreached {
    /// They stay: somebody may borrow them.
    Stay,
    /// They go.
    Go,
}

/// Repacks a repository that needs it; says whether it did.
///
/// # Errors
/// When git or the disk fails; the repository is as good as before.
pub async fn tend(git: &Git, dir: &Path, unreached: Unreached) -> Result<bool, GitError> {
    let objects = dir.join("objects");
    let count = |folder: &str, ending: &str| -> std::io::Result<usize> {
        match std::fs::read_dir(objects.join(folder)) {
            Ok(entries) => Ok(entries
                .flatten()
                .filter(|e| e.file_name().to_string_lossy().ends_with(ending))
                .count()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        }
    };
    let failed = |error| GitError::before("repack", GitErrorKind::Other, error);
    // Ids are spread evenly, so one folder tells of all; git's own gc looks at this one.
    let is_well = count("pack", ".pack").map_err(failed)? <= PACKS_MAX
        && count("17", "").map_err(failed)? <= LOOSE_IN_ONE_MAX;
    if is_well {
        return Ok(false);
    }
    let keep: &[&str] = match unreached {
        Unreached::Stay => &["-k"],
        Unreached::Go => &[],
    };
    let call = git.call("repack").dir(dir).args(["-a", "-d", "-l", "-q"]);
    call.args(keep).limit(TRANSFER_LIMIT).run().await?;
    Ok(true)
}
