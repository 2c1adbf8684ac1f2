//! A long text becomes a short one that says how much is missing.
//!
//! Invariant: the result has at most the characters asked for, is cut between
//! characters, and a text that fits comes back as it was.

/// The text, or as much of its head as fits with a note of what was cut.
#[must_use]
pub fn clip(text: &str, max_chars: usize) -> String {
    let total = text.chars().count();
    if total <= max_chars {
        return text.to_owned();
    }
    // The note for all characters is at least as long as the note for those cut.
    let room = max_chars.saturating_sub(note(total).chars().count());
    if room == 0 {
        return "…".chars().take(max_chars).collect();
    }
    let mut out: String = text.chars().take(room).collect();
    out.push_str(&note(total - room));
    out
}

fn note(cut: usize) -> String {
    format!("… [{cut} more characters]")
}
