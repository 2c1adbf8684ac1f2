//! The loop: every source only wakes it, and it never waits.
//!
//! Invariant: arms of the `select!` build an [`Event`]; [`state::State::handle`]
//! is synchronous and answers with [`state::Do`]s; one plan is committed at a
//! time, wakes meanwhile coalesce, and effects start only once their intent is
//! in the ledger. [`run`] is the loop, [`state`] the machine,
//! [`desk`] answers operators, [`log`] keeps the record.

pub mod desk;
pub mod event;
pub mod log;
pub mod run;
pub mod state;

pub use desk::Ask;
pub use event::{Do, Event};
pub use run::{Loop, Report};
pub use state::State;
