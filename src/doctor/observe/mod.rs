//! Things are tried → facts, as they were found.
//!
//! Invariant: nothing is judged here; what could not be found out is a fact too.

pub mod access;
pub mod agents;
pub mod binary;
pub mod forge;
pub mod machine;
pub mod passed;
pub mod push;
pub mod sinks;
pub mod state;
pub mod unit;
pub mod unit_text;
pub mod webhook;
