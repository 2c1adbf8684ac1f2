//! A model's words → the same words without the thinking that some models write
//! among them, as `<thinking>…</thinking>` or `<think>…</think>`.
//!
//! Invariant: what is between the tags, and what stands behind a tag that begins a
//! line and never closes, is gone; a text that only names such a tag is unchanged.

/// The tags, without their brackets.
const TAGS: [&str; 2] = ["thinking", "think"];

/// The text without thoughts.
#[must_use]
pub fn without(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = cut(rest) {
        out.push_str(before);
        rest = after;
    }
    // A tag that only closes, at the end of a line: the thinking began before what was kept.
    for tag in TAGS {
        if let Some((_, after)) = rest.rsplit_once(&format!("</{tag}>"))
            && (after.is_empty() || after.starts_with(['\n', '\r']))
        {
            rest = after;
            out.clear();
        }
    }
    out.push_str(rest);
    if out.len() < text.len() {
        out = out.trim().to_owned();
    }
    out
}

/// What stands before the first thought, and what follows it.
fn cut(text: &str) -> Option<(&str, &str)> {
    let found = TAGS.iter().filter_map(|tag| {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        text.match_indices(open.as_str()).find_map(|(at, open)| {
            let (before, inside) = text.split_at_checked(at)?;
            let line = before.rsplit('\n').next().unwrap_or_default();
            let after = inside.get(open.len()..)?.split_once(close.as_str());
            match after {
                _ if before.ends_with('`') => None,
                Some((_, after)) => Some((before, after)),
                None if line.trim().is_empty() => Some((before, "")),
                None => None,
            }
        })
    });
    found.min_by_key(|(before, _)| before.len())
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn thoughts_are_gone_and_words_stay() {
        for (text, wanted) in [
            ("plain <b>words</b>", "plain <b>words</b>"),
            ("<thinking>no</thinking>\nDone.", "Done."),
            ("a <think>x</think> b <thinking>y</thinking> c", "a  b  c"),
            ("Done.\n<think>and then", "Done."),
            (
                "cuts `<think>` and `</think>` now",
                "cuts `<think>` and `</think>` now",
            ),
            ("an open <think> stays", "an open <think> stays"),
            ("it began before</think>\nDone.", "Done."),
            ("<thinking><think>x</think> y</thinking>Done.", "Done."),
        ] {
            assert_eq!(without(text), wanted, "{text}");
        }
    }
}
