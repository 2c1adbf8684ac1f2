//! The config's schema → its reference for people, in Markdown.
//!
//! Invariant: every key of the schema is in it, with what it may be, what it is when it is
//! left out, and what it does.

use serde_json::Value;
use std::fmt::Write as _;

/// A section that is still to be told: its heading, its words, its keys.
type Section<'s> = (String, &'s str, &'s Value);

/// The reference of `adf.toml`.
#[must_use]
pub fn reference() -> String {
    let schema = super::schema();
    let mut text = String::from(
        "# The config\n\nEvery key of `adf.toml`. What is not here is a fault. `adf schema config` says the same to programs.\n",
    );
    let span = schema["$defs"]["Span"]["description"].as_str();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "\nA *span*: {}", span.unwrap_or_default());
    let mut waiting = tell(&schema, &schema, "", &mut text);
    waiting.reverse();
    while let Some((heading, about, keys)) = waiting.pop() {
        let name = heading.trim_matches(['[', ']']).to_owned();
        let _ = writeln!(text, "\n## `{heading}`\n\n{}", about.trim());
        let mut inner = tell(&schema, keys, &name, &mut text);
        inner.reverse();
        waiting.extend(inner);
    }
    text
}

/// Writes the keys of one section; gives the sections inside it.
fn tell<'s>(
    root: &'s Value,
    section: &'s Value,
    name: &str,
    text: &mut String,
) -> Vec<Section<'s>> {
    let required = section["required"].as_array();
    let is_required = |key: &str| required.is_some_and(|keys| keys.iter().any(|k| k == key));
    let (mut inner, mut rows) = (Vec::new(), String::new());
    for (key, value) in section["properties"].as_object().into_iter().flatten() {
        let path = match name {
            "" => key.clone(),
            name => format!("{name}.{key}"),
        };
        let about = value["description"].as_str().unwrap_or_default();
        if let Some((heading, keys)) = below(root, value, &path) {
            inner.push((heading, about, keys));
            continue;
        }
        let default = match (&value["default"], is_required(key)) {
            (_, true) => "required".to_owned(),
            (Value::Null, false) => String::new(),
            (default, false) => format!("`{default}`"),
        };
        let kind = kind(root, value);
        let _ = writeln!(rows, "| `{key}` | {kind} | {default} | {} |", cell(about));
    }
    if !rows.is_empty() {
        let _ = write!(
            text,
            "\n| key | what | default | |\n|---|---|---|---|\n{rows}"
        );
    }
    inner
}

/// The section that a key stands for, if it is one.
fn below<'s>(root: &'s Value, value: &'s Value, path: &str) -> Option<(String, &'s Value)> {
    let has_keys = |value: &'s Value| {
        let keys = resolved(root, value);
        keys["properties"].is_object().then_some(keys)
    };
    if let Some(keys) = has_keys(value) {
        return Some((format!("[{path}]"), keys));
    }
    if let Some(keys) = has_keys(&value["items"]) {
        return Some((format!("[[{path}]]"), keys));
    }
    has_keys(&value["additionalProperties"]).map(|keys| (format!("[{path}.NAME]"), keys))
}

fn resolved<'s>(root: &'s Value, value: &'s Value) -> &'s Value {
    let name = value["$ref"].as_str().and_then(|at| at.rsplit('/').next());
    name.map_or(value, |name| &root["$defs"][name])
}

/// What a value may be, in few words.
fn kind(root: &Value, value: &Value) -> String {
    if value["$ref"]
        .as_str()
        .is_some_and(|at| at.ends_with("/Span"))
    {
        return "span".to_owned();
    }
    let value = resolved(root, value);
    let words = |values: &[Value]| {
        let words = values.iter().map(|word| format!("`{word}`"));
        words.collect::<Vec<_>>().join(", ")
    };
    if let Some(values) = value["enum"].as_array() {
        return words(values);
    }
    if let Some(values) = value["oneOf"].as_array() {
        let each: Vec<Value> = values.iter().map(|v| v["const"].clone()).collect();
        return words(&each);
    }
    let bounds = match (&value["minimum"], &value["maximum"]) {
        (Value::Null, Value::Null) => String::new(),
        (min, Value::Null) => format!(", {min} or more"),
        (Value::Null, max) => format!(", {max} at most"),
        (min, max) => format!(", {min} to {max}"),
    };
    match &value["type"] {
        Value::String(name) if name == "array" => format!("list: {}", kind(root, &value["items"])),
        Value::String(name) if name == "object" => {
            format!("table: {}", kind(root, &value["additionalProperties"]))
        }
        Value::String(name) => format!("{name}{bounds}"),
        Value::Array(names) => {
            let names = names.iter().filter_map(Value::as_str);
            format!("{}{bounds}", names.collect::<Vec<_>>().join(" or "))
        }
        _ => "value".to_owned(),
    }
}

/// Text that stands in a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
