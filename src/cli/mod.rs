//! Placeholder.

pub mod schema;
pub mod validate_config;
