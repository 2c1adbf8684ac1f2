//! A dark factory for Gitea and Forgejo.
//!
//! Events only *wake* the loop; each wake-up takes one `Snapshot` of what the
//! factory knows, a synchronous planner turns it into a `Plan` (actions, and the
//! reason for everything not done), an executor carries the plan out, and each
//! outcome is the next wake-up.
//!
//! Folders follow the data: `sense` → `decide` → `act`, with `model` for the
//! nouns, `store` for the ledger and `app` as the place where adapters meet.
//! Who may import whom is written in ARCHITECTURE.md and checked by `tests/tidy.rs`.

pub mod act;
pub mod app;
pub mod backup;
pub mod classify;
pub mod cli;
pub mod clock;
pub mod config;
pub mod courier;
pub mod decide;
pub mod doctor;
pub mod forge;
pub mod guard;
pub mod ipc;
pub mod mention;
pub mod model;
pub mod prompt;
pub mod provider;
pub mod reconcile;
pub mod redact;
pub mod routing;
pub mod sandbox;
pub mod schedule;
pub mod sense;
pub mod setup;
pub mod store;
pub mod telemetry;
