//! What never ends: a loop that nothing leaves, a source without an end.
//!
//! Invariant: only what is written out counts, as `while :`; a loop with a
//! word by which it may be left is one that ends.

use super::simple::Outlets;
use super::{Found, Walker};
use crate::guard::rules::{fs, processes};
use crate::guard::syntax::tree::{Block, Node, Redirect, Simple, Word};
use crate::guard::word::Value;

/// Sources without an end.
pub(crate) fn is_source(text: &str) -> bool {
    matches!(text, "/dev/zero" | "/dev/urandom" | "/dev/random")
}

impl Walker<'_> {
    /// What never ends does not go into a file.
    pub(super) fn endless(&self, argv: &[Value], simple: &Simple, outlets: &Outlets) -> Found {
        let to_file = |(path, _): &(String, bool)| !path.starts_with("/dev/");
        if !outlets.files.iter().any(to_file) {
            return Ok(());
        }
        let from = |redirect: &Redirect| matches!(redirect, Redirect::Read { fd: None, word: Word::Text(raw) } if is_source(raw));
        let endless = match argv.first().map(Value::text) {
            Some("yes") => true,
            Some("seq") => argv.iter().any(|v| matches!(v.text(), "inf" | "infinity")),
            Some("cat" | "pv" | "base64" | "xxd" | "od" | "gzip" | "tr") => {
                argv.iter().any(|v| is_source(v.text())) || simple.redirects.iter().any(from)
            }
            _ => false,
        };
        if endless {
            return self.deny(&fs::FILL, "the disk");
        }
        Ok(())
    }

    /// A loop without an end that starts processes, or writes to a file.
    pub(super) fn unending(&self, node: &Node) -> Found {
        let (node, to_file) = match node {
            Node::Redirected(body, redirects) => {
                let file = |r: &Redirect| match r {
                    Redirect::Write(Word::Text(raw)) | Redirect::Append(Word::Text(raw)) => {
                        !raw.starts_with("/dev/")
                    }
                    _ => false,
                };
                (body.as_ref(), redirects.iter().any(file))
            }
            node => (node, false),
        };
        let body = match node {
            Node::Loop { head, body } if is_true(head) => body,
            Node::Count { sums, body } if sums.iter().all(|sum| sum.trim().is_empty()) => body,
            _ => return Ok(()),
        };
        if has_word(body, &["break", "exit", "return", "wait", "kill", "exec"]) {
            return Ok(());
        }
        if to_file {
            self.deny(&fs::FILL, "the disk")?;
        }
        if body.iter().any(|pipeline| pipeline.background) {
            self.deny(&processes::FORK_BOMB, "a loop without an end")?;
        }
        Ok(())
    }
}

fn is_true(head: &Block) -> bool {
    let [pipeline] = head.as_slice() else {
        return false;
    };
    match pipeline.nodes.as_slice() {
        [Node::Simple(simple)] => first(simple).is_some_and(|word| matches!(word, ":" | "true")),
        [Node::Sum(sum)] => sum.trim() == "1",
        _ => false,
    }
}

fn first(simple: &Simple) -> Option<&str> {
    match simple.words.first()? {
        Word::Text(raw) => Some(raw),
        _ => None,
    }
}

/// Whether a command of such a name stands anywhere in it.
fn has_word(block: &Block, words: &[&str]) -> bool {
    let in_node = |node: &Node| match node {
        Node::Simple(simple) => first(simple).is_some_and(|word| words.contains(&word)),
        Node::Group(block) | Node::Subshell(block) => has_word(block, words),
        Node::For { body, .. } | Node::Count { body, .. } => has_word(body, words),
        Node::Loop { head, body } => has_word(head, words) || has_word(body, words),
        Node::If(arms) => arms.iter().any(|(head, body)| {
            head.as_ref().is_some_and(|head| has_word(head, words)) || has_word(body, words)
        }),
        Node::Case { arms, .. } => arms.iter().any(|(_, body)| has_word(body, words)),
        // Deeper ones are not looked into: they may leave it.
        Node::Redirected(..) | Node::Function { .. } | Node::Coproc(..) => true,
        Node::Test { .. } | Node::Sum(_) => false,
    };
    block
        .iter()
        .flat_map(|pipeline| &pipeline.nodes)
        .any(in_node)
}
