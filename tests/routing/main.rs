//! Texts → tier, provider and model: the shipped files, every rule of
//! precedence, what is wrong with files, and `adf route`.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod command;
mod files;
mod house;
mod precedence;
mod properties;
mod shipped;
