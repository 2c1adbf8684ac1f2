//! Everything that can wake the loop, and everything it can ask for.
//!
//! Invariant: the list is closed, and an event holds no instruction: what it is
//! about is in the ledger already.

use crate::act::Job;
use crate::model::settings::Settings;
use crate::model::{Change, EffectKey, RunId};
use std::sync::Arc;

/// What woke the loop.
#[derive(Debug)]
pub enum Event {
    /// A batch is durable.
    Committed(Arc<Vec<Change>>),
    /// The plan under way is durable, or why not.
    PlanCommitted(Result<(), String>),
    /// The tick.
    Tick,
    /// A schedule's slot or a planned moment came.
    Wake,
    /// The forge was read, or why not.
    Polled(Result<(), String>),
    /// The factory's own signs were looked at: why no new run may start.
    Watched {
        /// `None`: fit.
        unfit: Option<String>,
    },
    /// An effect is no longer in flight.
    EffectOver(EffectKey),
    /// A run's supervision ended.
    RunOver,
    /// Somebody says that the forge has news: a hint, and a reason to look now.
    Nudge,
    /// SIGHUP: the config is to be read again.
    Reload,
    /// The config was read again: the settings now in force, or why they stay.
    Reloaded(Result<Arc<Settings>, String>),
    /// SIGTERM or SIGINT.
    Stop,
}

impl Event {
    /// The word for logs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Event::Committed(_) => "committed",
            Event::PlanCommitted(_) => "plan committed",
            Event::Tick => "tick",
            Event::Wake => "wake",
            Event::Polled(_) => "polled",
            Event::Watched { .. } => "watched",
            Event::EffectOver(_) => "effect over",
            Event::RunOver => "run over",
            Event::Nudge => "nudge",
            Event::Reload => "reload",
            Event::Reloaded(_) => "reloaded",
            Event::Stop => "stop",
        }
    }
}

/// What the loop asks for. None of it is waited for.
#[derive(Debug, PartialEq, Eq)]
pub enum Do {
    /// Commit these rows, then say so with [`Event::PlanCommitted`].
    Commit(Vec<Change>),
    /// Try this effect.
    Start(Box<Job>),
    /// Record that an effect must not happen.
    Void(EffectKey, u32, String),
    /// Read the forge.
    Poll,
    /// Look at the factory's own signs.
    Watch,
    /// Read the config again.
    Reload,
    /// Put the state's settings in force everywhere.
    Adopt,
    /// Say that the config was refused (why), or that it is well again.
    ConfigAlert(Option<String>),
    /// Ask one run to end.
    StopRun(RunId),
    /// Let runs start again.
    AllowRuns,
    /// Ask all runs to end.
    StopRuns,
    /// Kill all runs.
    KillRuns,
    /// Leave the loop.
    Leave,
}
