//! What the planner looks at: the world, the config and the moment, borrowed.

use super::{EffectKey, FactoryId, Time, World, settings::Settings};
use std::collections::BTreeSet;

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
    pub factory: &'a FactoryId,
    /// The forge was read at least once since the start.
    pub synced: bool,
    /// The factory is stopping: end what runs, start nothing.
    pub draining: bool,
    /// Why no new run may start (disk, ledger), with the remedy.
    pub unfit: Option<&'a str>,
    /// Effects being tried at this moment.
    pub in_flight: &'a BTreeSet<EffectKey>,
}

/// Nothing is under way.
static NONE: BTreeSet<EffectKey> = BTreeSet::new();

impl<'a> Snapshot<'a> {
    /// A world that is only looked at: read whole, with nothing under way.
    #[must_use]
    pub fn looked_at(
        now: Time,
        world: &'a World,
        settings: &'a Settings,
        factory: &'a FactoryId,
    ) -> Snapshot<'a> {
        Snapshot {
            now,
            world,
            settings,
            factory,
            synced: true,
            draining: false,
            unfit: None,
            in_flight: &NONE,
        }
    }
}
