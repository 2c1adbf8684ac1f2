//! A plan's effects happen: comments, runs, pushes, pull requests.
//!
//! Invariant: an effect is marked tried before it is tried and marked with its
//! result after; what may already have happened is looked for first. Nothing
//! here chooses: what to do is in the effect. [`executor`], [`comment`],
//! [`propose`] and [`recover`] hold the protocol, over any [`outside`];
//! [`machine`] is the real one, with a run's life in [`start`] to [`establish`];
//! [`desk`] hears the agent of a run; [`orphans`] sweeps what runs left behind.

pub mod briefing;
mod claim;
pub mod comment;
mod confinement;
pub mod context;
pub mod deliver;
pub mod desk;
pub mod disk;
pub mod display;
pub mod establish;
pub mod executor;
pub mod follow;
pub mod git;
pub mod issue;
mod launch;
pub mod machine;
pub mod memory;
pub mod notify;
pub mod orphans;
pub mod outside;
pub mod preflight;
pub mod propose;
pub mod providers;
pub mod recover;
mod reread;
mod resume;
pub mod standing;
pub mod start;
pub mod supervise;
pub mod trial;
pub mod trouble;
mod watchman;
pub mod workspace;

pub use executor::{Executor, Identity, Job};
pub use machine::{Machine, Tools};
pub use outside::Outside;
