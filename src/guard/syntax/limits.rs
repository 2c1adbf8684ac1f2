//! How long, how deep and of which characters a text may be to be read at all.
//!
//! Invariant: checked in one pass before a parser sees the text. Depth is
//! counted twice, with quotes heeded and without, and the larger counts: a
//! text that confuses one of the two does not get past both.

use super::Doubt;
use crate::guard::word::is_mark;

/// The longest text, in bytes: what Linux takes as one argument (`MAX_ARG_STRLEN`),
/// so that `bash -c` could not be given more.
pub(crate) const TEXT_BYTES_MAX: usize = 128 * 1024;

/// How deep brackets, blocks and substitutions nest.
pub(crate) const DEPTH_MAX: usize = 40;

/// How many block words a text may hold in all, heredocs and quotes included:
/// `STACK_BYTES` holds this many if a text makes all of them nest unseen.
pub(crate) const BLOCKS_MAX: usize = 800;

/// How many brackets may begin at once with another one and end on no line of theirs: a sum, or a
/// subshell in one. The parser tries each as both, and all that follow with it, before it gives up.
pub(crate) const DOUBLED_MAX: usize = 4;

/// How many brackets may be open in a text with such a one: each doubles what is tried.
const BESIDE_DOUBLED_MAX: usize = 16;

/// The stack on which a text with many block words is parsed, in bytes.
pub(crate) const STACK_BYTES: usize = 64 * 1024 * 1024;

/// Words that open a block, and words that close one.
const OPENS: [&[u8]; 9] = [
    b"if", b"while", b"until", b"for", b"case", b"select", b"!", b"time", b"coproc",
];
const CLOSES: [&[u8]; 3] = [b"fi", b"done", b"esac"];

/// Refuses what no parser should see. Texts inside texts hold our own marks.
///
/// The answer is whether it may nest deeper than it looks.
pub(crate) fn check(text: &str, is_inner: bool) -> Result<bool, Doubt> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Doubt::Size);
    }
    if text.contains('\0') || text.contains('\u{FEFF}') || (!is_inner && has_mark(text)) {
        return Err(Doubt::Characters);
    }
    let mut scan = Scan {
        bytes: text.as_bytes(),
        ..Scan::default()
    };
    scan.run();
    let (deepest, unclosed) = brackets(text.as_bytes());
    if scan.deepest.max(deepest) > DEPTH_MAX
        || scan.opened > BLOCKS_MAX
        || scan.doubled > DOUBLED_MAX
    {
        return Err(Doubt::Depth);
    }
    // One bracket closes none of another shape: to a parser they nest on.
    let most = if scan.doubled > 0 {
        BESIDE_DOUBLED_MAX
    } else {
        BLOCKS_MAX
    };
    if unclosed > most {
        return Err(Doubt::Depth);
    }
    Ok(scan.opened.max(unclosed) > DEPTH_MAX)
}

fn has_mark(text: &str) -> bool {
    memchr::memchr(0xF3, text.as_bytes()).is_some() && text.chars().any(is_mark)
}

/// How many words and operators a parser finds at most, heredocs and single quotes left out.
pub(crate) fn words(text: &str) -> usize {
    let mut scan = Scan {
        bytes: text.as_bytes(),
        ..Scan::default()
    };
    scan.run();
    scan.words
}

/// The deepest nesting of brackets, and of those of one shape, quotes ignored.
fn brackets(bytes: &[u8]) -> (usize, usize) {
    let (mut depth, mut round, mut curly) = (0_usize, 0_usize, 0_usize);
    let (mut deepest, mut of_one) = (0, 0);
    for byte in bytes {
        let shape = match byte {
            b'(' | b')' => &mut round,
            b'{' | b'}' => &mut curly,
            _ => continue,
        };
        for count in [&mut depth, shape] {
            *count = match byte {
                b'(' | b'{' => *count + 1,
                _ => count.saturating_sub(1),
            };
        }
        deepest = deepest.max(depth);
        of_one = of_one.max(round).max(curly);
    }
    (deepest, of_one)
}

