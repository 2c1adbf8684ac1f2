//! Paths and ports → Landlock rules on this process and all it starts.
//!
//! Invariant: with [`Demand::required`], every file right up to truncation, the ports
//! and the scoping of signals and abstract sockets are enforced, or nothing starts, but
//! for what the config accepts by name; what was reached is said. Device ioctls and sockets with a
//! path are enforced where the kernel knows them.

use super::SuperviseError;
use crate::model::{Ports, Weakness};
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus, NetPort,
    RestrictionStatus, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError,
    RulesetStatus, Scope, path_beneath_rules,
};
use std::{collections::BTreeSet, fmt, io, path::PathBuf};

/// What a confined process may reach.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    /// Read.
    pub read: Vec<PathBuf>,
    /// The same, and write.
    pub write: Vec<PathBuf>,
    /// Device files to read and write.
    pub devices: Vec<PathBuf>,
    /// What may be executed; `None`: whatever may be read.
    pub execute: Option<Vec<PathBuf>>,
    /// TCP ports to connect to.
    pub connect: Vec<Ports>,
    /// TCP ports to listen on.
    pub bind: Vec<Ports>,
}

/// How much of it the kernel must enforce.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demand<'a> {
    /// Nothing starts without the walls.
    pub required: bool,
    /// Those that may be missing.
    pub accept: &'a BTreeSet<Weakness>,
}

impl Demand<'_> {
    /// How a part is asked of the kernel.
    fn level(&self, without: Weakness) -> CompatLevel {
        if self.must(without) {
            CompatLevel::HardRequirement
        } else {
            CompatLevel::BestEffort
        }
    }

    /// Whether a run is refused without this wall.
    pub(crate) fn must(&self, without: Weakness) -> bool {
        self.required && !self.accept.contains(&without)
    }
}

/// Why nothing starts, and what to do.
pub(crate) fn refused(weakness: Weakness, source: io::Error) -> SuperviseError {
    SuperviseError::Wall { weakness, source }
}

/// Device files that carry nothing.
pub(crate) fn devices() -> Vec<PathBuf> {
    ["null", "zero", "full", "random", "urandom", "tty"]
        .map(|name| PathBuf::from("/dev").join(name))
        .to_vec()
}

/// Confines this thread for good; says how far the kernel goes along.
pub(crate) fn apply(reach: &Reach, demand: Demand<'_>) -> Result<Level, SuperviseError> {
    let files = |error: RulesetError| SuperviseError::System {
        what: "the kernel cannot enforce the walls, and [walls] required is set: \
               Landlock ABI 3 (Linux 6.2) must be built in and named in the lsm= boot parameter",
        source: io::Error::other(error),
    };
    let ruleset = handle_files(demand.required).map_err(files)?;
    let ruleset = handle_ports(ruleset, reach, demand)
        .map_err(|error| refused(Weakness::NoTcp, io::Error::other(error)))?;
    let ruleset = ruleset
        .set_compatibility(demand.level(Weakness::NoScope))
        .scope(Scope::from_all(ABI::V6))
        .map_err(|error| refused(Weakness::NoScope, io::Error::other(error)))?
        .set_compatibility(CompatLevel::BestEffort);
    let status = ruleset
        .create()
        .and_then(|created| add(created, reach))
        .and_then(RulesetCreated::restrict_self)
        .map_err(files)?;
    if demand.required && status.ruleset == RulesetStatus::NotEnforced {
        return Err(SuperviseError::System {
            what: "the kernel does not enforce the walls, and [walls] required is set",
            source: io::Error::from(io::ErrorKind::Unsupported),
        });
    }
    Ok(Level::of(&status))
}

fn handle_files(required: bool) -> Result<Ruleset, RulesetError> {
    let needed = if required {
        CompatLevel::HardRequirement
    } else {
        CompatLevel::BestEffort
    };
    Ruleset::default()
        .set_compatibility(needed)
        .handle_access(AccessFs::from_all(ABI::V3))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V9))
}

fn handle_ports(
    ruleset: Ruleset,
    reach: &Reach,
    demand: Demand<'_>,
) -> Result<Ruleset, RulesetError> {
    let mut handled = BitFlags::<AccessNet>::EMPTY;
    for (ports, access) in net(reach) {
        // Who may use every port needs no rule, and no kernel that knows them.
        if !ports.iter().any(|ports| ports.is_all()) {
            handled |= access;
        }
    }
    if handled.is_empty() {
        return Ok(ruleset);
    }
    ruleset
        .set_compatibility(demand.level(Weakness::NoTcp))
        .handle_access(handled)
}

fn net(reach: &Reach) -> [(&[Ports], AccessNet); 2] {
    [
        (&reach.connect, AccessNet::ConnectTcp),
        (&reach.bind, AccessNet::BindTcp),
    ]
}

fn add(created: RulesetCreated, reach: &Reach) -> Result<RulesetCreated, RulesetError> {
    let mut read = AccessFs::ReadFile | AccessFs::ReadDir;
    let mut write = AccessFs::from_all(ABI::V9)
        & !(AccessFs::MakeChar | AccessFs::MakeBlock)
        & !AccessFs::Execute;
    let device = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate | AccessFs::IoctlDev;
    // What may be read of the run's own folders is what it speaks through as well.
    read |= AccessFs::ResolveUnix;
    if reach.execute.is_none() {
        read |= AccessFs::Execute;
        write |= AccessFs::Execute;
    }
    let execute = AccessFs::Execute | AccessFs::ReadFile;
    let mut created = created
        .add_rules(path_beneath_rules(&reach.read, read))?
        .add_rules(path_beneath_rules(&reach.write, write))?
        .add_rules(path_beneath_rules(&reach.devices, device))?
        .add_rules(path_beneath_rules(reach.execute.iter().flatten(), execute))?;
    for (ports, access) in net(reach) {
        if ports.iter().any(|ports| ports.is_all()) {
            continue;
        }
        for port in ports.iter().flat_map(|ports| ports.each()) {
            created = created.add_rule(NetPort::new(port, access))?;
        }
    }
    Ok(created)
}

/// How far the kernel goes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Level {
    /// Landlock's version; 0 where there is none.
    pub abi: i32,
    enforced: bool,
}

impl Level {
    fn of(status: &RestrictionStatus) -> Level {
        Level {
            abi: match status.landlock {
                LandlockStatus::NotEnabled | LandlockStatus::NotImplemented => 0,
                LandlockStatus::Available {
                    effective_abi,
                    kernel_abi,
                } => kernel_abi.unwrap_or(effective_abi as i32),
            },
            enforced: status.ruleset != RulesetStatus::NotEnforced,
        }
    }

    /// Whether a wall of Landlock's stands.
    pub(crate) fn has(self, without: Weakness) -> bool {
        match without {
            Weakness::NoTcp => self.abi >= ABI::V4 as i32,
            Weakness::NoScope => self.abi >= ABI::V6 as i32,
            Weakness::NoSeccomp | Weakness::NoView => true,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self.enforced {
            false => "not enforced",
            true if self.has(Weakness::NoTcp) && self.has(Weakness::NoScope) => "fully enforced",
            true => "partly enforced",
        };
        match self.abi {
            0 => write!(f, "{how}: no Landlock"),
            abi => write!(f, "{how}: Landlock ABI {abi}"),
        }
    }
}
