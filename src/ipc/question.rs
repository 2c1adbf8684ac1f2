//! What operators ask: one line of words ↔ a question.
//!
//! Invariant: what is written reads back as the same question, and nothing that
//! is not one of these lines is any question.

use crate::model::Wish;
use std::fmt;

/// The longest word, in bytes.
const WORD_BYTES_MAX: usize = 64;

/// A question to the running factory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// How it stands.
    Status,
    /// That something be done.
    Order {
        /// What.
        wish: Wish,
        /// The login of the operator on this machine.
        by: String,
    },
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Question::Status => f.write_str("status"),
            Question::Order { wish, by } => match wish {
                Wish::Pause => write!(f, "pause by {by}"),
                Wish::Stop => write!(f, "stop by {by}"),
                Wish::Resume => write!(f, "resume by {by}"),
                Wish::Cancel(what) => write!(f, "cancel {what} by {by}"),
            },
        }
    }
}

/// Reads a question.
///
/// # Errors
/// With the questions that there are.
pub fn parse(text: &str) -> Result<Question, String> {
    let words: Vec<&str> = text.split(' ').collect();
    let (wish, by) = match words.as_slice() {
        ["status"] => return Ok(Question::Status),
        ["pause", "by", by] => (Wish::Pause, by),
        ["stop", "by", by] => (Wish::Stop, by),
        ["resume", "by", by] => (Wish::Resume, by),
        ["cancel", what, "by", by] if is_word(what) => (Wish::Cancel((*what).to_owned()), by),
        _ => {
            return Err(
                "unknown question; ask `status`, `pause by WHO`, `resume by WHO`, `stop by WHO` or `cancel TASK|RUN by WHO`"
                    .to_owned(),
            );
        }
    };
    if !is_word(by) {
        return Err(format!(
            "who asks is a login of at most {WORD_BYTES_MAX} letters, digits and `._@-`"
        ));
    }
    let by = (*by).to_owned();
    Ok(Question::Order { wish, by })
}

/// Whether a word can stand in a question, on the forge and in a log as it is.
#[must_use]
pub fn is_word(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._@-".contains(c);
    !text.is_empty() && text.len() <= WORD_BYTES_MAX && text.chars().all(fits)
}