/// Counts the nesting of brackets and blocks outside single quotes and heredocs.
#[derive(Default)]
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    deepest: usize,
    /// Block words seen, whatever closes them.
    opened: usize,
    /// Brackets that begin with another one and do not end on their line.
    doubled: usize,
    /// Words and operators seen.
    words: usize,
    line: Line,
    /// The delimiter of a heredoc that begins on the next line.
    heredoc: Option<&'a [u8]>,
}

/// Where in its line a scan is.
#[derive(Clone, Copy, Default)]
struct Line {
    /// In double quotes.
    is_quoted: bool,
    /// In a substitution within these.
    has_shell: bool,
    /// In a sum, as of `$((1<<2))`.
    is_sum: bool,
}

impl<'a> Scan<'a> {
    fn run(&mut self) {
        let mut begins = true;
        while let Some(byte) = self.bytes.get(self.at).copied() {
            if self.deepest > DEPTH_MAX || self.doubled > DOUBLED_MAX {
                // Refused already; each bracket may look to the end of its line.
                return;
            }
            let was_begin = std::mem::replace(&mut begins, false);
            let is_operator = b"();&|<>\n".contains(&byte);
            let is_word = was_begin && !b" \t".contains(&byte);
            self.words += usize::from(is_operator || is_word);
            self.note(byte);
            match byte {
                b'\\' => self.at += 1,
                b'\'' => {
                    let rest = self.bytes.get(self.at + 1..).unwrap_or_default();
                    self.at += memchr::memchr(b'\'', rest).map_or(0, |n| n + 1);
                }
                b'(' | b'{' => {
                    self.open();
                    self.doubled += usize::from(byte == b'(' && self.is_doubled());
                    begins = true;
                }
                b')' | b'}' => self.depth = self.depth.saturating_sub(1),
                b'<' => self.announce(),
                b'\n' => {
                    self.body();
                    begins = true;
                }
                b' ' | b'\t' | b';' | b'&' | b'|' => begins = true,
                _ if was_begin => self.word(),
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Whether the bracket here begins with another one and does not end on this line.
    fn is_doubled(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.bytes.get(at));
        let is_text = self.line.is_quoted && !self.line.has_shell;
        let rest = self.bytes.get(self.at + 1..).unwrap_or_default();
        let next = rest.iter().find(|byte| !b" \t".contains(byte));
        before != Some(&b'$') && !is_text && next == Some(&b'(') && !ends_on_line(rest)
    }

    fn open(&mut self) {
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
    }

    fn word(&mut self) {
        let word = word(self.bytes, self.at);
        if OPENS.contains(&word) {
            self.opened += 1;
            self.open();
        } else if CLOSES.contains(&word) {
            self.depth = self.depth.saturating_sub(1);
        }
        self.at += word.len().saturating_sub(1);
    }

    fn announce(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(rest) = rest.strip_prefix(b"<<") else {
            return;
        };
        if self.line.is_sum || (self.line.is_quoted && !self.line.has_shell) {
            return;
        }
        let lead = rest.iter().take_while(|b| b"- \t'\"\\".contains(b)).count();
        let rest = rest.get(lead..).unwrap_or_default();
        let name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        let end = rest.iter().take_while(|b| name(b)).count();
        if end > 0 {
            self.heredoc = rest.get(..end);
        }
        self.at += 1 + lead + end;
    }

    /// Notes what decides whether a `<<` only looks as if it announced a heredoc.
    fn note(&mut self, byte: u8) {
        let next = self.bytes.get(self.at + 1).copied();
        let before = self.at.checked_sub(1).and_then(|at| self.bytes.get(at));
        match byte {
            b'\n' => self.line = Line::default(),
            b'"' => {
                self.line.is_quoted = !self.line.is_quoted;
                self.line.has_shell = false;
            }
            b'`' => self.line.has_shell = true,
            b'(' => {
                self.line.has_shell |= matches!(before, Some(b'$' | b'<'));
                self.line.is_sum |= next == Some(b'(');
            }
            b')' if next == Some(b')') => self.line.is_sum = false,
            _ => {}
        }
    }

    /// Skips a heredoc's body; its block words count towards the total.
    fn body(&mut self) {
        let Some(name) = self.heredoc.take() else {
            return;
        };
        loop {
            self.at += 1;
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = rest.get(..end).unwrap_or_default();
            let lead = line.iter().take_while(|b| b" \t".contains(b)).count();
            self.opened += commands(line).filter(|first| OPENS.contains(first)).count();
            self.at += end;
            if line.get(lead..) == Some(name) || self.at >= self.bytes.len() {
                return;
            }
        }
    }
}

/// Whether a bracket ends on its line; quotes and what a comment says do not end it.
fn ends_on_line(rest: &[u8]) -> bool {
    let (mut depth, mut quote, mut before) = (1_usize, None, b'(');
    let mut bytes = rest.iter().take_while(|byte| **byte != b'\n');
    while let Some(byte) = bytes.next() {
        match (quote, *byte) {
            (Some(open), byte) if byte == open => quote = None,
            (None | Some(b'"'), b'\\') => {
                bytes.next();
            }
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(*byte),
            (None, b'#') if b" \t;(".contains(&before) => return false,
            (None, b'(') => depth += 1,
            (None, b')') if depth == 1 => return true,
            (None, b')') => depth -= 1,
            _ => {}
        }
        before = *byte;
    }
    false
}

/// The words of a line that stand where a command may begin, quotes ignored.
fn commands(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    const BEFORE: [&[u8]; 9] = [
        b"then", b"do", b"else", b"if", b"while", b"until", b"elif", b"!", b"time",
    ];
    let mut begins = true;
    line.split(|b| b" \t".contains(b)).filter(move |part| {
        let is_first = begins && !part.is_empty();
        if !part.is_empty() {
            begins = part.ends_with(b";")
                || part.ends_with(b"&")
                || part.ends_with(b"|")
                || part.ends_with(b"(")
                || part.ends_with(b"{")
                || BEFORE.contains(part);
        }
        is_first
    })
}

fn word(bytes: &[u8], at: usize) -> &[u8] {
    let rest = bytes.get(at..).unwrap_or_default();
    let end = rest
        .iter()
        .position(|b| !b.is_ascii_alphabetic() && *b != b'!');
    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::syntax::parse;

    #[test]
    fn the_stack_holds_as_many_blocks_as_a_text_may_hide() {
        let hides = ": $((1<<2))\n";
        let nested = "if true; then ".repeat(BLOCKS_MAX - 1) + &"a; fi;".repeat(BLOCKS_MAX - 1);
        let unclosed = "while ! time ".repeat(BLOCKS_MAX / 3);
        for text in [nested, unclosed] {
            assert!(parse(&format!("{hides}{text}"), false).is_err());
        }
    }

    #[test]
    fn depth_is_counted_in_spite_of_quotes_and_heredocs_that_are_none() {
        let deep = |text: &str| check(text, false) == Err(Doubt::Depth);
        assert!(deep(&"( ')' ".repeat(60)));
        assert!(deep(&"if true; then ".repeat(60)));
        assert!(deep(&format!(
            ": $((1<<2))\n{}",
            "if true; then ".repeat(BLOCKS_MAX + 1)
        )));
        assert!(deep(&format!("\"'\" {}", "$(".repeat(60))));
        for twice in [
            "((\na}\n",
            "( (\na\n",
            "((\na'))'\n",
            "((\na \"))\"\n",
            "((\na #))\n",
            "(((\na\n",
        ] {
            assert!(deep(&twice.repeat(DOUBLED_MAX + 1)), "{twice:?}");
        }
        let beside = "$\n(\na}".repeat(BESIDE_DOUBLED_MAX);
        assert!(deep(&format!("{beside}((\na}}")));
        assert!(!deep(&beside));
        assert!(!deep(&"((i++)); ( (cd a && make) )\n".repeat(60)));
        let c = "if ((fd = open(path)) < 0 ||\n    (fd == 1)) {\n}\n".repeat(60);
        assert!(!deep(&format!("cat > x.c <<'E'\n{c}E\n")));
        let prose = "for all it is worth, if that (or this) holds, time flies.\n".repeat(300);
        assert!(!deep(&format!("cat > x.md <<'E'\n{prose}E\n")));
        let python = "    if a:\n        for b in c:\n            d()\n".repeat(60);
        assert!(!deep(&format!("cat > x.py <<'E'\n{python}E\n")));
    }
}
