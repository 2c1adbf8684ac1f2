//! An agent's settings → how its CLI is started and how its output is read:
//! argv, environment and the stream of steps. One file per CLI.
//!
//! Invariant: a provider decides nothing and starts nothing; its [`Stream`] is a value,
//! so that a supervisor in another process reads the output with it, and never panics on any bytes.
//! Next: `act::supervise` starts what this describes.

pub mod script;
pub mod stream;

pub use stream::{Signal, Stream};

use crate::model::settings;
use std::{collections::BTreeMap, path::Path};

/// What an agent asks of its provider.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The model, where the provider takes one.
    pub model: Option<&'a str>,
    /// Tools the agent may use.
    pub tools: &'a [String],
    /// The prompt's file, as the agent sees it; it is also standard input.
    pub prompt: &'a Path,
}

/// An agent CLI.
pub trait Provider: Send + Sync {
    /// Program and arguments; never a secret.
    fn argv(&self, ask: &Ask<'_>) -> Vec<String>;
    /// Variables besides the common ones.
    fn env(&self, ask: &Ask<'_>) -> BTreeMap<String, String>;
    /// How its standard output is read.
    fn stream(&self) -> Stream;
}

/// The provider that settings describe.
#[must_use]
pub fn of(settings: &settings::Provider) -> Box<dyn Provider> {
    match settings {
        settings::Provider::Script { command } => Box::new(script::Script {
            command: command.clone(),
        }),
    }
}
