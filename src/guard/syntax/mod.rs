//! Shell text → tree, or the reason why it cannot be judged.
//!
//! Invariant: brush-parser decides what the text is; a second grammar may only
//! add doubt, and doubt denies. Size and depth are bounded before either reads
//! a byte, because neither bounds its own stack.

mod brush;
pub(crate) mod limits;
mod second;
pub(crate) mod tree;

use tree::Block;

/// Why a text has no tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// It is no shell.
    Grammar,
    /// It is longer than `limits::TEXT_BYTES_MAX`.
    Size,
    /// It nests deeper than `limits::DEPTH_MAX`.
    Depth,
    /// It holds characters that no command needs: NUL, or our own marks.
    Characters,
    /// The second grammar sees this command, and the first does not.
    Second(String),
}

/// The tree of a text; one inside another holds what is not known as marks.
pub(crate) fn parse(text: &str, is_inner: bool) -> Result<Block, Doubt> {
    let is_doubtful = limits::check(text, is_inner)?;
    let mut whole = String::with_capacity(text.len() + 2);
    whole.push_str(text);
    // A heredoc's end is only seen with its new line; and where the text ends in a
    // backslash, brush-parser 0.4 would wait for ever for that of an empty one's word.
    whole.push_str("\n\n");
    let block = if is_doubtful {
        stacker::grow(limits::STACK_BYTES, || first(&whole))?
    } else {
        first(&whole)?
    };
    match second::is_wanted(text).then(|| second::unseen(&whole, &block)) {
        Some(Some(command)) => Err(Doubt::Second(command)),
        _ => Ok(block),
    }
}

/// The tree by the grammar that decides, no deeper than the walk can go.
fn first(text: &str) -> Result<Block, Doubt> {
    // brush-parser 0.4 unwraps at the end of some broken texts: they are no shell
    // either, and seen before it where they can be.
    if text.contains("${") && !super::word::is_closed(text) {
        return Err(Doubt::Grammar);
    }
    let parsed = std::panic::catch_unwind(|| brush::parse(text));
    let block = parsed.ok().flatten().ok_or(Doubt::Grammar)?;
    if tree::depth(&block) > limits::DEPTH_MAX {
        return Err(Doubt::Depth);
    }
    Ok(block)
}
