//! A template → what it orders its agent to do that a role may forbid: to change or commit, to run
//! tests or builds.
//!
//! Read are sentences of prose, by the words with which a clause begins; what is denied in its
//! sentence ("do not commit") is no order.
//!
//! Invariant: pure, and a guess, as [`super::needs`] is: who uses it warns and never refuses.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use std::ops::Range;

/// What is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// To change files.
    Edit,
    /// To commit.
    Commit,
    /// To start programs.
    Run,
}

/// An order, where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The line, from 1.
    pub line: usize,
    /// Bytes of the text in which it stands.
    pub at: Range<usize>,
    /// What.
    pub deed: Deed,
    /// The words that say so.
    pub words: &'static str,
}

/// How clauses that are orders begin.
const BEGINNINGS: [(Deed, &[&str]); 3] = [
    (Deed::Commit, &["commit"]),
    (
        Deed::Edit,
        &[
            "change",
            "edit",
            "fix",
            "implement",
            "refactor",
            "add tests",
            "add a test",
            "add or change",
            "write tests",
            "write the code",
            "make the change",
            "make the smallest change",
            "use the write tool",
            "use the edit tool",
            "use the multiedit tool",
        ],
    ),
    (
        Deed::Run,
        &[
            "run the tests",
            "run tests",
            "run all tests",
            "run its tests",
            "run the test suite",
            "run the build",
            "build it",
            "compile",
        ],
    ),
];
/// Tools that edit, which prose may name as code.
const EDITORS: [&str; 3] = ["Write", "Edit", "MultiEdit"];
/// In a sentence they make its orders none.
const DENIALS: [&str; 5] = ["not", "never", "don't", "cannot", "can't"];
/// After the verb they do.
const NOTHING: [&str; 2] = ["nothing", "no"];

/// All orders of a template, each kind where it is given first.
#[must_use]
pub fn orders(template: &str) -> Vec<Order> {
    let mut found: Vec<Order> = Vec::new();
    let (mut block, mut parts, mut is_code) = (String::new(), Vec::new(), false);
    for (event, at) in Parser::new(template).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(_)) => is_code = true,
            Event::End(TagEnd::CodeBlock) => is_code = false,
            Event::Text(text) if !is_code => {
                parts.push((block.len(), at));
                block.push_str(&text.to_lowercase());
            }
            Event::Code(name) if EDITORS.contains(&&*name) && block.ends_with("use the ") => {
                block.push_str(&name.to_lowercase());
            }
            Event::Code(_) => block.push_str(" code "),
            Event::SoftBreak | Event::HardBreak => block.push(' '),
            Event::Start(Tag::Paragraph | Tag::Item | Tag::Heading { .. })
            | Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::Heading(_)) => {
                read(&block, &parts, template, &mut found);
                block.clear();
                parts.clear();
            }
            _ => {}
        }
    }
    found
}

fn read(block: &str, parts: &[(usize, Range<usize>)], template: &str, found: &mut Vec<Order>) {
    for sentence in block.split_inclusive(['.', '!', '?', ';', ':']) {
        let mut words = sentence.split(|c: char| c.is_whitespace() || c == ',');
        if words.any(|word| DENIALS.contains(&word)) {
            continue;
        }
        for clause in sentence.split(',').flat_map(|part| part.split(" and ")) {
            let Some((deed, words)) = order(clause) else {
                continue;
            };
            if found.iter().any(|order| order.deed == deed) {
                continue;
            }
            let offset = clause.as_ptr().addr() - block.as_ptr().addr();
            let part = parts.iter().rev().find(|(begin, _)| *begin <= offset);
            let at = part.map_or(0..0, |(_, at)| at.clone());
            let before = template.get(..at.start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            found.push(Order {
                line,
                at,
                deed,
                words,
            });
        }
    }
}

/// What a clause orders, if it begins like an order.
fn order(clause: &str) -> Option<(Deed, &'static str)> {
    let mut clause = clause.trim();
    for filler in ["and ", "then ", "please ", "always ", "also ", "finally "] {
        clause = clause.strip_prefix(filler).unwrap_or(clause);
    }
    let mut all = BEGINNINGS
        .iter()
        .flat_map(|(deed, all)| all.iter().map(move |words| (*deed, *words)));
    all.find(|(_, words)| {
        clause.strip_prefix(words).is_some_and(|rest| {
            let next = rest.split_whitespace().next().unwrap_or_default();
            !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-')
                && !NOTHING.contains(&next.trim_matches(|c: char| !c.is_alphanumeric()))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(template: &str) -> Vec<(usize, &'static str)> {
        let orders = orders(template).into_iter();
        orders.map(|order| (order.line, order.words)).collect()
    }

    #[test]
    fn orders_are_told_by_the_beginnings_of_clauses() {
        let text = "Read it first.\n\n* Change what the task needs and nothing else.\n* Then add tests, and\n  run the tests.\n* Commit your work.\n";
        assert_eq!(
            told(text),
            [(3, "change"), (5, "run the tests"), (6, "commit")]
        );
    }

    #[test]
    fn a_tool_that_edits_is_told_by_its_name_as_word_or_code() {
        assert_eq!(told("Use the `Write` tool."), [(1, "use the write tool")]);
        assert_eq!(told("Then use the Edit tool."), [(1, "use the edit tool")]);
        assert_eq!(told("Use the write-ahead log. `Edit` is a tool."), []);
    }

    #[test]
    fn what_is_denied_told_of_others_or_code_is_no_order() {
        let text = "Do not commit. You change nothing; change nothing and report. When your work is committed, call on.\n\
            Never run the tests. What would fix it? `commit` it.\n\nCommits say why. Changes are fine.\n\n```\ncommit it\n```\n";
        assert_eq!(told(text), []);
    }

    #[test]
    fn the_shipped_prompts_order_what_their_roles_can_do() {
        use crate::config::{EDITOR_PROMPT, READER_PROMPT, WRITER_PROMPT};
        assert_eq!(told(READER_PROMPT), []);
        assert_eq!(told(WRITER_PROMPT), []);
        assert_eq!(told(include_str!("../setup/prompts/coordinator.md")), []);
        assert_eq!(told(EDITOR_PROMPT).len(), 3);
    }
}
