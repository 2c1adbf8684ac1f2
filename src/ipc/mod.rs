//! The local sockets: the agent's and its guard's, one each per run, and the operator's,
//! one per factory.
//!
//! Invariant: every message is one bounded line, answered with one line at once, and
//! carries a key from a file that only those who may speak can read; nobody is
//! believed for being able to connect. [`mcp`] lends the agent's socket to CLIs as tools.

pub mod agent;
pub mod guard;
pub mod mcp;
pub mod operator;
pub mod question;
pub mod request;
pub mod tell;
mod wire;

pub use wire::OpenSocket;
