//! The JSON Schema of the config, and the check of a document against it.
//!
//! Every load checks against the published `config.schema.json`, which a test
//! holds equal to what the types generate. What it refuses is cut out of a copy,
//! so that the rest can still be cross-checked and all faults be told at once.
//!
//! Invariant: a document without faults reaches serde unchanged.

use super::document::{child, parent, unescape};
use super::fault::Faults;
use super::raw::Raw;
use super::{explain, prune};
use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// The published schema, as it was when this binary was built, while somebody wants it.
static KEPT: Mutex<Option<Arc<Published>>> = Mutex::new(None);

struct Published {
    schema: Value,
    validator: Validator,
}

/// The schema, ready to check with: making it takes longer than all the rest of a load.
fn published() -> Result<Arc<Published>, String> {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(published) = kept.as_ref() {
        return Ok(published.clone());
    }
    let text = include_str!("../../config.schema.json");
    let schema: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let validator = jsonschema::draft202012::new(&schema).map_err(|error| error.to_string())?;
    let published = Arc::new(Published { schema, validator });
    *kept = Some(published.clone());
    Ok(published)
}

/// Lets go of what loads share: a factory loads once, and may run for months.
pub fn forget_schema() {
    *KEPT.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

/// How often what the schema refuses is cut out of the copy before giving up.
const PRUNE_ROUNDS_MAX: usize = 8;

/// The JSON Schema of `adf.toml`, generated from the types.
#[must_use]
pub fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    let mut schema = settings.into_generator().into_root_schema_for::<Raw>();
    RecursiveTransform(without_null).transform(&mut schema);
    schema.to_value()
}

/// TOML has no null, so an optional value is absent or of its type.
fn without_null(schema: &mut schemars::Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if object.get("default") == Some(&Value::Null) {
        object.remove("default");
    }
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    // Defaults of whole sections repeat those of their keys.
    if object.get("default").is_some_and(Value::is_object) {
        object.remove("default");
    }
}

/// Checks the document and reads it; `None` when not even the rest of it, with
/// what was refused cut out, can be read.
pub(super) fn check(faults: &mut Faults<'_>) -> Option<Raw> {
    let published = match published() {
        Ok(published) => published,
        Err(error) => {
            let message = format!("the schema in this binary cannot be used: {error}");
            faults.error("", message, "this is a fault of adf, not of the config");
            return None;
        }
    };
    let mut copy = faults.doc.root.clone();
    let mut stand_ins = Vec::new();
    let mut is_told = false;
    for round in 0..PRUNE_ROUNDS_MAX {
        let refused = refused(&published, &copy);
        if refused.is_empty() {
            break;
        }
        is_told = true;
        if round == 0 {
            tell(&refused, &published.schema, faults);
        }
        for fault in &refused {
            stand_ins.push(prune::cut(&mut copy, fault));
        }
    }
    for pointer in stand_ins {
        faults.touch(&pointer);
    }
    match serde_json::from_value(copy) {
        Ok(raw) => Some(raw),
        // What was told is mended first; the rest of the file is checked then.
        Err(_) if is_told => None,
        Err(error) => {
            let help = "this is a fault of adf, not of the config: its schema took the file";
            faults.error("", error.to_string(), help);
            None
        }
    }
}

/// One thing that the schema refuses, by the value it concerns.
#[derive(Debug)]
pub(super) struct Refused {
    /// The value, or the key that is unknown or missing.
    pub pointer: String,
    /// The keyword of the schema that refuses it.
    pub keyword: &'static str,
    /// What the keyword says, as `"integer"` for `type`.
    pub expected: Value,
    /// The part of the schema around the keyword.
    pub around: Value,
    /// What the schema says the value is for.
    pub about: String,
    /// The value.
    pub found: Value,
}

fn refused(published: &Published, document: &Value) -> Vec<Refused> {
    let mut all = Vec::new();
    for error in published.validator.iter_errors(document) {
        let at = error.instance_path().as_str();
        let (pointers, keyword) = match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let keys = unexpected.iter().map(|key| child(at, key));
                (keys.collect(), "additionalProperties")
            }
            ValidationErrorKind::Required { property } => {
                let key = property.as_str().unwrap_or_default();
                (vec![child(at, key)], "required")
            }
            kind => (vec![at.to_owned()], known(kind.keyword())),
        };
        let schema_path = error.schema_path().as_str();
        for pointer in pointers {
            all.push(Refused {
                found: document.pointer(&pointer).cloned().unwrap_or_default(),
                pointer,
                keyword,
                about: about(&published.schema, schema_path),
                expected: lookup(&published.schema, schema_path),
                around: parent(schema_path)
                    .map(|path| lookup(&published.schema, path))
                    .unwrap_or_default(),
            });
        }
    }
    // A value of the wrong type is below no floor.
    let mistyped = |fault: &Refused| fault.keyword == "type";
    let wrong: Vec<String> = all
        .iter()
        .filter(|fault| mistyped(fault))
        .map(|fault| fault.pointer.clone())
        .collect();
    all.retain(|fault| mistyped(fault) || !wrong.contains(&fault.pointer));
    all
}

/// The description nearest to a keyword: an element has that of its array.
fn about(schema: &Value, path: &str) -> String {
    let around = parent(path).unwrap_or_default();
    let outer = around.strip_suffix("/items");
    let described = |path| {
        Some(
            lookup(schema, path)
                .get("description")?
                .as_str()?
                .to_owned(),
        )
    };
    described(around)
        .or_else(|| described(outer?))
        .unwrap_or_default()
}

/// The keywords that have words of their own.
fn known(keyword: &str) -> &'static str {
    const KNOWN: [&str; 10] = [
        "type",
        "enum",
        "oneOf",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "pattern",
    ];
    KNOWN
        .into_iter()
        .find(|known| *known == keyword)
        .unwrap_or("schema")
}

/// The part of the schema at a path that may go through `$ref`.
fn lookup(schema: &Value, path: &str) -> Value {
    let mut at = schema;
    for segment in path.split('/').skip(1) {
        let key = unescape(segment);
        let next = match at {
            Value::Array(items) => key.parse().ok().and_then(|n: usize| items.get(n)),
            _ => at.get(&key),
        };
        at = match (key.as_str(), next) {
            ("$ref", Some(Value::String(target))) => {
                let pointer = target.strip_prefix('#').unwrap_or(target);
                schema.pointer(pointer).unwrap_or(&Value::Null)
            }
            (_, Some(next)) => next,
            (_, None) => return Value::Null,
        };
    }
    at.clone()
}

fn tell(refused: &[Refused], schema: &Value, faults: &mut Faults<'_>) {
    for fault in refused {
        let (message, help) = explain::explain(fault, schema, faults.doc);
        if fault.keyword == "additionalProperties" {
            faults.key_error(&fault.pointer, message, help);
        } else {
            faults.error(&fault.pointer, message, help);
        }
    }
}
