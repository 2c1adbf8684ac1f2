//! The second opinion: tree-sitter-bash, asked whether it sees a command that
//! brush-parser does not.
//!
//! Invariant: it can only add doubt. It is not asked about texts without
//! substitutions, heredocs, functions or blocks: there both grammars see the
//! same words, split at the same operators, and the property below holds it. Where it reports an error it is not
//! heard, because it errs on valid heredocs (tree-sitter-bash issue 346).

use super::tree::{Assign, Assigned, Block, Node, Redirect, Simple, Word};
use tree_sitter::{Node as Theirs, Parser};

/// Whether a text has shapes on which grammars may differ.
pub(super) fn is_wanted(text: &str) -> bool {
    text.contains("$(")
        || text.contains("<<")
        || text.bytes().any(|b| matches!(b, b'`' | b'(' | b'{'))
}

/// A command that it names and the first did not see.
pub(super) fn unseen(text: &str, block: &Block) -> Option<String> {
    let mut parser = Parser::new();
    if parser
        .set_language(&tree_sitter_bash::LANGUAGE.into())
        .is_err()
    {
        return Some(String::new());
    }
    // Its scanner looks wide characters up in a table for bytes, and reads beyond
    // it: it gets letters in their place, byte for byte.
    let mut ascii: Vec<u8> = text
        .bytes()
        .map(|byte| if byte.is_ascii() { byte } else { b'u' })
        .collect();
    untimed(&mut ascii);
    let Some(tree) = parser.parse(&ascii, None) else {
        return Some(String::new());
    };
    let root = tree.root_node();
    if root.has_error() {
        return None;
    }
    let mut seen = Vec::new();
    let mut nested = String::new();
    names(block, &mut seen, &mut nested);
    let bodies = bodies(text, block);
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        let in_body = bodies.iter().any(|b| b.contains(&node.start_byte()));
        if node.kind() == "command_name" && !in_body && !is_seen(node, text, &seen, &nested) {
            return Some(text.get(node.byte_range()).unwrap_or_default().to_owned());
        }
        if cursor.goto_first_child() || cursor.goto_next_sibling() {
            continue;
        }
        loop {
            if !cursor.goto_parent() {
                return None;
            }
            if cursor.goto_next_sibling() {
                break;
            }
        }
    }
}

/// Blanks the reserved word `time` before a bracket, which it takes for a command
/// with words; all other bytes stay where they are.
fn untimed(text: &mut [u8]) {
    const WORD: &[u8] = b"time";
    let mut from = 0;
    while let Some(found) = memchr::memmem::find(text.get(from..).unwrap_or_default(), WORD) {
        let at = from + found;
        from = at + WORD.len();
        let begins = at == 0 || text.get(at - 1).is_some_and(|b| b" \t\n;&|({!".contains(b));
        let mut rest = text.get(from..).unwrap_or_default().trim_ascii_start();
        rest = rest
            .strip_prefix(b"-p")
            .map_or(rest, <[u8]>::trim_ascii_start);
        let is_apart = text.get(from).is_some_and(|b| b" \t(".contains(b));
        if begins && is_apart && matches!(rest.first(), Some(b'(' | b'{')) {
            let end = text.len() - rest.len();
            if let Some(word) = text.get_mut(at..end) {
                word.fill(b' ');
            }
        }
    }
}

/// Where the bodies of heredocs lie: data to both, whatever ends they see.
fn bodies(text: &str, block: &Block) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    for simple in simples(block) {
        for redirect in &simple.redirects {
            if let Redirect::Here {
                text: body,
                expands: false,
                ..
            } = redirect
                && let Some(at) = text.find(body.as_str())
            {
                let after = text.get(at + body.len()..).unwrap_or_default();
                // The line that ends it belongs to it.
                let end = after.find('\n').unwrap_or(after.len());
                found.push(at..at + body.len() + end);
            }
        }
    }
    found
}

/// The simple commands that stand in a list itself.
fn simples(block: &Block) -> impl Iterator<Item = &Simple> {
    block
        .iter()
        .flat_map(|pipeline| &pipeline.nodes)
        .filter_map(|node| match node {
            Node::Simple(simple) => Some(simple),
            _ => None,
        })
}

/// A command is seen when brush has its word too, or has it inside a word or a
/// heredoc, whose substitutions the walk parses by themselves.
fn is_seen(node: Theirs<'_>, text: &str, seen: &[&str], nested: &str) -> bool {
    let name = text.get(node.byte_range()).unwrap_or_default();
    seen.contains(&name) || nested.contains(name)
}

fn names<'a>(block: &'a Block, seen: &mut Vec<&'a str>, nested: &mut String) {
    for pipeline in block {
        if pipeline.timed {
            seen.push("time");
        }
        for node in &pipeline.nodes {
            name(node, seen, nested);
        }
    }
}

