//! How much work one judgement may be: the one place where it is bounded.
//!
//! Invariant: whatever grows with a text is counted before it is done, nested
//! texts and repetitions included, and beyond a bound the walk denies. Together
//! the bounds are set for 50 ms a judgement; `tests/guard/effort.rs` counts.

use super::{Found, Walker};
use crate::guard::rules::shell;
use crate::guard::syntax::limits;
use crate::guard::word::Value;

/// How many commands one judgement walks over.
pub(crate) const STEPS_MAX: usize = 4_000;
/// How many bytes of text one judgement parses, nested texts included.
pub(crate) const PARSED_BYTES_MAX: usize = 512 * 1024;
/// How many words and operators one judgement parses, nested texts included.
pub(crate) const PARSED_WORDS_MAX: usize = 15_000;
/// How many bytes all words together come to, when they are put in place of what stands for them.
pub(crate) const GROWN_BYTES_MAX: usize = 1024 * 1024;
/// How many words they come to.
pub(crate) const GROWN_WORDS_MAX: usize = 50_000;
/// How many variables and files are remembered.
const NAMES_MAX: usize = 256;
/// How deep texts nest in texts and functions in functions.
pub(super) const DEPTH_MAX: usize = 16;
/// How many wrappers, functions and texts one command is inside of.
pub(super) const WITHIN_MAX: usize = 48;
/// How long the text of one word may become, in bytes.
pub(super) const WORD_BYTES_MAX: usize = 128 * 1024;

/// What was done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Commands.
    pub steps: usize,
    /// Bytes that were parsed.
    pub bytes: usize,
    /// Words and operators that were parsed.
    pub words: usize,
    /// Bytes of words with what stands in them put in its place.
    pub grown_bytes: usize,
    /// Such words.
    pub grown_words: usize,
}

impl Effort {
    /// Whether it is within all bounds.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        self.steps <= STEPS_MAX
            && self.bytes <= PARSED_BYTES_MAX
            && self.words <= PARSED_WORDS_MAX
            && self.grown_bytes <= GROWN_BYTES_MAX
            && self.grown_words <= GROWN_WORDS_MAX
    }
}

impl Walker<'_> {
    /// One more command.
    pub(super) fn step(&mut self) -> Found {
        let names = self.state.variables.len() + self.state.files.len();
        let more = Effort {
            steps: 1,
            ..Effort::default()
        };
        if names > NAMES_MAX {
            return Err(self.stop(&shell::TOO_COMPLEX, ""));
        }
        self.spend(more, "")
    }

    /// One more text, before it is parsed.
    pub(super) fn reads(&mut self, text: &str) -> Found {
        let more = Effort {
            bytes: text.len(),
            words: limits::words(text),
            ..Effort::default()
        };
        self.spend(more, text)
    }

    /// More words, with what stands in them put in its place.
    pub(super) fn grows(&mut self, values: &[Value]) -> Found {
        let more = Effort {
            grown_bytes: values.iter().map(|value| value.text().len()).sum(),
            grown_words: values.len(),
            ..Effort::default()
        };
        self.spend(more, "words that grow")
    }

    /// A text that is searched once more.
    pub(super) fn searches(&mut self, text: &str) -> Found {
        let more = Effort {
            grown_bytes: text.len(),
            ..Effort::default()
        };
        self.spend(more, "texts that are read again")
    }

    fn spend(&mut self, more: Effort, what: &str) -> Found {
        let after = Effort {
            steps: self.effort.steps + more.steps,
            bytes: self.effort.bytes + more.bytes,
            words: self.effort.words + more.words,
            grown_bytes: self.effort.grown_bytes + more.grown_bytes,
            grown_words: self.effort.grown_words + more.grown_words,
        };
        if !after.is_bounded() {
            return Err(self.stop(&shell::TOO_COMPLEX, what));
        }
        self.effort = after;
        Ok(())
    }
}
