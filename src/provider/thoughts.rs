//! A model's words → the same words without the thinking that some models write
//! among them, as `<thinking>…</thinking>` or `<think>…</think>`.
//!
//! Invariant: what is between the tags, and what stands behind a tag that never
//! closes, is gone; a text without such a tag is unchanged.

/// The tags, without their brackets.
const TAGS: [&str; 2] = ["thinking", "think"];

/// The text without thoughts.
pub(super) fn without(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag, inside)) = next(rest) {
        out.push_str(before);
        let close = format!("</{tag}>");
        rest = inside
            .split_once(close.as_str())
            .map_or("", |(_, after)| after);
    }
    // A tag that only closes: the thinking began before what was kept.
    for tag in TAGS {
        if let Some((_, after)) = rest.rsplit_once(&format!("</{tag}>")) {
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

/// The first tag that opens: what stands before it, which, and what follows.
fn next(text: &str) -> Option<(&str, &'static str, &str)> {
    let found = TAGS.iter().filter_map(|tag| {
        let (before, inside) = text.split_once(&format!("<{tag}>"))?;
        Some((before, *tag, inside))
    });
    found.min_by_key(|(before, ..)| before.len())
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
            ("Done. <think>and then", "Done."),
            ("it began before</think>\nDone.", "Done."),
            ("<thinking><think>x</think> y</thinking>Done.", "Done."),
        ] {
            assert_eq!(without(text), wanted, "{text}");
        }
    }
}
