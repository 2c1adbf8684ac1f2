//! The text of a config as a tree that remembers where each value stands.
//!
//! TOML becomes a `serde_json::Value` for the schema and for serde, and a map
//! from JSON pointer to byte ranges for people.
//!
//! Invariant: the text kept here for display has secret-looking values masked;
//! offsets into it are those of the file.

use super::secretish;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where a value stands and what TOML calls it.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// The key's bytes; elements of arrays have none.
    pub key: Option<Range<usize>>,
    /// The value's bytes.
    pub value: Range<usize>,
    /// `a string`, `an integer`, `a table` …
    pub kind: &'static str,
}

/// A config file, parsed but not yet understood.
#[derive(Debug)]
pub(super) struct Document {
    /// The file, as it was named.
    pub file: PathBuf,
    /// Its text, masked for display.
    pub shown: Arc<str>,
    /// Its content.
    pub root: Value,
    nodes: BTreeMap<String, Node>,
}

/// A text that is not TOML.
#[derive(Debug)]
pub(super) struct SyntaxError {
    pub message: String,
    pub span: Range<usize>,
    pub shown: Arc<str>,
}

impl Document {
    /// Parses a text.
    pub(super) fn parse(file: &Path, text: &str) -> Result<Document, SyntaxError> {
        let table = DeTable::parse(text).map_err(|error| SyntaxError {
            message: error.message().to_owned(),
            span: error.span().unwrap_or(0..0),
            shown: secretish::mask_lines(text).into(),
        })?;
        let mut walk = Walk {
            nodes: BTreeMap::new(),
            masked: Vec::new(),
        };
        walk.nodes.insert(
            String::new(),
            Node {
                key: None,
                value: 0..0,
                kind: "a table",
            },
        );
        let root = walk.table("", table.get_ref());
        Ok(Document {
            file: file.to_owned(),
            shown: secretish::mask_ranges(text, &walk.masked).into(),
            root,
            nodes: walk.nodes,
        })
    }

    /// Whether the file holds a value at this pointer.
    pub(super) fn has(&self, pointer: &str) -> bool {
        self.nodes.contains_key(pointer)
    }

    /// The node at a pointer, or the nearest one that encloses it.
    pub(super) fn nearest(&self, pointer: &str) -> Option<(&Node, bool)> {
        let mut rest = pointer;
        loop {
            if let Some(node) = self.nodes.get(rest) {
                return Some((node, rest == pointer));
            }
            rest = parent(rest)?;
        }
    }

    /// What TOML calls the value at a pointer, as `a string`.
    pub(super) fn kind(&self, pointer: &str) -> &'static str {
        self.nodes.get(pointer).map_or("nothing", |node| node.kind)
    }

    /// All strings at or below a pointer.
    pub(super) fn strings_below<'a>(
        &'a self,
        pointer: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.nodes.keys().filter_map(move |at| {
            let below = at.strip_prefix(pointer)?;
            if !(below.is_empty() || below.starts_with('/')) {
                return None;
            }
            Some((at.as_str(), self.root.pointer(at)?.as_str()?))
        })
    }

    /// A pointer as people write it: `agents[1].limits.steps`.
    pub(super) fn dotted(&self, pointer: &str) -> String {
        let mut path = String::new();
        let mut at = String::new();
        for segment in pointer.split('/').skip(1) {
            let in_array = self
                .nodes
                .get(&at)
                .is_some_and(|node| node.kind == "an array");
            at.push('/');
            at.push_str(segment);
            let name = unescape(segment);
            if in_array {
                path.push_str(&format!("[{name}]"));
                continue;
            }
            if !path.is_empty() {
                path.push('.');
            }
            let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if !name.is_empty() && name.chars().all(bare) {
                path.push_str(&name);
            } else {
                path.push_str(&format!("{name:?}"));
            }
        }
        path
    }
}

/// The pointer one step up; `None` at the root.
pub(super) fn parent(pointer: &str) -> Option<&str> {
    pointer.rsplit_once('/').map(|(up, _)| up)
}

/// A pointer one step down.
pub(super) fn child(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// A pointer's segment as the key it stands for.
pub(super) fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

struct Walk {
    nodes: BTreeMap<String, Node>,
    masked: Vec<Range<usize>>,
}

impl Walk {
    fn table(&mut self, pointer: &str, table: &DeTable<'_>) -> Value {
        let mut object = serde_json::Map::new();
        for (key, value) in table {
            let at = child(pointer, key.get_ref());
            if value.get_ref().is_str() && secretish::is_secret_key(key.get_ref()) {
                self.masked.push(value.span());
            }
            let found = self.value(&at, value, Some(key.span()));
            object.insert(key.get_ref().clone().into_owned(), found);
        }
        Value::Object(object)
    }

    fn value(
        &mut self,
        pointer: &str,
        value: &Spanned<DeValue<'_>>,
        key: Option<Range<usize>>,
    ) -> Value {
        let (kind, found) = match value.get_ref() {
            DeValue::String(text) => {
                if secretish::is_secret_value(text) {
                    self.masked.push(value.span());
                }
                ("a string", Value::from(text.as_ref()))
            }
            DeValue::Integer(number) => {
                match i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()) {
                    Ok(number) => ("an integer", Value::from(number)),
                    Err(_) => ("an integer beyond 64 bits", Value::Null),
                }
            }
            // No key takes one, and JSON Schema would take 2.0 for an integer.
            DeValue::Float(_) => ("a float", Value::Null),
            DeValue::Boolean(flag) => ("a boolean", Value::from(*flag)),
            DeValue::Datetime(_) => ("a date", Value::Null),
            DeValue::Array(items) => {
                let items = items.iter().enumerate();
                let items =
                    items.map(|(n, item)| self.value(&child(pointer, &n.to_string()), item, None));
                ("an array", Value::Array(items.collect()))
            }
            DeValue::Table(table) => ("a table", self.table(pointer, table)),
        };
        let node = Node {
            key,
            value: value.span(),
            kind,
        };
        self.nodes.insert(pointer.to_owned(), node);
        found
    }
}
