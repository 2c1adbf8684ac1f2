//! `[routing]` as written. See [`super::raw`] for what holds of all sections.
//!
//! Invariant: without the section nothing is routed: agents run with the provider
//! and model of their own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Routing: the words of a task choose provider and model, by files of keywords. Without this section every agent runs with its own.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Routing {
    /// The folder of the routing files, `*.md`. Default: the shipped tiers planning, implementation and review. `adf route` shows what a text comes to.
    #[schemars(length(min = 1, max = 1000))]
    pub dir: Option<PathBuf>,
    /// The provider of agents that name none when nothing is matched, one of [providers]. Default: the only one.
    #[schemars(length(min = 1, max = 100))]
    pub provider: Option<String>,
    /// The model that goes with `provider`; an alias such as `sonnet` outlives a version.
    #[schemars(length(min = 1, max = 200))]
    pub model: Option<String>,
}
