//! Carrying a plan out: effects become comments, branches and processes.
//!
//! Invariant: nothing here chooses; what to do was decided and written down
//! before. See [`git`] for the factory's own git calls, [`workspace`] for where
//! agents work and [`deliver`] for how their commits leave.

pub mod deliver;
pub mod disk;
pub mod git;
pub mod workspace;
