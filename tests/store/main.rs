//! The ledger, from outside: what it promises, each promise a test.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail by panicking"
)]

mod commit;
mod crash;
mod folder;
mod identity;
mod lock;
mod migrate;
mod note;
mod reader;
mod sample;
mod support;
mod world;
