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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_status_may_be_written_with_either_stroke() {
        for status in ["needs-clarification", "needs_clarification"] {
            let fields = json!({"status": status, "summary": "which?"});
            let Ok(Request::Say(Message::Report(report))) = check(Kind::Report, fields) else {
                panic!("{status} is taken");
            };
            assert_eq!(report.status, ReportStatus::NeedsClarification);
        }
    }

    #[test]
    fn a_question_without_a_deadline_waits_four_hours() {
        let fields = json!({"question": "which?", "default": "this"});
        let Ok(Request::Say(Message::Ask(question))) = check(Kind::Ask, fields) else {
            panic!("it is taken");
        };
        assert_eq!(question.deadline_minutes, 240);
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            Just(json!("done")),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            let name = proptest::sample::select(vec![
                "status",
                "summary",
                "evidence",
                "question",
                "default",
                "deadline_minutes",
                "agent",
                "project",
                "instruction",
                "issue",
                "key",
                "text",
                "title",
                "body",
                "x",
            ]);
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(name, inner, 0..5).prop_map(|map| json!(map)),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(line in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(read(&line).is_err_and(|why| why.contains("\"report\"")));
        }

        #[test]
        fn any_value_is_a_request_in_its_bounds_or_refused_with_a_reason(fields in value()) {
            for kind in Kind::ALL {
                match check(kind, fields.clone()) {
                    Ok(Request::Say(Message::Report(r))) => {
                        prop_assert!((1..=4000).contains(&r.summary.chars().count()));
                        prop_assert!(r.evidence.len() <= 20);
                    }
                    Ok(Request::Say(Message::Ask(q))) => {
                        prop_assert!((1..=10_080).contains(&q.deadline_minutes));
                        prop_assert!(!q.question.is_empty() && !q.default.is_empty());
                    }
                    Ok(Request::Say(Message::Mention(c))) => {
                        prop_assert!(!c.agent.is_empty() && c.agent.len() <= 40);
                    }
                    Ok(Request::Say(Message::OpenIssue(i))) => {
                        prop_assert!((1..=200).contains(&i.title.chars().count()));
                    }
                    Ok(Request::Remember(r)) => prop_assert!(!r.key.is_empty()),
                    Ok(Request::Context) => prop_assert_eq!(&fields, &json!({})),
                    Err(why) => prop_assert!(why.contains(kind.name()), "{}", why),
                }
            }
        }

        #[test]
        fn what_fits_is_taken_as_it_is(question in "\\PC{1,50}", default in "\\PC{1,50}", minutes in 1..=10_080_u32) {
            let fields = json!({"question": question, "default": default, "deadline_minutes": minutes});
            let line = json!({"key": "k", "ask": fields}).to_string();
            let read = read(line.as_bytes()).map_err(TestCaseError::fail)?;
            let expected = crate::model::Question { question, default, deadline_minutes: minutes };
            prop_assert_eq!(
                check(read.kind, read.fields),
                Ok(Request::Say(Message::Ask(expected)))
            );
        }
    }
}
