//! `adf doctor` as the shipped executable, in worlds of which each has one fault.
//!
//! A row is a world: what is spoilt in it, and which check must say so, how
//! badly, with which words of a remedy, and with which exit code. [`world`] is
//! the world that is well; the other files are the rows.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod fix;
mod forge;
mod judged;
mod machine;
mod notify;
mod real;
mod repository;
mod service;
mod state;
mod unit;
mod webhook;
mod world;
