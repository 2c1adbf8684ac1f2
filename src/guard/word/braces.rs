//! `{a,b}` and `{1..3}` in a raw word → the raw words it stands for.
//!
//! Invariant: quotes and `${…}` are left alone; more words than `WORDS_MAX` are
//! no answer, and the caller denies.

/// How many words one word may become.
const WORDS_MAX: usize = 256;

/// The words, or none when there are too many.
pub(crate) fn braces(raw: &str) -> Option<Vec<String>> {
    if !raw.contains('{') {
        return Some(vec![raw.to_owned()]);
    }
    let mut out = Vec::new();
    expand(raw, &mut out, 0)?;
    Some(out)
}

/// How deep braces nest.
const DEPTH_MAX: usize = 16;

fn expand(raw: &str, out: &mut Vec<String>, depth: usize) -> Option<()> {
    let found = group(raw);
    let Some((open, close, commas)) = found else {
        out.push(raw.to_owned());
        return (out.len() <= WORDS_MAX).then_some(());
    };
    if depth >= DEPTH_MAX {
        return None;
    }
    let head = raw.get(..open)?;
    let tail = raw.get(close + 1..)?;
    let members: Vec<String> = if commas.is_empty() {
        sequence(raw.get(open + 1..close)?)?
    } else {
        let mut from = open + 1;
        let mut members = Vec::new();
        for end in commas.iter().copied().chain([close]) {
            members.push(raw.get(from..end)?.to_owned());
            from = end + 1;
        }
        members
    };
    for member in members {
        expand(&format!("{head}{member}{tail}"), out, depth + 1)?;
    }
    Some(())
}

/// The first group that expands: where it opens and closes, and its commas.
fn group(raw: &str) -> Option<(usize, usize, Vec<usize>)> {
    let bytes = raw.as_bytes();
    let mut from = 0;
    loop {
        let open = next_open(bytes, from)?;
        if let Some((close, commas)) = closing(bytes, open) {
            let inner = raw.get(open + 1..close)?;
            if !commas.is_empty() || sequence(inner).is_none_or(|s| !s.is_empty()) {
                return Some((open, close, commas));
            }
        }
        from = open + 1;
    }
}

/// The next `{` outside quotes and not behind a `$`.
fn next_open(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = 0;
    while at < bytes.len() {
        let skipped = skip(bytes, at);
        if skipped > at {
            at = skipped;
        } else if bytes[at] == b'{' && at >= from {
            return Some(at);
        } else {
            at += 1;
        }
    }
    None
}

/// Where what is quoted or substituted here ends; `at` when nothing is.
fn skip(bytes: &[u8], at: usize) -> usize {
    let find = |from: usize, byte: u8| {
        let rest = bytes.get(from..).unwrap_or_default();
        memchr::memchr(byte, rest).map_or(bytes.len(), |n| from + n + 1)
    };
    match (bytes[at], bytes.get(at + 1)) {
        (b'\\', _) => at + 2,
        (b'\'', _) => find(at + 1, b'\''),
        (b'"', _) => {
            let mut at = at + 1;
            while at < bytes.len() && bytes[at] != b'"' {
                at += if bytes[at] == b'\\' { 2 } else { 1 };
            }
            at + 1
        }
        (b'`', _) => find(at + 1, b'`'),
        (b'$', Some(b'{')) => balanced(bytes, at + 1, b'{', b'}'),
        (b'$', Some(b'(')) => balanced(bytes, at + 1, b'(', b')'),
        _ => at,
    }
}

fn balanced(bytes: &[u8], at: usize, opens: u8, closes: u8) -> usize {
    let (mut at, mut depth) = (at, 0_usize);
    while at < bytes.len() {
        if bytes[at] == opens {
            depth += 1;
        } else if bytes[at] == closes {
            depth -= 1;
            if depth == 0 {
                return at + 1;
            }
        }
        at += 1;
    }
    at
}

/// The `}` of the `{` here, and the commas between that are its own.
fn closing(bytes: &[u8], open: usize) -> Option<(usize, Vec<usize>)> {
    let (mut at, mut depth, mut commas) = (open + 1, 0_usize, Vec::new());
    while at < bytes.len() {
        let skipped = skip(bytes, at);
        if skipped > at {
            at = skipped;
            continue;
        }
        match bytes[at] {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some((at, commas)),
            b'}' => depth -= 1,
            b',' if depth == 0 => commas.push(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The members of `1..9`, `a..e` or `1..9..2`: empty when it is none, no answer
/// when there are too many.
fn sequence(inner: &str) -> Option<Vec<String>> {
    let parts: Vec<&str> = inner.split("..").collect();
    let (from, to, step) = match parts.as_slice() {
        [from, to] => (*from, *to, 1),
        [from, to, step] => (
            *from,
            *to,
            step.parse::<i64>().ok()?.saturating_abs().max(1),
        ),
        _ => return Some(Vec::new()),
    };
    let step = usize::try_from(step).ok()?;
    if let (Ok(from), Ok(to)) = (from.parse::<i64>(), to.parse::<i64>()) {
        let count = from.abs_diff(to) / u64::try_from(step).ok()?;
        if usize::try_from(count).ok()? >= WORDS_MAX {
            return None;
        }
        let (low, high) = (from.min(to), from.max(to));
        let mut all: Vec<String> = (low..=high).step_by(step).map(|n| n.to_string()).collect();
        if from > to {
            all.reverse();
        }
        return Some(all);
    }
    let one = |text: &str| {
        let mut chars = text.chars();
        chars
            .next()
            .filter(|c| c.is_ascii_alphabetic() && chars.next().is_none())
    };
    match (one(from), one(to)) {
        (Some(from), Some(to)) => {
            let (low, high) = (from.min(to), from.max(to));
            Some((low..=high).step_by(step).map(String::from).collect())
        }
        _ => Some(Vec::new()),
    }
}

#[test]
fn braces_expand_as_in_bash() {
    let words = |raw: &str| braces(raw).map(|w| w.join(" "));
    for (raw, expanded) in [
        ("a{b,c}d", "abd acd"),
        ("{a,b}{1..3}", "a1 a2 a3 b1 b2 b3"),
        ("'{a,b}' ${x,,} {a}", "'{a,b}' ${x,,} {a}"),
        ("{a,{b,c}}", "a b c"),
        ("\\{a,b}", "\\{a,b}"),
        ("{}", "{}"),
    ] {
        assert_eq!(words(raw).as_deref(), Some(expanded), "{raw}");
    }
    assert_eq!(braces("{1..99999}"), None);
    assert_eq!(
        braces("{1..99999999999999999999}").map(|w| w.len()),
        Some(1)
    );
}
