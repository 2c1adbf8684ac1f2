//! The outside world becomes facts in the ledger.
//!
//! Invariant: facts first. What a source saw is committed, with the cursor that
//! covers it, before anything acts on it; nothing here decides. [`poll`] reads
//! the forge through [`source`], [`cursor`] is how far it was read, [`passages`] turns texts into rows, [`backlog`] reads what issues wait for, [`cycles`] says who waits for each other, [`cron`] and [`nightwatch`]
//! are the factory's own clocks and watches, and [`webhook`] only hints.

mod backlog;
pub mod cron;
mod cursor;
mod cycles;
pub mod nightwatch;
pub mod passages;
pub mod poll;
mod reason;
mod reviews;
pub mod source;
pub mod webhook;
mod writers;

pub use cron::CronSource;
pub use passages::{Stored, Text};
pub use poll::{Poller, Wiring};
pub use reason::SenseError;
pub use source::{Source, Sources};
