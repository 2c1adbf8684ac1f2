//! Supervision with real processes, the shipped binary and this kernel's walls.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "these tests start processes and git themselves, time their ends, and fail by panic"
)]

mod bubble;
mod crash;
mod ending;
mod harvest;
mod output;
mod ports;
mod roles;
mod support;
mod told;
mod view;
mod walls;
