//! A snapshot becomes a plan: what to write down, what to start, when to look
//! again, and the reason for everything left alone.
//!
//! Invariant: synchronous and deterministic. No I/O, clock, randomness or
//! environment; the same snapshot gives the same plan, byte for byte.
//! [`plan`] is the entry; [`intake`] takes mentions and slots, [`calls`] what agents
//! ask for, [`coordinate`] what is ready, [`clarify`] their questions, [`steps`] moves tasks on, [`turns`] says whose turn it is, [`admission`] says
//! who may start, [`ending`] reads an outcome, [`health`] what outcomes say of providers,
//! [`display`] lets issues show it, [`cycles`] says who waits for each other, [`twins`] has what stands twice swept, [`escalate`] calls people, [`notify`] tells operators, [`operator`] obeys operators,
//! [`words`] holds every text that people will see; [`graph`] knows what issues wait for, [`view`] shows it to an
//! agent that coordinates; [`rejoin`] prepares a restored ledger.

pub mod admission;
mod adopt;
mod calls;
mod choose;
mod clarify;
pub mod coordinate;
mod cycles;
mod delivery;
mod display;
mod draft;
pub mod ending;
mod escalate;
pub mod failures;
pub mod graph;
mod hands;
pub mod health;
mod intake;
mod notice;
mod notify;
pub mod operator;
mod past;
mod refuse;
pub mod rejoin;
mod routes;
mod speech;
mod standing;
mod steps;
mod tidings;
mod turns;
mod twins;
pub mod view;
mod why;
pub mod words;

pub use routes::Routes;

use crate::model::{Plan, Snapshot};

/// Decides what to do now.
///
/// `routes` are those of the snapshot's settings.
///
/// Assumes that effects named in `in_flight` are being tried at this moment and
/// that every other open effect is not.
#[must_use]
pub fn plan(snapshot: &Snapshot<'_>, routes: &Routes) -> Plan {
    let mut draft = draft::Draft::new(snapshot, routes);
    intake::mentions(&mut draft);
    intake::fires(&mut draft);
    calls::take(&mut draft);
    adopt::unmentioned(&mut draft);
    steps::replies(&mut draft);
    steps::tasks(&mut draft);
    coordinate::take(&mut draft);
    display::follow(&mut draft);
    cycles::say(&mut draft);
    twins::sweep(&mut draft);
    notify::tell(&mut draft);
    draft.finish()
}
