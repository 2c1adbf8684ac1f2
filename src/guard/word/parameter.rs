//! What stands between the braces of `${…}` → name, operation and operand.
//!
//! Invariant: an operation that is not understood is `Other`: its value is
//! unknown, but its operand is still expanded, so that a command in it is seen.

/// A parameter expansion.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parameter<'a> {
    pub(crate) name: &'a str,
    /// `[@]`, `[*]` or a subscript.
    pub(crate) index: Option<&'a str>,
    pub(crate) operation: Operation,
    /// The raw word behind the operation.
    pub(crate) operand: &'a str,
}

/// What is done to the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// `${x}`
    Value,
    /// `${x:-w}`, `${x-w}`
    Default,
    /// `${x:=w}`, `${x=w}`
    Assign,
    /// `${x:+w}`, `${x+w}`
    Alternative,
    /// `${x:?w}`, `${x?w}`
    Required,
    /// `${#x}`
    Length,
    /// `${x#p}`, and whether the longest match goes.
    CutFront(bool),
    /// `${x%p}`
    CutBack(bool),
    /// `${x/p/r}`, and whether everywhere.
    Replace(bool),
    /// `${x:from:length}`
    Slice,
    /// `${x,,}`
    Lower,
    /// `${x^^}`
    Upper,
    /// `${!x}`
    Indirect,
    /// Anything else.
    Other,
}

/// The parts of a parameter expansion.
pub(crate) fn parse(inner: &str) -> Parameter<'_> {
    let other = |operation, operand| Parameter {
        name: "",
        index: None,
        operation,
        operand,
    };
    if let Some(rest) = inner.strip_prefix('#')
        && !rest.is_empty()
    {
        return other(Operation::Length, rest);
    }
    if let Some(rest) = inner.strip_prefix('!')
        && !rest.is_empty()
    {
        let (name, after) = name(rest);
        return Parameter {
            name,
            index: None,
            operation: if after.is_empty() && !name.is_empty() {
                Operation::Indirect
            } else {
                Operation::Other
            },
            operand: after,
        };
    }
    let (name, mut rest) = name(inner);
    if name.is_empty() {
        return other(Operation::Other, inner);
    }
    let mut index = None;
    if let Some(tail) = rest.strip_prefix('[')
        && let Some(end) = tail.find(']')
    {
        index = tail.get(..end);
        rest = tail.get(end + 1..).unwrap_or_default();
    }
    let (operation, operand) = operation(rest);
    Parameter {
        name,
        index,
        operation,
        operand,
    }
}

fn name(text: &str) -> (&str, &str) {
    let first = text.chars().next();
    let end = match first {
        Some(c) if c.is_ascii_alphabetic() || c == '_' => text
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(text.len()),
        Some(c) if c.is_ascii_digit() => text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len()),
        Some(c) if "@*#?-$!".contains(c) => 1,
        _ => 0,
    };
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Longest first.
const OPERATIONS: &[(&str, Operation)] = &[
    (":-", Operation::Default),
    (":=", Operation::Assign),
    (":+", Operation::Alternative),
    (":?", Operation::Required),
    ("-", Operation::Default),
    ("=", Operation::Assign),
    ("+", Operation::Alternative),
    ("?", Operation::Required),
    ("##", Operation::CutFront(true)),
    ("#", Operation::CutFront(false)),
    ("%%", Operation::CutBack(true)),
    ("%", Operation::CutBack(false)),
    ("//", Operation::Replace(true)),
    ("/", Operation::Replace(false)),
    (":", Operation::Slice),
    (",,", Operation::Lower),
    ("^^", Operation::Upper),
];

fn operation(rest: &str) -> (Operation, &str) {
    if rest.is_empty() {
        return (Operation::Value, "");
    }
    for (sign, operation) in OPERATIONS {
        if let Some(operand) = rest.strip_prefix(sign) {
            return (*operation, operand);
        }
    }
    (Operation::Other, rest)
}

