//! Placeholder.

/// The JSON Schema of a mention.
#[must_use]
pub fn schema() -> serde_json::Value {
    serde_json::json!({})
}
