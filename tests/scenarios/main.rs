//! Each scenario of the demo, played through the shipped executable: its end is
//! the object that scripts read, and the demo's own verdict is the exit code.
//!
//! What is expected in detail is in the demo itself, which looks at the forge,
//! the process table, the log and the ledger; [`failing`] holds it to that.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod agents;
mod backlog;
mod failing;
mod others;
mod outlaws;
mod stage;
