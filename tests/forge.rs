//! The forge client against a server that misbehaves on demand. See `forge/mod.rs`.

#![expect(
    clippy::expect_used,
    reason = "a test stops where its ground gives way"
)]

#[path = "forge/mod.rs"]
mod forge;
