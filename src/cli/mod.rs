//! One file per command; no logic here.

pub mod agent;
pub mod exec;
