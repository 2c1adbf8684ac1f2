//! A refusal of the schema in the operator's words.
//!
//! Invariant: no value that looks secret is repeated; every message says what
//! was found and what was expected, every help what to write instead.

use super::document::Document;
use super::schema::Refused;
use super::secretish;
use serde_json::Value;

/// The longest value that is repeated in a message, in characters.
const SHOWN_CHARS_MAX: usize = 60;

/// How like two names must be for one to be offered for the other.
const LIKENESS_MIN: f64 = 0.75;

/// The message and the help for one refusal.
pub(super) fn explain(refused: &Refused, schema: &Value, doc: &Document) -> (String, String) {
    let about = refused.about.clone();
    let expected = &refused.expected;
    match refused.keyword {
        "additionalProperties" => unknown_key(refused, schema),
        "required" => {
            let key = last(&refused.pointer);
            let property = refused.around.pointer(&format!("/properties/{key}"));
            let help = property.and_then(|property| described(property, schema));
            (
                format!("missing; `{key}` is required"),
                help.unwrap_or_default(),
            )
        }
        "type" => {
            let (found, wanted) = (doc.kind(&refused.pointer), article(expected));
            (format!("found {found}, expected {wanted}"), about)
        }
        // Values that are described one by one are a choice of constants.
        "enum" | "oneOf" => {
            let kinds = expected.as_array().cloned().unwrap_or_default();
            let kinds: Vec<String> = kinds
                .iter()
                .map(|kind| kind.get("const").unwrap_or(kind))
                .filter_map(|kind| Some(kind.as_str()?.to_owned()))
                .collect();
            let message = format!("unknown value {}", shown(&refused.found));
            let near = nearest(refused.found.as_str().unwrap_or_default(), &kinds);
            (message, offer(near, &kinds, "values"))
        }
        "minimum" => {
            let found = &refused.found;
            let help = if found.as_i64().is_some_and(|found| found <= 0) {
                format!("a limit is never zero or less; write {expected} or more")
            } else {
                format!("write {expected} or more")
            };
            (format!("{found} is below the floor of {expected}"), help)
        }
        "maximum" => {
            let message = format!("{} is above the ceiling of {expected}", refused.found);
            (message, format!("write {expected} or less"))
        }
        "minLength" | "minItems" => ("must not be empty".to_owned(), about),
        "maxLength" => (format!("longer than {expected} characters"), about),
        "maxItems" => (format!("more than {expected} entries"), about),
        "pattern" => {
            let found = shown(&refused.found);
            (format!("{found} is not {}", form(expected)), about)
        }
        _ => (
            format!("{} is refused by the schema", shown(&refused.found)),
            about,
        ),
    }
}

/// The description of a key, or of the type it has.
fn described(property: &Value, schema: &Value) -> Option<String> {
    let own = property.get("description").and_then(Value::as_str);
    let named = property.get("$ref").and_then(Value::as_str);
    let of_type = || {
        let pointer = named?.strip_prefix('#')?;
        schema.pointer(pointer)?.get("description")?.as_str()
    };
    own.or_else(of_type).map(str::to_owned)
}

fn unknown_key(refused: &Refused, schema: &Value) -> (String, String) {
    let key = last(&refused.pointer);
    let message = format!("unknown key `{key}`");
    if refused.pointer == "/gitea/token" {
        let help = "a token is never written into the config; name its place by one of \
                    token_credential (systemd LoadCredential=), token_env (an environment variable, \
                    as from EnvironmentFile=) or token_file (a file of mode 0600)";
        return (message, help.to_owned());
    }
    let keys = keys(&refused.around);
    let near = nearest(&key, &keys);
    if near.is_none()
        && let Some(section) = section_of(&key, schema)
    {
        return (message, format!("`{key}` belongs in {section}"));
    }
    (message, offer(near, &keys, "keys"))
}

fn keys(schema: &Value) -> Vec<String> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .map(|all| all.keys().cloned().collect())
        .unwrap_or_default()
}

/// The one section at the top that has this key.
fn section_of(key: &str, schema: &Value) -> Option<String> {
    let sections = schema.get("properties")?.as_object()?;
    let mut found = sections.iter().filter_map(|(name, section)| {
        let (target, form) = match section.pointer("/items/$ref") {
            Some(target) => (target, format!("[[{name}]]")),
            None => (section.get("$ref")?, format!("[{name}]")),
        };
        let target = schema.pointer(target.as_str()?.strip_prefix('#')?)?;
        target.pointer("/properties")?.get(key).map(|_| form)
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The name most like the one that was written.
pub(super) fn nearest(name: &str, names: &[String]) -> Option<String> {
    let name = name.to_lowercase().replace('-', "_");
    names
        .iter()
        .map(|candidate| {
            let plain = candidate.to_lowercase().replace('-', "_");
            (strsim::jaro_winkler(&name, &plain), candidate)
        })
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.clone())
}

/// What could have been meant, and all that could be written.
pub(super) fn offer(near: Option<String>, names: &[String], what: &str) -> String {
    let all: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let all = match all.as_slice() {
        [] => format!("no {what} are valid here"),
        all => format!("valid {what}: {}", all.join(", ")),
    };
    match near {
        Some(near) => format!("did you mean `{near}`? {all}"),
        None => all,
    }
}

/// A value for a message: short, and masked if it looks secret.
pub(super) fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) if secretish::is_secret_value(text) => return "the value".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut short: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("`{short}`")
}

/// Patterns that have a name.
fn form(pattern: &Value) -> String {
    let pattern = pattern.as_str().unwrap_or_default();
    if pattern.contains("(ms|s|m|h|d)") {
        return "a duration such as `90s`".to_owned();
    }
    format!("of the form `{pattern}`")
}

fn article(kind: &Value) -> String {
    match kind.as_str() {
        Some("integer") => "an integer".to_owned(),
        Some("array") => "an array".to_owned(),
        Some("object") => "a table".to_owned(),
        Some(other) => format!("a {other}"),
        None => match kind.as_array().map(Vec::as_slice) {
            Some([one, other]) => format!("{} or {}", article(one), article(other)),
            _ => kind.to_string(),
        },
    }
}

fn last(pointer: &str) -> String {
    super::document::unescape(pointer.rsplit('/').next().unwrap_or_default())
}
