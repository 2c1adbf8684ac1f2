//! The forge client against a server that misbehaves on demand. See `forge/mod.rs`.

#[path = "forge/mod.rs"]
mod forge;
