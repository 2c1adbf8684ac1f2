//! Raw words → values: quotes taken off, braces opened, marks where nothing is known.
//!
//! Invariant: pure text; whatever needs the state of the shell (variables,
//! substitutions, the working directory) is asked of `walk`.

mod ansi;
mod braces;
mod extent;
pub(crate) mod parameter;
mod pieces;
mod value;

pub(crate) use ansi::unescape;
pub(crate) use braces::braces;
pub(crate) use extent::is_closed;
pub(crate) use pieces::{Ground, Piece, pieces};
pub(crate) use value::{
    OPAQUE, PLAIN, PRIVATE, REMOTE, SECRET, TOOL, UNKNOWN, Value, is_mark, joined, shown,
};
