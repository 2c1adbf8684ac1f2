//! `[coordinator]` as written. See [`super::raw`] for what holds of all sections.
//!
//! Invariant: without the section, and with `mode = "off"`, nothing is taken up that
//! nobody asked for, and no dependency is read from the forge.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Who takes up issues that nobody gave to an agent. `adf rank` shows their order.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Coordinator {
    /// `off`: nobody. `builtin`: the factory, by rank, with no model: the highest ranked open issue that bears the label, waits for no other and was not taken before. `agent`: the agent named in `agent`, by mentions; its prompt shows it the open issues by rank, with their milestones.
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
    /// With `mode = "agent"`: the agent that coordinates.
    #[schemars(length(min = 1, max = 40))]
    pub agent: Option<String>,
    /// With `mode = "agent"`: a text file, at most 32 KiB, that says what the project is for. It stands in each prompt of that agent, as data; it is read when the config is.
    #[schemars(length(min = 1, max = 1000))]
    pub vision: Option<PathBuf>,
    /// With `mode = "builtin"`: the minutes in which the factory takes up issues, as a crontab line; without it any. With `mode = "agent"`: when that agent starts by itself, as `cron` of [[agents]] has it; one of the two may say so.
    #[schemars(length(min = 1, max = 1000))]
    pub cron: Option<String>,
    /// The number of the standing issue on which it reports; goes with `cron`. Default: the factory opens one when its first slot comes.
    #[schemars(range(min = 1))]
    pub cron_issue: Option<u64>,
    /// What is asked of it at each slot of `cron`.
    #[schemars(length(min = 1, max = 10_000))]
    pub cron_instruction: Option<String>,
}

impl Default for Coordinator {
    fn default() -> Self {
        Coordinator {
            mode: CoordinatorMode::Off,
            label: "adf:ready".to_owned(),
            open: 2,
            agents: Vec::new(),
            agent: None,
            vision: None,
            cron: None,
            cron_issue: None,
            cron_instruction: None,
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
    /// An agent, by mentions.
    Agent,
}
