//! Issues and links → ranks, readiness and cycles, as values and as `adf rank`.

mod command;
mod graph;
mod oracle;
mod properties;