/// The value with an operation done to it, where that is simple enough to know.
pub(crate) fn apply(value: &str, operation: Operation, operand: &str) -> Option<String> {
    match operation {
        Operation::CutFront(longest) => cut(value, operand, longest, true),
        Operation::CutBack(longest) => cut(value, operand, longest, false),
        Operation::Slice => {
            let (from, length) = operand.split_once(':').unwrap_or((operand, ""));
            let from = from.trim().parse::<usize>().ok()?;
            let tail = value.chars().skip(from);
            if length.is_empty() {
                return Some(tail.collect());
            }
            Some(tail.take(length.trim().parse().ok()?).collect())
        }
        Operation::Lower => Some(value.to_lowercase()),
        Operation::Upper => Some(value.to_uppercase()),
        _ => None,
    }
}

/// The two sides of `${x/from/to}` as written: a slash that is escaped or quoted, or
/// inside a substitution, parts nothing.
pub(crate) fn sides(operand: &str) -> (&str, &str) {
    let (mut quote, mut depth, mut escaped) = (None, 0_usize, false);
    for (at, c) in operand.char_indices() {
        match c {
            _ if std::mem::take(&mut escaped) => {}
            '\\' if quote != Some('\'') => escaped = true,
            '\'' | '"' | '`' if quote == Some(c) => quote = None,
            '\'' | '"' | '`' if quote.is_none() => quote = Some(c),
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            '/' if quote.is_none() && depth == 0 && at > 0 => {
                return (
                    operand.get(..at).unwrap_or_default(),
                    operand.get(at + 1..).unwrap_or_default(),
                );
            }
            _ => {}
        }
    }
    (operand, "")
}

/// The value with one literal in place of another; none when it is a pattern.
pub(crate) fn replace(value: &str, from: &str, to: &str, everywhere: bool) -> Option<String> {
    if from.is_empty() || from.contains(['*', '?', '[', '#', '%', '\\']) {
        return None;
    }
    Some(if everywhere {
        value.replace(from, to)
    } else {
        value.replacen(from, to, 1)
    })
}

/// A beginning or an end cut off: a literal, `*x` or `x*`.
fn cut(value: &str, pattern: &str, longest: bool, front: bool) -> Option<String> {
    let star = if front {
        pattern.strip_prefix('*')
    } else {
        pattern.strip_suffix('*')
    };
    let literal = star.unwrap_or(pattern);
    if literal.contains(['*', '?', '[', '\\', '$', '`']) {
        return None;
    }
    let cut = match (star.is_some(), front) {
        (false, true) => value.strip_prefix(literal),
        (false, false) => value.strip_suffix(literal),
        (true, true) => {
            let at = if longest {
                value.rfind(literal)
            } else {
                value.find(literal)
            };
            at.and_then(|at| value.get(at + literal.len()..))
        }
        (true, false) => {
            let at = if longest {
                value.find(literal)
            } else {
                value.rfind(literal)
            };
            at.and_then(|at| value.get(..at))
        }
    };
    Some(cut.unwrap_or(value).to_owned())
}

#[test]
fn operations_are_told_apart() {
    let seen = |inner| {
        let p = parse(inner);
        (p.name.to_owned(), p.operation, p.operand.to_owned())
    };
    let of = |n: &str, o, w: &str| (n.to_owned(), o, w.to_owned());
    assert_eq!(seen("x:-y"), of("x", Operation::Default, "y"));
    assert_eq!(seen("#x"), of("", Operation::Length, "x"));
    assert_eq!(seen("!x"), of("x", Operation::Indirect, ""));
    assert_eq!(seen("a[@]%.o"), of("a", Operation::CutBack(false), ".o"));
    assert_eq!(parse("a[@]").index, Some("@"));
    let cut = |v, o, w| apply(v, o, w);
    assert_eq!(
        cut("a/b/c", Operation::CutFront(true), "*/").as_deref(),
        Some("c")
    );
    assert_eq!(
        cut("a.b.c", Operation::CutBack(false), ".*").as_deref(),
        Some("a.b")
    );
    assert_eq!(cut("xrmx", Operation::Slice, "1:2").as_deref(), Some("rm"));
}
