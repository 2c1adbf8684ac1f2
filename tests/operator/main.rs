//! The shipped executable as an operator commands it, against the embedded forge.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops where its ground gives way"
)]

mod away;
mod blocked;
mod cancel;
mod digest;
mod hold;
mod hook;
mod notify;
mod providers;
mod receiver;
mod reload;
mod review;
mod routes;
mod service;
mod support;
