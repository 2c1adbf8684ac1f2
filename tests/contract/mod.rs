//! A suite of claims and the hosts they are held against.
//!
//! A claim is an async function over a [`world::Ground`]: a fresh repository on
//! some [`world::Host`]. To hold another forge to the contract, write a host.

pub mod comments;
pub mod embedded;
pub mod gitea;
pub mod issues;
pub mod labels;
pub mod pulls;
pub mod repo;
pub mod reviews;
pub mod run;
pub mod world;
