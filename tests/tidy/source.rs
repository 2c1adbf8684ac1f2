//! Rust text with comments and literals blanked, and with its test modules
//! blanked or alone, so that a rule sees code and only the code it is about.
//!
//! Invariant: blanking keeps every line where it was.

/// Code only: comments, strings and character literals become spaces.
pub fn code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = literal_end(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|c| keep_line(*c)));
            at = end;
        }
    }
    out
}

fn keep_line(c: char) -> char {
    if c == '\n' { '\n' } else { ' ' }
}

/// Where the comment or literal that begins at `at` ends; `at` when none does.
fn literal_end(chars: &[char], at: usize) -> usize {
    let next = chars.get(at + 1).copied();
    match chars[at] {
        '/' if next == Some('/') => find(chars, at, '\n'),
        '/' if next == Some('*') => block_end(chars, at),
        '"' => string_end(chars, at),
        'r' | 'b' | 'c' if !continues_word(chars, at) => prefixed_end(chars, at),
        '\'' => char_end(chars, at),
        _ => at,
    }
}

fn continues_word(chars: &[char], at: usize) -> bool {
    at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_')
}

fn find(chars: &[char], from: usize, wanted: char) -> usize {
    let rest = &chars[from..];
    from + rest.iter().position(|c| *c == wanted).unwrap_or(rest.len())
}

fn block_end(chars: &[char], from: usize) -> usize {
    let (mut at, mut depth) = (from, 0);
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    at
}

fn string_end(chars: &[char], from: usize) -> usize {
    let mut at = from + 1;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// `r"…"`, `r#"…"#`, `b"…"`, `br#"…"#`, `c"…"`, `b'…'`; a plain word ends where it began.
fn prefixed_end(chars: &[char], from: usize) -> usize {
    let mut at = from;
    while matches!(chars.get(at), Some('r' | 'b' | 'c')) && at < from + 2 {
        at += 1;
    }
    let raw = chars[from..at].contains(&'r');
    let hashes = chars[at..].iter().take_while(|c| **c == '#').count();
    match chars.get(at + hashes) {
        Some('"') if raw => raw_end(chars, at + hashes + 1, hashes),
        Some('"') if hashes == 0 => string_end(chars, at),
        Some('\'') if hashes == 0 && !raw => char_end(chars, at),
        _ => from,
    }
}

fn raw_end(chars: &[char], from: usize, hashes: usize) -> usize {
    let mut at = from;
    loop {
        at = find(chars, at, '"');
        if at >= chars.len() {
            return chars.len();
        }
        at += 1;
        let closing = chars[at..].iter().take_while(|c| **c == '#').count();
        if closing >= hashes {
            return at + hashes;
        }
    }
}

/// The end of a character literal; a lifetime ends where it began.
fn char_end(chars: &[char], from: usize) -> usize {
    match (chars.get(from + 1), chars.get(from + 2)) {
        (Some('\\'), Some(_)) => (find(chars, from + 3, '\'') + 1).min(chars.len()),
        (Some(_), Some('\'')) => from + 3,
        _ => from,
    }
}

/// Code that ships: `#[cfg(test)]` items blanked as well.
pub fn shipped(text: &str) -> String {
    split(&code(text)).0
}

/// Code inside `#[cfg(test)]` items only.
pub fn tests(text: &str) -> String {
    split(&code(text)).1
}

fn split(code: &str) -> (String, String) {
    const MARK: &str = "#[cfg(test)]";
    let blank = |part: &str| part.chars().map(keep_line).collect::<String>();
    let (mut shipped, mut tests) = (String::new(), String::new());
    let mut rest = code;
    while let Some(start) = rest.find(MARK) {
        let (before, from) = rest.split_at(start);
        let (item, after) = from.split_at(item_end(from));
        shipped.push_str(before);
        shipped.push_str(&blank(item));
        tests.push_str(&blank(before));
        tests.push_str(item);
        rest = after;
    }
    shipped.push_str(rest);
    tests.push_str(&blank(rest));
    (shipped, tests)
}

/// The end of the item that begins here: its closing brace, or the `;` before one opens.
fn item_end(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth <= 1 => return at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

/// The line, counted from 1, of a byte offset.
pub fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}

/// Where a name stands as a whole, not as a part of a longer one.
pub fn whole<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let (first, last) = (joins(name.chars().next()), joins(name.chars().next_back()));
    text.match_indices(name)
        .map(|(at, _)| at)
        .filter(move |at| {
            let before = text.get(..*at).and_then(|t| t.chars().next_back());
            let after = text.get(at + name.len()..).and_then(|t| t.chars().next());
            !(first && joins(before) || last && joins(after))
        })
}

#[test]
fn comments_and_literals_are_blanked_and_lines_stay() {
    let text = "a /* x /* y */ z */ b // c\n\"s\\\"q\" r#\"raw \" \"# 'c' '\\n' &'life b\"x\" end";
    let seen = code(text);
    let words: Vec<&str> = seen.split_whitespace().collect();
    assert_eq!(words, ["a", "b", "&'life", "end"]);
    assert_eq!(seen.matches('\n').count(), 1);
}

#[test]
fn words_that_begin_like_a_prefix_are_code() {
    assert_eq!(code("for bar in crate::r#type"), "for bar in crate::r#type");
}

#[test]
fn test_items_are_split_from_what_ships() {
    let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() { c() }\n}\nfn d() {}\n#[cfg(test)]\nmod far;\nfn e() {}\n";
    let (ships, tested) = (shipped(text), tests(text));
    assert!(ships.contains("fn a") && ships.contains("fn d") && ships.contains("fn e"));
    assert!(!ships.contains("fn b") && !ships.contains("far"));
    assert!(tested.contains("fn b") && tested.contains("far") && !tested.contains("fn d"));
    assert_eq!(ships.lines().count(), text.lines().count());
}
