//! A line from an agent → one checked request, or every fault of it at once.
//!
//! Invariant: any bytes are read without panic; what leaves here fits the schema
//! of its [`Kind`], which is the one that the prompt shows.

use crate::model::{Kind, Message, Remark, ReportStatus};
use jsonschema::Validator;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// Faults named in one answer.
const FAULTS_MAX: usize = 20;
/// Characters of one fault.
const FAULT_CHARS_MAX: usize = 300;

/// What an agent wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// To say something that the ledger keeps.
    Say(Message),
    /// To know something at its next run.
    Remember(Remark),
    /// To know where it stands.
    Context,
}

/// A line, not yet believed: the key, the kind and the fields.
pub(super) struct Line {
    pub key: String,
    pub kind: Kind,
    pub fields: Value,
}

/// Reads a line: `{"key": …, "<kind>": {…}}`.
pub(super) fn read(line: &[u8]) -> Result<Line, String> {
    let form = || {
        let kinds = Kind::ALL.map(|kind| format!("\"{}\"", kind.name()));
        format!(
            "the message is not {{\"key\":…,\"<kind>\":{{…}}}} with one kind of {}",
            kinds.join(", ")
        )
    };
    let mut map: Map<String, Value> =
        serde_json::from_slice(line).map_err(|error| format!("{}: {error}", form()))?;
    let Some(Value::String(key)) = map.shift_remove("key") else {
        return Err(format!("{}: the key is missing", form()));
    };
    let mut rest = map.into_iter();
    let (Some((name, fields)), None) = (rest.next(), rest.next()) else {
        return Err(form());
    };
    let kind = Kind::of(&name).ok_or_else(|| {
        let name: String = name.chars().take(FAULT_CHARS_MAX).collect();
        format!("{}, found {name:?}", form())
    })?;
    Ok(Line { key, kind, fields })
}

/// Checks the fields of a kind against its schema.
///
/// # Errors
/// Every fault, each with its place.
pub fn check(kind: Kind, mut fields: Value) -> Result<Request, String> {
    if kind == Kind::Report {
        underscored(&mut fields);
    }
    let faults = faults(kind, &fields)?;
    if !faults.is_empty() {
        return Err(refused(kind, &faults.join("; ")));
    }
    Ok(match kind {
        Kind::Report => Request::Say(Message::Report(parsed(kind, fields)?)),
        Kind::Ask => Request::Say(Message::Ask(parsed(kind, fields)?)),
        Kind::Mention => Request::Say(Message::Mention(parsed(kind, fields)?)),
        Kind::OpenIssue => Request::Say(Message::OpenIssue(parsed(kind, fields)?)),
        Kind::Remember => Request::Remember(parsed(kind, fields)?),
        Kind::Context => Request::Context,
    })
}

/// Takes `needs-clarification` for `needs_clarification`.
fn underscored(fields: &mut Value) {
    if let Some(Value::String(status)) = fields.get_mut("status") {
        *status = status.replace('-', "_");
    }
}

fn faults(kind: Kind, fields: &Value) -> Result<Vec<String>, String> {
    let validator = SCHEMAS
        .iter()
        .find(|(of, _)| *of == kind)
        .and_then(|(_, validator)| validator.as_ref())
        .ok_or_else(|| {
            refused(
                kind,
                "its schema cannot be read; this is a fault of the factory",
            )
        })?;
    let found = validator.iter_errors(fields).take(FAULTS_MAX).map(|fault| {
        let place = fault.instance_path().to_string();
        let fault = match (kind, place.as_str()) {
            (Kind::Report, "/status") => format!("expected one of {}", statuses()),
            _ => fault.to_string(),
        };
        let place = if place.is_empty() {
            kind.name()
        } else {
            &place
        };
        format!("{place}: {fault}")
            .chars()
            .take(FAULT_CHARS_MAX)
            .collect()
    });
    Ok(found.collect())
}

fn parsed<T: DeserializeOwned>(kind: Kind, fields: Value) -> Result<T, String> {
    serde_json::from_value(fields).map_err(|error| refused(kind, &error.to_string()))
}

fn refused(kind: Kind, why: &str) -> String {
    format!(
        "the {} is refused: {why}. It is written like this: {}",
        kind.name(),
        kind.example()
    )
}

/// Compiled once: each run has a socket, and the schemas do not change.
static SCHEMAS: LazyLock<Vec<(Kind, Option<Validator>)>> = LazyLock::new(|| {
    let compiled = |kind: Kind| jsonschema::validator_for(&kind.schema()).ok();
    Kind::ALL.map(|kind| (kind, compiled(kind))).into()
});

/// The schema's own message would only say that none of its branches fits.
fn statuses() -> String {
    [
        ReportStatus::Done,
        ReportStatus::Rejected,
        ReportStatus::NeedsClarification,
        ReportStatus::Blocked,
    ]
    .map(|status| serde_json::json!(status).to_string())
    .join(", ")
}
