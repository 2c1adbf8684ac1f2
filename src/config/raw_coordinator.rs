//! `[coordinator]` as written. See [`super::raw`] for what holds of all sections.
//!
//! Invariant: without the section, and with `mode = "off"`, nothing is taken up that
//! nobody asked for, and no dependency is read from the forge.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who takes up issues that nobody gave to an agent. `adf rank` shows their order.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Coordinator {
    /// `off`: nobody. `builtin`: the factory, by rank, with no model: the highest ranked open issue that bears the label, waits for no other and was not taken before. An agent on a cron line can do it too, by mentions; it needs no section.
    pub mode: CoordinatorMode,
    /// The label on issues that are wanted.
    #[schemars(length(min = 1, max = 50))]
    pub label: String,
    /// How many tasks of the coordinator may be open at once.
    #[schemars(range(min = 1, max = 64))]
    pub open: u32,
    /// The agents it chooses from. Default: all without a cron line. A label `adf:<agent>` names one of them; else those of the tier that title and labels call for come first, then who has least to do, then the name.
    #[schemars(length(max = 100), inner(length(min = 1, max = 40)))]
    pub agents: Vec<String>,
}

impl Default for Coordinator {
    fn default() -> Self {
        Coordinator {
            mode: CoordinatorMode::Off,
            label: "adf:ready".to_owned(),
            open: 2,
            agents: Vec::new(),
        }
    }
}

/// Who coordinates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum CoordinatorMode {
    /// Nobody.
    #[default]
    Off,
    /// The factory, by rank.
    Builtin,
}
