//! Issues and links → ranks, readiness and cycles, as values and as `adf rank`.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod command;
mod graph;
mod known;
mod oracle;
mod properties;
