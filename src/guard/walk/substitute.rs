//! `$(…)`, backquotes and `<(…)` → what they print, as far as it can be known.
//!
//! Invariant: the text inside is judged like any other before anything is said
//! of what it prints.

use super::{Found, Stream, Walker};
use crate::guard::syntax::tree::Block;
use crate::guard::word::{OPAQUE, PLAIN, PRIVATE, REMOTE, SECRET, TOOL, Value};

impl Walker<'_> {
    pub(super) fn substitution(&mut self, text: &str) -> Found<Vec<Value>> {
        let kept = self.state.clone();
        let out = self.text(text, Stream::Empty)?;
        self.restore(kept);
        Ok(values(out))
    }

    /// A process substitution: a path whose content is known as the stream is.
    pub(super) fn process(&mut self, reads: bool, body: &Block) -> Found<Value> {
        let kept = self.state.clone();
        let stdin = if reads {
            Stream::Empty
        } else {
            Stream::Unknown
        };
        let out = self.block(body, stdin)?;
        self.restore(kept);
        self.files += 1;
        let path = format!("/dev/fd/{}", 60 + self.files);
        self.state.files.insert(path.clone(), out);
        Ok(Value::new(path))
    }
}

/// What a stream is as the words of a command.
pub(super) fn values(stream: Stream) -> Vec<Value> {
    match stream {
        Stream::Empty => Vec::new(),
        Stream::Text(text) => vec![Value::new(text.trim_end_matches('\n'))],
        Stream::Paths(roots) => roots.iter().map(below).collect(),
        Stream::Plain => vec![Value::mark(PLAIN)],
        Stream::Tool => vec![Value::mark(TOOL)],
        Stream::Unknown | Stream::Own | Stream::Program(_) => vec![Value::mark(OPAQUE)],
        Stream::Private => vec![Value::mark(PRIVATE)],
        Stream::Remote => vec![Value::mark(REMOTE)],
        Stream::Secret => vec![Value::mark(SECRET)],
    }
}

/// Anything below a path.
pub(crate) fn below(root: &Value) -> Value {
    let text = root.text();
    if text.is_empty() || text == "." {
        return Value::pattern("./*");
    }
    Value::pattern(format!("{}/*", text.trim_end_matches('/')))
}
