//! A change to the ledger: one row written, by the one who owns that row.
//!
//! Invariant: the store writes a change to disk and the [`super::World`]
//! applies the same value in memory, so the two cannot disagree.

use super::*;
use serde::{Deserialize, Serialize};

/// One row written. The owner of each kind is named; nobody else writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// sense: the repository as last told.
    Repository(Repository),
    /// sense: the logins that may write, lower case, replaced as a whole.
    Writers {
        /// Their logins.
        logins: Vec<String>,
        /// When they were read.
        seen_at: Time,
    },
    /// sense: an issue or pull request.
    Issue(Issue),
    /// sense: what an issue waits for, replaced as a whole.
    Links(Links),
    /// sense: a new version of a passage.
    Passage(Passage),
    /// sense: a mention found; ignored when its id is known.
    Mention(Mention),
    /// sense: a mark found; ignored when its comment is known.
    Mark(Mark),
    /// sense: a slot came due; ignored when known.
    Fire(Fire),
    /// sense (nightwatch) and the executor: an alert raised or cleared.
    Alert(Alert),
    /// sense: a cursor moved, in the same batch as what it covers.
    Cursor {
        /// Which: `comments`, `issues`, `since`, `scanned`, `backlog`, `begun`.
        name: String,
        /// Where it stands now.
        at: Time,
    },
    /// the operator's socket: what an operator ordered.
    Operator(Ordered),
    /// planner: what became of a mention.
    MentionState {
        /// The mention.
        id: MentionId,
        /// Its new state.
        state: MentionState,
    },
    /// planner: a task, whole.
    Task(Task),
    /// planner: a new run; ignored when its id is known. Recovery: a run found on disk.
    Run(Run),
    /// executor: a run moved on.
    RunState {
        /// The run.
        id: RunId,
        /// The base, once known.
        base: Option<Sha>,
        /// The supervisor, once known.
        process: Option<Process>,
        /// Its new state.
        state: RunState,
    },
    /// planner: an effect intended; ignored when its key is known.
    Effect(Effect),
    /// executor: an effect moved on. Planner: voided.
    EffectState {
        /// The effect.
        key: EffectKey,
        /// How often it was tried.
        tries: u32,
        /// Its new state.
        state: EffectState,
    },
    /// restore: what a backup knows of an effect is too old to be relied on.
    EffectForgotten(EffectKey),
    /// restore: what a backup knows of a task is too old to be relied on.
    TaskForgotten(TaskId),
    /// ipc: what an agent said, as checked.
    Message {
        /// The run that said it.
        run: RunId,
        /// Counts a run's messages, from 1.
        sequence: u32,
        /// When.
        at: Time,
        /// What.
        message: Message,
    },
    /// ipc: what an agent wants to know at its next run; replaces what its key held that day.
    Note(Note),
    /// ipc: a tool call that the guard denied.
    GuardDenial(GuardDenial),
}
