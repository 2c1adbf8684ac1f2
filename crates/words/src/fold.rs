//! Text as it is compared: compatibility forms composed, lower case, one space
//! between words, nothing that cannot be seen.
//!
//! Invariant: keywords and texts go through the same function, so what looks
//! the same compares the same; ASCII, which most texts are, takes a short way
//! to the same result.

use icu_normalizer::ComposingNormalizerBorrowed;

/// How much of a text is read, in bytes: all of it, but for floods.
pub const TEXT_BYTES_MAX: usize = 1 << 20;

/// The beginning of a text that is read, and whether that is not all of it.
pub(super) fn bounded(text: &str) -> (&str, bool) {
    let cut = text.len() > TEXT_BYTES_MAX;
    let end = text.floor_char_boundary(TEXT_BYTES_MAX);
    (text.get(..end).unwrap_or(text), cut)
}

/// A text as it is compared.
#[must_use]
pub fn fold(text: &str) -> String {
    if !text.is_ascii() {
        return fold_any(text);
    }
    let plain = |byte: u8| {
        if byte.is_ascii_whitespace() {
            b' '
        } else {
            byte.to_ascii_lowercase()
        }
    };
    let bytes: Vec<u8> = text.bytes().map(plain).collect();
    let folded = String::from_utf8(bytes).unwrap_or_default();
    if folded.contains("  ") {
        return spaced(&folded);
    }
    folded
}

/// Folding for whatever is not ASCII.
fn fold_any(text: &str) -> String {
    let composed = ComposingNormalizerBorrowed::new_nfkc().normalize(text);
    let mut folded = String::with_capacity(composed.len());
    let seen = composed.chars().filter(|c| !is_invisible(*c));
    for c in seen.flat_map(char::to_lowercase) {
        folded.push(match c {
            // The same letter at the end of a word.
            'ς' => 'σ',
            // The hyphen that does not break is composed to this one.
            '\u{2010}' => '-',
            c if c.is_whitespace() => ' ',
            c => c,
        });
    }
    spaced(&folded)
}

/// One space where there were several.
fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split("  ");
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let part = part.strip_prefix(' ').unwrap_or(part);
        if !out.ends_with(' ') {
            out.push(' ');
        }
        out.push_str(part);
    }
    out
}

/// Characters that show nothing: zero-width ones, and those that only turn the direction.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_lead_to_the_same() {
        for text in [
            "",
            " ",
            "a",
            "Pull  Request",
            "a\n\n\n b\t c   d",
            "x  ",
            "   y",
        ] {
            assert_eq!(fold(text), fold_any(text), "{text:?}");
            assert!(!fold(text).contains("  "), "{text:?}");
        }
    }

    #[test]
    fn what_looks_the_same_compares_the_same() {
        let pairs = [
            ("ＲＥＶＩＥＷ", "review"),
            ("cafe\u{301}", "CAFÉ"),
            ("re\u{200b}view", "review"),
            ("\u{202e}review\u{202c}", "review"),
            ("ΟΔΟΣ", "οδος"),
            ("ﬁx", "fix"),
            ("double\u{2011}check", "double-check"),
            ("pull\u{a0}\u{3000}request", "pull request"),
        ];
        for (one, other) in pairs {
            assert_eq!(fold(one), fold(other), "{one:?}");
        }
    }
}
