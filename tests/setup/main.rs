//! `adf init` and the ten bugs of a first set-up, with the shipped executable.
//!
//! Each test has a checkout and a folder of its own; what is written is loaded by
//! the code that `validate-config` and `run` use, and looked at as its operator does.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod bugs;
mod combinations;
mod dispatch;
mod init;
mod install;
mod places;
mod refused;
mod site;
mod smoke;
mod units;
mod upgrade;
