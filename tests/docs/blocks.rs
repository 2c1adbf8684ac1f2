//! A document → its fenced blocks, each with its heading, its kind and what stands behind that.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use std::path::{Path, PathBuf};

/// A fenced block.
#[derive(Debug)]
pub struct Block {
    /// The heading above it.
    pub heading: String,
    /// The first word behind the fence.
    pub kind: String,
    /// The rest of that line.
    pub note: String,
    pub text: String,
}

impl Block {
    /// As people would point to it.
    pub fn name(&self) -> String {
        let first = self.text.lines().next().unwrap_or_default();
        format!("{}: `{first}`", self.heading)
    }
}

/// Where the sources are.
pub fn sources() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every document for people: those at the root and all below `docs/`.
pub fn documents() -> Vec<PathBuf> {
    let mut found = vec![
        sources().join("README.md"),
        sources().join("CONTRIBUTING.md"),
    ];
    let mut waiting = vec![sources().join("docs")];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The blocks of a document, in order.
pub fn blocks(text: &str) -> Vec<Block> {
    let (mut found, mut heading): (Vec<Block>, String) = (Vec::new(), String::new());
    let (mut in_heading, mut in_block) = (false, false);
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                heading.clear();
                in_heading = true;
            }
            Event::End(TagEnd::Heading(_)) => in_heading = false,
            Event::Start(Tag::CodeBlock(kind)) => {
                let info = match &kind {
                    CodeBlockKind::Fenced(info) => info.trim(),
                    CodeBlockKind::Indented => "",
                };
                let (kind, note) = info.split_once(' ').unwrap_or((info, ""));
                found.push(Block {
                    heading: heading.clone(),
                    kind: kind.to_owned(),
                    note: note.trim().to_owned(),
                    text: String::new(),
                });
                in_block = true;
            }
            Event::End(TagEnd::CodeBlock) => in_block = false,
            Event::Text(text) if in_block => found.last_mut().unwrap().text.push_str(&text),
            Event::Text(text) | Event::Code(text) if in_heading => heading.push_str(&text),
            _ => {}
        }
    }
    found
}
