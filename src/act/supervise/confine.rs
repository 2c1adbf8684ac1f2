//! Paths → Landlock rules on this process and all it starts.
//!
//! Invariant: with `required`, either every file right up to truncation is enforced or
//! nothing starts; without, the level that was reached is said. Device ioctls
//! and the scoping of signals and abstract sockets are enforced where the kernel knows them.

use super::SuperviseError;
use landlock::{
    ABI, Access, AccessFs, BitFlags, CompatLevel, Compatible, LandlockStatus, RestrictionStatus,
    Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
    path_beneath_rules,
};
use std::{io, path::PathBuf};

/// What a confined process may reach.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    /// Read and execute.
    pub read: Vec<PathBuf>,
    /// The same, and write.
    pub write: Vec<PathBuf>,
    /// Device files to read and write.
    pub devices: Vec<PathBuf>,
}

/// Device files that carry nothing.
pub(crate) fn devices() -> Vec<PathBuf> {
    ["null", "zero", "full", "random", "urandom", "tty"]
        .map(|name| PathBuf::from("/dev").join(name))
        .to_vec()
}

/// Confines this thread for good; says how far the kernel goes along.
pub(crate) fn apply(reach: &Reach, required: bool) -> Result<String, SuperviseError> {
    let status = restrict(reach, required).map_err(|error| SuperviseError::System {
        what: "the kernel cannot enforce the walls, and [walls] required is set: \
               Landlock ABI 3 (Linux 6.2) must be built in and named in the lsm= boot parameter",
        source: io::Error::other(error),
    })?;
    if required && status.ruleset == RulesetStatus::NotEnforced {
        return Err(SuperviseError::System {
            what: "the kernel does not enforce the walls, and [walls] required is set",
            source: io::Error::from(io::ErrorKind::Unsupported),
        });
    }
    Ok(level(&status))
}

fn restrict(reach: &Reach, required: bool) -> Result<RestrictionStatus, RulesetError> {
    let all = AccessFs::from_all(ABI::V5);
    let write = all & !(AccessFs::MakeChar | AccessFs::MakeBlock);
    let read: BitFlags<AccessFs> = AccessFs::from_read(ABI::V5);
    let device = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate | AccessFs::IoctlDev;
    let needed = if required {
        CompatLevel::HardRequirement
    } else {
        CompatLevel::BestEffort
    };
    Ruleset::default()
        .set_compatibility(needed)
        .handle_access(AccessFs::from_all(ABI::V3))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(all)?
        .scope(Scope::from_all(ABI::V6))?
        .create()?
        .add_rules(path_beneath_rules(&reach.read, read))?
        .add_rules(path_beneath_rules(&reach.write, write))?
        .add_rules(path_beneath_rules(&reach.devices, device))?
        .restrict_self()
}

fn level(status: &RestrictionStatus) -> String {
    let how = match status.ruleset {
        RulesetStatus::FullyEnforced => "fully enforced",
        RulesetStatus::PartiallyEnforced => "partly enforced",
        RulesetStatus::NotEnforced => "not enforced",
    };
    match status.landlock {
        LandlockStatus::NotEnabled => format!("{how}: Landlock is not enabled"),
        LandlockStatus::NotImplemented => format!("{how}: the kernel has no Landlock"),
        LandlockStatus::Available {
            effective_abi,
            kernel_abi,
        } => match kernel_abi {
            Some(newer) => format!("{how}: Landlock ABI {newer}"),
            None => format!("{how}: Landlock {effective_abi:?}"),
        },
    }
}
