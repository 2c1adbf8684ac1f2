//! Supervision with real processes, the shipped binary and this kernel's walls.

#![expect(
    clippy::disallowed_methods,
    reason = "these tests start processes and git themselves, and time their ends"
)]

mod crash;
mod ending;
mod harvest;
mod output;
mod support;
mod walls;
