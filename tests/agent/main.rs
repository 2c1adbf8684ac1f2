//! The agent's side of the factory, by the shipped binary: a run's socket over a
//! real ledger, the MCP server, and the whole chain against the embedded forge.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the lint's leave for tests does not reach their helper functions"
)]

mod chain;
mod cli;
mod limits;
mod mcp;
mod room;
