//! What people and operators see of the shipped executable, end to end.
//!
//! Each test has a world of its own: the embedded forge in this process, the
//! executable as its own process, real git and a scripted agent. It looks at the
//! forge as people do and at the executable as its operator does, and at
//! nothing inside. [`plant`] is the world, [`factory`] what runs in it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod backup;
mod bad_input;
mod chain;
mod claims;
mod cli;
mod damaged;
mod display;
mod ending;
mod factory;
mod failures;
mod faults;
mod idle;
mod kept;
mod kills;
mod mentions;
mod orphans;
mod outcomes;
mod plan;
mod plant;
mod rank;
mod refused;
mod started;
mod validate;
mod walls;
