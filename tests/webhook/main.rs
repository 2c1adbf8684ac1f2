//! The webhook's desk, by real HTTP: what is taken, what is refused, how bounded.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where its ground gives way"
)]

mod check;
mod desk;
