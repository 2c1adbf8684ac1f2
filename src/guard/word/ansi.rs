//! `$'…'` and the escapes of `echo -e` and `printf` → the characters they stand for.
//!
//! Invariant: what bash would make of an escape is made here too; a number that
//! is no character is dropped, as nothing can be named by it.

/// The text of an ANSI-C quote after its opening `$'`, and how far it reaches
/// with its closing quote.
pub(super) fn read(rest: &str) -> Option<(String, usize)> {
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' => return Some((unescape(rest.get(..at)?), at + 1)),
            '\\' => {
                chars.next();
            }
            _ => {}
        }
    }
    None
}

/// A text with its backslash escapes replaced.
pub(crate) fn unescape(text: &str) -> String {
    let mut bytes: Vec<u8> = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend(rest.get(..at).unwrap_or_default().bytes());
        rest = rest.get(at + 1..).unwrap_or_default();
        let Some(c) = rest.chars().next() else {
            bytes.push(b'\\');
            break;
        };
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        rest = escape(c, rest, after, &mut bytes);
    }
    bytes.extend(rest.bytes());
    String::from_utf8_lossy(&bytes).replace('\0', "")
}

/// Appends what one escape stands for; the text that follows it.
fn escape<'a>(c: char, from: &'a str, after: &'a str, bytes: &mut Vec<u8>) -> &'a str {
    let simple = match c {
        'n' => Some(b'\n'),
        't' => Some(b'\t'),
        'r' => Some(b'\r'),
        'a' => Some(7),
        'b' => Some(8),
        'e' | 'E' => Some(27),
        'f' => Some(12),
        'v' => Some(11),
        '\\' | '\'' | '"' | '?' => u8::try_from(c).ok(),
        _ => None,
    };
    if let Some(byte) = simple {
        bytes.push(byte);
        return after;
    }
    match c {
        'x' => byte(after, 16, 2, bytes),
        '0'..='7' => byte(from, 8, if c == '0' { 4 } else { 3 }, bytes),
        'u' => unicode(after, 4, bytes),
        'U' => unicode(after, 8, bytes),
        'c' => {
            let next = after.chars().next();
            if let Some(next) = next.filter(char::is_ascii) {
                bytes.push(u8::try_from(next).unwrap_or_default() & 0x1f);
                return after.get(1..).unwrap_or_default();
            }
            after
        }
        _ => {
            bytes.push(b'\\');
            from
        }
    }
}

fn digits(text: &str, radix: u32, most: usize) -> &str {
    let end = text
        .char_indices()
        .take_while(|(at, c)| *at < most && c.is_digit(radix))
        .count();
    text.get(..end).unwrap_or_default()
}

fn byte<'a>(text: &'a str, radix: u32, most: usize, bytes: &mut Vec<u8>) -> &'a str {
    let digits = digits(text, radix, most);
    if let Ok(number) = u32::from_str_radix(digits, radix) {
        bytes.push(u8::try_from(number & 0xff).unwrap_or_default());
    }
    text.get(digits.len()..).unwrap_or_default()
}

fn unicode<'a>(text: &'a str, most: usize, bytes: &mut Vec<u8>) -> &'a str {
    let digits = digits(text, 16, most);
    let number = u32::from_str_radix(digits, 16).ok();
    if let Some(c) = number.and_then(char::from_u32) {
        bytes.extend(c.to_string().bytes());
    }
    text.get(digits.len()..).unwrap_or_default()
}

#[test]
fn escapes_are_the_characters_bash_makes_of_them() {
    for (escaped, plain) in [
        ("\\x72\\x6d", "rm"),
        ("\\162\\155", "rm"),
        ("r\\u006d", "rm"),
        ("a\\nb\\\\", "a\nb\\"),
        ("\\xff\\q", "\u{fffd}\\q"),
        ("\\", "\\"),
    ] {
        assert_eq!(unescape(escaped), plain, "{escaped}");
    }
    assert_eq!(read("a\\'b' c"), Some(("a'b".to_owned(), 5)));
}
