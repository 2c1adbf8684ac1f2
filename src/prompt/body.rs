//! The template of a webhook's body: a notice's values become a request's body.
//!
//! Invariant: a value is never read as a template, and where JSON is wanted every
//! value enters as one JSON value: no text can end its string, add a key, or
//! leave the body unreadable. [`check_body`] tries that when a config is loaded.

use super::template::{TemplateFault, check_names, environment, fault};
use crate::model::notify::BodyFormat;
use minijinja::value::ValueKind;
use minijinja::{Environment, Error, Value};
use std::collections::BTreeMap;

/// What the template of a body may name.
const VARIABLES: [&str; 8] = [
    "project",
    "repository",
    "url",
    "kind",
    "id",
    "title",
    "text",
    "count",
];

/// What a body is filled with when it is checked: all that ever broke a string.
const WORST: &str = "quote \" apostrophe ' backslash \\ brace }} {{ title }} {% raw %} <b> & \u{2028}\n\ttab \u{1} end";

/// The longest body, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// What a body is filled with.
#[derive(Clone, Copy, Debug)]
pub struct BodyValues<'a> {
    /// The project's name.
    pub project: &'a str,
    /// `owner/name`.
    pub repository: &'a str,
    /// Where the repository is to be seen.
    pub url: &'a str,
    /// `blockers` or `digest`.
    pub kind: &'a str,
    /// The notice's id, the same in every try.
    pub id: &'a str,
    /// The notice in a few words.
    pub title: &'a str,
    /// The notice, one thing a line.
    pub text: &'a str,
    /// How many things it tells of.
    pub count: usize,
}

/// Checks a template: its syntax, its variables, and that no text can break what it gives.
///
/// # Errors
/// The first fault, with its place and the remedy.
pub fn check_body(source: &str, format: BodyFormat) -> Result<(), TemplateFault> {
    check_names(source, &VARIABLES)?;
    let values = BodyValues {
        project: WORST,
        repository: WORST,
        url: WORST,
        kind: WORST,
        id: WORST,
        title: WORST,
        text: WORST,
        count: 2,
    };
    let filled = fill_body(source, format, &values)?;
    if format == BodyFormat::Text {
        return Ok(());
    }
    let read: Result<serde_json::Value, _> = serde_json::from_str(&filled);
    read.map(drop).map_err(|error| TemplateFault {
        line: 1,
        column: 1,
        message: format!("what it gives is not JSON: {error}"),
        help: "a value brings its quotes along: write {\"text\": {{ text }}}, without quotes around `{{ … }}`; join texts inside, as {{ title ~ \": \" ~ text }}".to_owned(),
    })
}

/// Fills a template.
///
/// # Errors
/// When it runs too long or gives too much.
pub fn fill_body(
    source: &str,
    format: BodyFormat,
    values: &BodyValues<'_>,
) -> Result<String, TemplateFault> {
    let filled = BTreeMap::from([
        ("project", Value::from(values.project)),
        ("repository", Value::from(values.repository)),
        ("url", Value::from(values.url)),
        ("kind", Value::from(values.kind)),
        ("id", Value::from(values.id)),
        ("title", Value::from(values.title)),
        ("text", Value::from(values.text)),
        ("count", Value::from(values.count)),
    ]);
    let out = language(format)
        .render_str(source, Value::from(filled))
        .map_err(|error| fault(source, &error, &VARIABLES))?;
    if out.len() > BODY_BYTES_MAX {
        return Err(TemplateFault {
            line: 1,
            column: 1,
            message: format!("gives {} bytes", out.len()),
            help: format!("a body has at most {BODY_BYTES_MAX} bytes"),
        });
    }
    Ok(out)
}

/// The language in which whatever a template puts out is a value of the format.
fn language(format: BodyFormat) -> Environment<'static> {
    let mut env = environment();
    if format == BodyFormat::Json {
        // Whatever filters say is safe is written as JSON all the same.
        env.set_formatter(|out, _, value| {
            let json = match i64::try_from(value.clone()) {
                Ok(number) if value.kind() == ValueKind::Number => number.to_string(),
                _ => serde_json::Value::String(value.to_string()).to_string(),
            };
            out.write_str(&json).map_err(Error::from)
        });
    }
    env
}
