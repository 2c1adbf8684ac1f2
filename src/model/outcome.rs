//! What the factory established about a run: exit, work and report, each shown
//! as what it is.
//!
//! Invariant: the agent's report is a claim beside the facts, never their source.

use super::{Failure, Report, Sha, Told};
use serde::{Deserialize, Serialize};

/// How a run ended, as established by the factory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// How the process ended.
    pub exit: Exit,
    /// Why it counts as failed; `None` when it does not.
    pub class: Option<FailureClass>,
    /// By which rule, and with which fingerprint, when it does.
    #[serde(default)]
    pub failure: Option<Failure>,
    /// What happened, in one line for people.
    pub reason: String,
    /// What was found in the bundle; `None` when there is no commit.
    pub work: Option<Work>,
    /// There may be work in its workspace that was not taken in: nobody has looked, or it could not be.
    #[serde(default)]
    pub untaken: bool,
    /// The agent's own words, if it reported.
    pub report: Option<Report>,
    /// Bytes of output it wrote.
    pub output_bytes: u64,
    /// Bytes of it that were not kept.
    pub output_cut: u64,
    /// Steps counted.
    pub steps: u32,
    /// What its CLI told of it.
    #[serde(default)]
    pub told: Told,
}

impl Outcome {
    /// An outcome without work or report.
    #[must_use]
    pub fn without_work(exit: Exit, reason: String) -> Outcome {
        Outcome {
            exit,
            class: None,
            failure: None,
            reason,
            work: None,
            untaken: false,
            report: None,
            output_bytes: 0,
            output_cut: 0,
            steps: 0,
            told: Told::default(),
        }
    }
}

/// How the agent's process ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// By itself, with a code.
    Code(i32),
    /// By a signal that the factory did not send.
    Signal(i32),
    /// Stopped at its wall time.
    WallTime,
    /// Stopped at its number of steps.
    Steps,
    /// Stopped because of what the guard denied or did not see; the reason says which.
    Guard,
    /// Stopped because the factory stopped, or was killed with it.
    Interrupted,
    /// Never started: the preflight or the start failed; the reason says why.
    NotStarted {
        /// Whether the same start can succeed once the world changes.
        waits: bool,
    },
}

/// Commits of a run, read from its bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// The commit it starts from.
    pub base: Sha,
    /// The last commit, with the snapshot of uncommitted work on top if there was any.
    pub head: Sha,
    /// Commits between them.
    pub commits: u32,
    /// Paths changed, at most [`Work::PATHS_MAX`].
    pub paths: Vec<String>,
    /// Paths changed in all.
    pub paths_total: u32,
    /// Lines added and removed.
    pub lines: (u64, u64),
    /// The head holds work that the agent had not committed.
    pub uncommitted: bool,
    /// What among it the factory does not push: paths, and where a secret stands, for people.
    pub protected: Vec<String>,
}

impl Work {
    /// How many paths are kept by name.
    pub const PATHS_MAX: usize = 50;
}

/// Why a run failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FailureClass {
    /// Time mends it.
    Transient,
    /// A credential or a right is missing.
    Auth,
    /// The work itself went wrong: no commit, a bad exit.
    Logic,
    /// Disk, memory or a limit ran out.
    Resource,
    /// It took too long.
    Timeout,
    /// None of the rules knows it.
    Unknown,
}

impl FailureClass {
    /// All of them.
    pub const ALL: [FailureClass; 6] = [
        FailureClass::Transient,
        FailureClass::Auth,
        FailureClass::Logic,
        FailureClass::Resource,
        FailureClass::Timeout,
        FailureClass::Unknown,
    ];

    /// The word for people and logs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            FailureClass::Transient => "TRANSIENT",
            FailureClass::Auth => "AUTH",
            FailureClass::Logic => "LOGIC",
            FailureClass::Resource => "RESOURCE",
            FailureClass::Timeout => "TIMEOUT",
            FailureClass::Unknown => "UNKNOWN",
        }
    }
}
