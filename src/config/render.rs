//! Faults for people, as rustc shows them, and for machines, as JSON.
//!
//! Invariant: both forms tell the same faults in the same order.

use super::fault::{Fault, Severity};
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde_json::{Value, json};
use std::ops::Range;

/// The faults with the offending text, a caret under it, and what to do.
#[must_use]
pub fn render(faults: &[Fault], color: bool) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut out = String::new();
    for fault in faults {
        out.push_str(&renderer.render(&[group(fault)]));
        out.push_str("\n\n");
    }
    out
}

fn group(fault: &Fault) -> Group<'_> {
    let level = match fault.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = match fault.key.as_str() {
        "" => fault.message.clone(),
        key => format!("{key}: {}", fault.message),
    };
    let path = fault.file.display().to_string();
    let group = level.primary_title(title);
    let group = if fault.source.is_empty() {
        group.element(Origin::path(path))
    } else {
        let mark = AnnotationKind::Primary.span(first_line(&fault.source, &fault.span));
        group.element(
            Snippet::source(fault.source.as_ref())
                .path(path)
                .annotation(mark),
        )
    };
    if fault.help.is_empty() {
        group
    } else {
        group.element(Level::HELP.message(fault.help.as_str()))
    }
}

/// The part of a span on its first line: a caret, not a fence.
fn first_line(source: &str, span: &Range<usize>) -> Range<usize> {
    let start = span.start.min(source.len());
    let marked = source
        .get(start..span.end.min(source.len()))
        .unwrap_or_default();
    let length = marked.lines().next().map_or(0, str::len);
    start..start + length
}

/// `[{"file", "line", "column", "key", "severity", "message", "help"}]`.
#[must_use]
pub fn to_json(faults: &[Fault]) -> Value {
    let faults = faults.iter().map(|fault| {
        json!({
            "file": fault.file.display().to_string(),
            "line": fault.line,
            "column": fault.column,
            "key": fault.key,
            "severity": fault.severity.as_str(),
            "message": fault.message,
            "help": fault.help,
        })
    });
    Value::Array(faults.collect())
}
