//! A graph as anybody may write it, `{"issues":[1,2],"dependencies":[{"issue":2,"depends_on":1}]}`,
//! becomes an [`IssueGraph`].
//!
//! Invariant: what is refused is refused whole, with what was wrong and what
//! would be right; an issue that is not among the issues blocks as unknown.

use crate::{GraphError, IssueGraph, Link, Node, On};
use serde_json::Value;

type Map = serde_json::Map<String, Value>;

const FORM: &str = r#"expected {"issues":[1,2,3],"dependencies":[{"issue":2,"depends_on":1}]}"#;
/// The longest text of a graph, in bytes.
pub const TEXT_BYTES_MAX: usize = 64 << 20;

/// Why a text is no graph.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// It goes on beyond the bound.
    #[error("the graph is longer than {} MiB; rank a part of it", TEXT_BYTES_MAX >> 20)]
    TooLong,
    /// It is no JSON.
    #[error("not a graph: {0}; {FORM}")]
    Json(#[from] serde_json::Error),
    /// It is not the form.
    #[error("not a graph: {0}; {FORM}")]
    Form(String),
    /// It is no graph of issues.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

fn not(what: String) -> InputError {
    InputError::Form(what)
}

/// An object with these keys and no other; how it is called in a message is `what`.
fn object<'v>(value: &'v Value, what: &str, keys: [&str; 2]) -> Result<&'v Map, InputError> {
    let Value::Object(map) = value else {
        return Err(not(format!("{what} is no object, but {}", kind(value))));
    };
    match map.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(key) => Err(not(format!(
            "unknown field `{key}` of {what}; there are `{}` and `{}`",
            keys[0], keys[1]
        ))),
        None => Ok(map),
    }
}

fn list<'v>(map: &'v Map, key: &str) -> Result<&'v [Value], InputError> {
    match map.get(key) {
        Some(Value::Array(values)) => Ok(values),
        Some(other) => Err(not(format!("`{key}` is no list, but {}", kind(other)))),
        None if key == "issues" => Err(not("`issues` is missing".to_owned())),
        None => Ok(&[]),
    }
}

/// The number of an issue.
fn number(value: Option<&Value>, what: &str) -> Result<u64, InputError> {
    let Some(value) = value else {
        return Err(not(format!("{what} is missing")));
    };
    value.as_u64().ok_or_else(|| {
        let kind = kind(value);
        not(format!(
            "{what} is {kind}, and not the number of an issue, a whole one from 0"
        ))
    })
}

/// What a value is, short.
fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "true or false".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(_) => "a text".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// Reads a graph of open issues.
///
/// # Errors
/// A text that is too long, not of the form, or not a graph.
pub fn read(text: &[u8]) -> Result<IssueGraph, InputError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(InputError::TooLong);
    }
    let value: Value = serde_json::from_slice(text)?;
    let graph = object(&value, "the graph", ["issues", "dependencies"])?;
    let mut issues = Vec::new();
    for issue in list(graph, "issues")? {
        issues.push(Node::open(number(Some(issue), "an issue")?));
    }
    let mut links = Vec::new();
    for dependency in list(graph, "dependencies")? {
        let on = object(dependency, "a dependency", ["issue", "depends_on"])?;
        let end = |key: &str| number(on.get(key), &format!("`{key}` of a dependency"));
        links.push(Link {
            issue: end("issue")?,
            on: On::Issue(end("depends_on")?),
        });
    }
    Ok(IssueGraph::new(issues, &links)?)
}
