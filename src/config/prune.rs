//! What the schema refuses, cut out of a copy of the document, so that the
//! cross-checks still see the rest.
//!
//! Invariant: only copies are changed, and every place that was is returned, so
//! that nothing is said about a stand-in.

use super::document::{parent, unescape};
use super::schema::Refused;
use serde_json::{Value, json};

/// Cuts one refused value out, or puts a stand-in for one that is missing.
/// Returns the pointer of what was changed.
pub(super) fn cut(copy: &mut Value, refused: &Refused) -> String {
    let mut pointer = refused.pointer.as_str();
    loop {
        let Some((up, segment)) = parent(pointer).map(|up| (up, last(pointer))) else {
            *copy = json!({});
            return String::new();
        };
        if let Some(Value::Object(object)) = copy.pointer_mut(up) {
            if refused.keyword == "required" {
                object.insert(segment.clone(), stand_in(up, &segment));
            } else {
                object.remove(&segment);
            }
            return pointer.to_owned();
        }
        // An element cannot leave its array without moving the others.
        pointer = up;
    }
}

fn last(pointer: &str) -> String {
    unescape(pointer.rsplit('/').next().unwrap_or_default())
}

/// Something that the schema takes for a required key of the table `at`.
fn stand_in(at: &str, key: &str) -> Value {
    match key {
        "rule" if at.starts_with("/guard/deny/") => json!("project.stand-in"),
        "rule" | "agent" | "target" | "reason" | "instead" if at.starts_with("/guard/") => {
            json!("stand-in")
        }
        "until" => json!("2000-01-01"),
        "kind" if at.starts_with("/notify/") => json!("issue"),
        "url" => json!("http://localhost"),
        "repo" => json!("owner/name"),
        "kind" => json!("script"),
        "command" => json!(["true"]),
        "name" => json!("stand-in"),
        "class" => json!("LOGIC"),
        "phrases" => json!(["stand-in"]),
        _ => json!({}),
    }
}