fn name<'a>(node: &'a Node, seen: &mut Vec<&'a str>, nested: &mut String) {
    match node {
        Node::Simple(simple) => of_simple(simple, seen, nested),
        Node::Group(block) | Node::Subshell(block) => names(block, seen, nested),
        Node::For { values, body, .. } => {
            values.iter().flatten().for_each(|word| keep(word, nested));
            names(body, seen, nested);
        }
        Node::Loop { head, body } => {
            names(head, seen, nested);
            names(body, seen, nested);
        }
        Node::Count { sums, body } => {
            sums.iter().for_each(|sum| keep(sum, nested));
            names(body, seen, nested);
        }
        Node::If(arms) => {
            for (condition, body) in arms {
                condition
                    .iter()
                    .for_each(|block| names(block, seen, nested));
                names(body, seen, nested);
            }
        }
        Node::Case { word, arms } => {
            keep(word, nested);
            for (patterns, body) in arms {
                patterns.iter().for_each(|pattern| keep(pattern, nested));
                names(body, seen, nested);
            }
        }
        Node::Function { body, .. } => name(body, seen, nested),
        Node::Test { words, names } => {
            let all = words.iter().chain(names);
            all.for_each(|word| keep(word, nested));
        }
        Node::Sum(sum) => keep(sum, nested),
        Node::Coproc(_, body) => {
            seen.push("coproc");
            name(body, seen, nested);
        }
        Node::Redirected(body, list) => {
            name(body, seen, nested);
            redirects(list, seen, nested);
        }
    }
}

fn keep(word: &str, nested: &mut String) {
    nested.push_str(word);
    nested.push('\n');
}

fn of_simple<'a>(simple: &'a Simple, seen: &mut Vec<&'a str>, nested: &mut String) {
    simple.assigns.iter().for_each(|a| assigned(a, nested));
    for (n, word) in simple.words.iter().enumerate() {
        match word {
            Word::Text(text) if n == 0 => {
                seen.push(text);
                keep_nested(text, nested);
            }
            _ => of_word(word, seen, nested),
        }
    }
    redirects(&simple.redirects, seen, nested);
}

/// Only what may hold commands: a plain word is no cover for a command of its name.
fn keep_nested(word: &str, nested: &mut String) {
    if word.contains(['`', '$', '(']) {
        keep(word, nested);
    }
}

fn of_word<'a>(word: &'a Word, seen: &mut Vec<&'a str>, nested: &mut String) {
    match word {
        Word::Text(text) => keep_nested(text, nested),
        Word::Array(assign) => assigned(assign, nested),
        Word::Process { body, .. } => names(body, seen, nested),
    }
}

fn assigned(assign: &Assign, nested: &mut String) {
    assign
        .indexes
        .iter()
        .for_each(|raw| keep_nested(raw, nested));
    match &assign.value {
        Assigned::One(word) => keep_nested(word, nested),
        Assigned::List(words) => words.iter().for_each(|word| keep_nested(word, nested)),
    }
}

fn redirects<'a>(list: &'a [Redirect], seen: &mut Vec<&'a str>, nested: &mut String) {
    for redirect in list {
        match redirect {
            Redirect::Read { word, .. }
            | Redirect::Write(word)
            | Redirect::Append(word)
            | Redirect::Aside { word, .. } => of_word(word, seen, nested),
            Redirect::Duplicate { text, .. }
            | Redirect::HereString { text, .. }
            | Redirect::Here { text, .. } => keep_nested(text, nested),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::syntax::brush;
    use proptest::prelude::*;

    #[test]
    fn wide_characters_do_not_reach_its_scanner() {
        for text in [
            "\u{1d49d}{\u{e01ae}J<?:\u{1f5f4}",
            "$<?:\u{1f144} { \u{1f8c1}; }\n",
            "\\\u{1a82}g]D.\u{a5}.W>$<?:\u{1d49d}\u{fd9}\u{1f144}\u{468}\u{1d6f}\u{1f574}{\u{e01ae}J\u{2f37}\u{217f}\u{1f8c1}\n",
        ] {
            let _ = unseen(text, &Block::new());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn opinions_agree_on_plain_texts(parts in proptest::collection::vec(
            ("[a-z]{1,6}", "[a-z0-9./-]{0,8}", "'[a-z ;|&>]{0,8}'", "(;|&&|\\|\\||\\||&|\n|> x;|2>&1;)"), 1..6,
        )) {
            let text: String = parts.iter().map(|(name, arg, quoted, joint)| {
                format!("x{name} {arg} {quoted} {joint} ")
            }).collect::<String>() + "end\n";
            prop_assert!(!is_wanted(&text));
            if let Some(block) = brush::parse(&text) {
                prop_assert_eq!(unseen(&text, &block), None, "{}", text);
            }
        }
    }
}
