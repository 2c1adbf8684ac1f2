//! What a word comes to: its text as far as it can be known.
//!
//! Invariant: what is not known stands in the text as one mark, a character no
//! command holds (`syntax::limits` refuses texts that do), so that a known
//! beginning or end is never lost and never mistaken for the whole.

/// Anything at all.
pub(crate) const OPAQUE: char = '\u{F0000}';
/// One plain word: no slash, no blank, no leading dash, as of `date` or `nproc`.
pub(crate) const PLAIN: char = '\u{F0001}';
/// Something that is a secret.
pub(crate) const SECRET: char = '\u{F0002}';
/// Something from the network.
pub(crate) const REMOTE: char = '\u{F0003}';
/// What a known tool prints to be evaluated, as `ssh-agent -s` does.
pub(crate) const TOOL: char = '\u{F0004}';

/// What a file with keys in the worktree holds.
pub(crate) const PRIVATE: char = '\u{F0005}';

/// Whether a character is one of the marks.
pub(crate) fn is_mark(c: char) -> bool {
    (OPAQUE..=PRIVATE).contains(&c)
}

/// One word after expansion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Value {
    text: String,
    /// It holds an unquoted `*`, `?` or `[`.
    pub(crate) glob: bool,
}

impl Value {
    /// A word that is known.
    pub(crate) fn new(text: impl Into<String>) -> Value {
        Value {
            text: text.into(),
            glob: false,
        }
    }

    /// A word of which only a mark is known.
    pub(crate) fn mark(mark: char) -> Value {
        Value::new(mark)
    }

    /// A pattern for paths.
    pub(crate) fn pattern(text: impl Into<String>) -> Value {
        Value {
            text: text.into(),
            glob: true,
        }
    }

    /// The text, marks included.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The text, when all of it is known.
    pub(crate) fn known(&self) -> Option<&str> {
        (!self.has_mark()).then_some(self.text.as_str())
    }

    /// Whether a part is not known.
    pub(crate) fn has_mark(&self) -> bool {
        // All marks begin with this byte, and little else does.
        memchr::memchr(0xF3, self.text.as_bytes()).is_some() && self.text.chars().any(is_mark)
    }

    /// Whether a certain mark is in it.
    pub(crate) fn has(&self, mark: char) -> bool {
        self.has_mark() && self.text.contains(mark)
    }

    /// Whether anything in it may be anything: more than plain words are missing.
    pub(crate) fn is_open(&self) -> bool {
        self.has_mark() && self.text.chars().any(|c| is_mark(c) && c != PLAIN)
    }

    /// What stands before the first mark.
    pub(crate) fn before_mark(&self) -> &str {
        self.text.split(is_mark).next().unwrap_or_default()
    }

    /// Whether nothing is known.
    pub(crate) fn is_blank_mark(&self) -> bool {
        let mut chars = self.text.chars();
        chars.next().is_some_and(is_mark) && chars.next().is_none()
    }

    /// The same with another beginning taken off.
    pub(crate) fn tail(&self, from: usize) -> Value {
        Value {
            text: self.text.get(from..).unwrap_or_default().to_owned(),
            glob: self.glob,
        }
    }

    /// For people: marks as `…`.
    pub(crate) fn shown(&self) -> String {
        shown(&self.text)
    }
}

/// How a part that is not known is shown.
pub(crate) const UNKNOWN: char = '…';

/// A text for people: marks as `…`.
pub(crate) fn shown(text: &str) -> String {
    text.chars()
        .map(|c| if is_mark(c) { UNKNOWN } else { c })
        .collect()
}

/// Several words as one, as `"$*"` joins them.
pub(crate) fn joined(values: &[Value], by: &str) -> Value {
    let texts: Vec<&str> = values.iter().map(Value::text).collect();
    Value {
        text: texts.join(by),
        glob: values.iter().any(|v| v.glob),
    }
}
