//! What is wrong with a config: where, what, and what would be right.
//!
//! Faults are collected, never thrown: the operator sees all of them at once.
//!
//! Invariant: a fault's line and column point into the file it names, both from
//! 1; its message and its text hold no value that looks secret.

use super::document::Document;
use std::{
    collections::BTreeSet,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

/// How bad a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The config is refused.
    Error,
    /// The config is taken, unless warnings are asked to count.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// One thing that is wrong with a config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file: the config, or a template that it names.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The key, as `agents[1].limits.steps`; empty when there is none.
    pub key: String,
    /// Whether it refuses the config.
    pub severity: Severity,
    /// What was found and what was expected.
    pub message: String,
    /// What to do.
    pub help: String,
    pub(super) source: Arc<str>,
    pub(super) span: Range<usize>,
}

impl Fault {
    /// A fault of a whole file.
    pub(super) fn of_file(file: &Path, message: String, help: &str) -> Fault {
        Fault::in_text(file, "".into(), 0..0, message, help.to_owned())
    }

    /// A fault at a place in a text.
    pub(super) fn in_text(
        file: &Path,
        source: Arc<str>,
        span: Range<usize>,
        message: String,
        help: String,
    ) -> Fault {
        let (line, column) = position(&source, span.start);
        Fault {
            file: file.to_owned(),
            line,
            column,
            key: String::new(),
            severity: Severity::Error,
            message,
            help,
            source,
            span,
        }
    }

    /// Where and what, in one line.
    #[must_use]
    pub fn line(&self) -> String {
        let (file, key) = (self.file.display(), self.key.as_str());
        let colon = if key.is_empty() { "" } else { ": " };
        format!(
            "{file}:{}:{}: {key}{colon}{}; {}",
            self.line, self.column, self.message, self.help
        )
    }

    /// The same, as one that does not refuse the config.
    pub(super) fn into_warning(self) -> Fault {
        let severity = Severity::Warning;
        Fault { severity, ..self }
    }
}

fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.char_indices().take_while(|(at, _)| *at < offset);
    before.fold((1, 1), |(line, column), (_, c)| match c {
        '\n' => (line + 1, 1),
        _ => (line, column + 1),
    })
}

/// The other way round: the byte at a line and a column, both from 1.
pub(super) fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let rest = text.get(start..).unwrap_or_default();
    let skipped = rest
        .chars()
        .take(column.saturating_sub(1))
        .map(char::len_utf8);
    start + skipped.sum::<usize>()
}

/// The faults of one document, as they are found.
pub(super) struct Faults<'d> {
    pub doc: &'d Document,
    list: Vec<Fault>,
    touched: BTreeSet<String>,
}

impl<'d> Faults<'d> {
    pub(super) fn new(doc: &'d Document) -> Self {
        Faults {
            doc,
            list: Vec::new(),
            touched: BTreeSet::new(),
        }
    }

    /// From now on nothing more is said of this value or what is inside it:
    /// a fault of it was told, or it is a stand-in for one that was.
    pub(super) fn touch(&mut self, pointer: &str) {
        self.touched.insert(pointer.to_owned());
    }

    /// Whether [`Faults::touch`] was called for this value or one around it.
    pub(super) fn is_touched(&self, pointer: &str) -> bool {
        self.touched.iter().any(|touched| {
            pointer
                .strip_prefix(touched.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// A fault of the value at a pointer that refuses the config.
    pub(super) fn error(
        &mut self,
        pointer: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let fault = self.at_value(pointer, message.into(), help.into());
        self.add(pointer, fault);
    }

    /// A fault of a key that refuses the config.
    pub(super) fn key_error(
        &mut self,
        pointer: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let mut fault = self.at_value(pointer, message.into(), help.into());
        if let Some(key) = self
            .doc
            .nearest(pointer)
            .and_then(|(node, _)| node.key.clone())
        {
            let (line, column) = position(&fault.source, key.start);
            (fault.line, fault.column, fault.span) = (line, column, key);
        }
        self.add(pointer, fault);
    }

    /// A fault of the value at a pointer that does not refuse the config.
    pub(super) fn warning(
        &mut self,
        pointer: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let mut fault = self.at_value(pointer, message.into(), help.into());
        fault.severity = Severity::Warning;
        self.add(pointer, fault);
    }

    /// A fault in another file, for the key at a pointer.
    pub(super) fn elsewhere(&mut self, pointer: &str, mut fault: Fault) {
        fault.key = self.doc.dotted(pointer);
        self.add(pointer, fault);
    }

    fn add(&mut self, pointer: &str, fault: Fault) {
        if !self.is_touched(pointer) {
            self.list.push(fault);
        }
    }

    fn at_value(&self, pointer: &str, message: String, help: String) -> Fault {
        let span = match self.doc.nearest(pointer) {
            Some((node, true)) => node.value.clone(),
            // Something is missing: point at the name of the table it belongs in.
            Some((node, false)) => node.key.clone().unwrap_or(node.value.clone()),
            None => 0..0,
        };
        let shown = self.doc.shown.clone();
        let mut fault = Fault::in_text(&self.doc.file, shown, span, message, help);
        fault.key = self.doc.dotted(pointer);
        fault
    }

    /// All of them, in the order of the text.
    pub(super) fn into_sorted(self) -> Vec<Fault> {
        let mut list = self.list;
        list.sort_by(|a, b| {
            let place = |fault: &Fault| (fault.file != self.doc.file, fault.line, fault.column);
            place(a).cmp(&place(b)).then_with(|| a.key.cmp(&b.key))
        });
        list.dedup();
        list
    }
}
