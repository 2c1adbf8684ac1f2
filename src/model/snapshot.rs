//! What the planner looks at: the world, the config and the moment, borrowed.

use super::{Time, World, settings::Settings};

/// Everything a decision may depend on.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// The moment.
    pub now: Time,
    /// What the ledger knows.
    pub world: &'a World,
    /// What the operator wants.
    pub settings: &'a Settings,
    /// This factory's own id.
    pub factory: &'a super::FactoryId,
    /// The forge was read at least once since the start.
    pub synced: bool,
    /// The factory is stopping: end what runs, start nothing.
    pub draining: bool,
    /// Why no new run may start (disk, ledger), with the remedy.
    pub unfit: Option<&'a str>,
    /// Effects being tried at this moment.
    pub in_flight: &'a std::collections::BTreeSet<super::EffectKey>,
}
