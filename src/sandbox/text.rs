//! Small texts: escapes of addresses and pages, patterns, secrets.
//!
//! Invariant: total on any input; nothing here panics or trusts what it reads.

use std::{fs::File, io, io::Read as _};

/// Bytes of a token; written as twice as many hex digits, like Gitea's.
const SECRET_BYTES: usize = 20;

/// A new token.
pub(super) fn secret() -> io::Result<String> {
    let mut bytes = [0_u8; SECRET_BYTES];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(hex::encode(bytes))
}

/// Undoes percent-encoding; what is not a valid escape stays as it is.
pub(super) fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = (first == b'%').then(|| after.get(..2)).flatten();
        let value = escaped.and_then(|digits| hex::decode(digits).ok());
        match value.as_deref() {
            Some([byte]) => {
                bytes.push(*byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Makes text safe inside a page.
pub(super) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(char),
        }
    }
    out
}

/// Whether a text fits a pattern in which `*` stands for anything.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut last = None;
    for piece in pieces {
        let Some((_, after)) = rest.split_once(piece) else {
            return false;
        };
        rest = after;
        last = Some(piece);
    }
    match last {
        None => rest.is_empty(),
        Some("") => true,
        Some(tail) => text.ends_with(tail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_star_stands_for_anything() {
        assert!(fits("GET /a/*/comments", "GET /a/b/c/comments"));
        assert!(fits("* /a*", "POST /a?page=1"));
        assert!(!fits("GET /a", "GET /ab"));
        assert!(fits("*x", "axbx"));
        assert!(!fits("*x", "axb"));
    }

    #[test]
    fn an_address_is_decoded_once() {
        assert_eq!(percent_decode("a%2Fb%252F%zz%"), "a/b%2F%zz%");
    }

    proptest! {
        #[test]
        fn no_text_breaks_out_of_a_page(text in any::<String>()) {
            prop_assert!(!html(&text).contains(['<', '>', '"', '\'']));
        }

        #[test]
        fn decoding_takes_any_text(text in any::<String>()) {
            let _ = percent_decode(&text);
        }
    }
}
