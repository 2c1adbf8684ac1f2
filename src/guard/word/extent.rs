//! Where a bracket closes, as the shell sees it: quotes, nested brackets,
//! comments, heredocs and the patterns of `case` between.
//!
//! Invariant: an answer lies inside the text and behind the closing bracket; no
//! answer means that nothing closes it. A wrong answer cannot hide a command:
//! what it cuts off stays in the word, and half a command does not parse.

/// Behind the `)` that closes the `(` here.
pub(super) fn round(text: &str) -> Option<usize> {
    let mut scan = Scan::new(text);
    scan.at = 1;
    scan.commands(b')')?;
    Some(scan.at)
}

/// Behind the `))` that closes the `((` here; none when it is no sum.
pub(super) fn sum(text: &str) -> Option<usize> {
    let mut scan = Scan::new(text);
    scan.at = 2;
    scan.nested(b'(', b')')?;
    (scan.peek(0) == Some(b')')).then_some(scan.at + 1)
}

/// Behind the `]` that closes the `[` here.
pub(super) fn square(text: &str) -> Option<usize> {
    let mut scan = Scan::new(text);
    scan.at = 1;
    scan.nested(b'[', b']')?;
    Some(scan.at)
}

/// Whether each bracket and quote that a text of commands opens is closed.
pub(crate) fn is_closed(text: &str) -> bool {
    let mut scan = Scan::new(text);
    scan.commands(b'\0').is_some() || scan.at >= text.len() && !scan.is_inside
}

/// Behind the `}` that closes the `{` here; single quotes mean nothing inside double ones.
pub(super) fn curly(text: &str, quoted: bool) -> Option<usize> {
    let mut scan = Scan::new(text);
    scan.quoted = quoted;
    scan.at = 1;
    scan.nested(b'\0', b'}')?;
    Some(scan.at)
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Delimiters of heredocs that begin on the next line, and whether tabs are cut.
    heredocs: Vec<(Vec<u8>, bool)>,
    /// Inside double quotes, where single ones mean nothing.
    quoted: bool,
    /// Inside of something that must close.
    is_inside: bool,
    /// Open `case`s: a `)` may end one of their patterns.
    cases: usize,
}

impl<'a> Scan<'a> {
    fn new(text: &'a str) -> Scan<'a> {
        Scan {
            bytes: text.as_bytes(),
            at: 0,
            heredocs: Vec::new(),
            quoted: false,
            is_inside: false,
            cases: 0,
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// Text that is no list of commands: `${…}` and sums.
    fn nested(&mut self, opens: u8, closes: u8) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            let byte = self.peek(0)?;
            self.at += 1;
            if byte == closes {
                if depth == 0 {
                    return Some(());
                }
                depth -= 1;
            } else if byte == opens {
                depth += 1;
            } else {
                self.quoting(byte)?;
            }
        }
    }

    /// A list of commands, up to the bracket that closes it.
    fn commands(&mut self, closes: u8) -> Option<()> {
        let cases = std::mem::take(&mut self.cases);
        let mut word_begins = true;
        loop {
            let begins = std::mem::replace(&mut word_begins, false);
            let byte = self.peek(0)?;
            self.at += 1;
            match byte {
                b')' if self.cases > 0 => word_begins = true,
                _ if byte == closes => break,
                b'(' => {
                    self.commands(b')')?;
                }
                b'#' if begins => self.line(),
                b'\n' => {
                    self.bodies();
                    word_begins = true;
                }
                b'<' if self.peek(0) == Some(b'<') && self.peek(1) != Some(b'<') => {
                    self.heredoc()?;
                }
                b'<' if self.peek(0) == Some(b'<') => self.at += 2,
                b' ' | b'\t' | b';' | b'&' | b'|' => word_begins = true,
                b'c' if begins && self.word(b"ase") => self.cases += 1,
                b'e' if begins && self.word(b"sac") => self.cases = self.cases.saturating_sub(1),
                _ => self.quoting(byte)?,
            }
        }
        self.cases = cases;
        Some(())
    }

    /// Whether the word that began goes on like this and ends there.
    fn word(&self, rest: &[u8]) -> bool {
        let ends = |byte: Option<u8>| byte.is_none_or(|b| b" \t\n;&|()".contains(&b));
        self.bytes
            .get(self.at..)
            .is_some_and(|tail| tail.starts_with(rest) && ends(tail.get(rest.len()).copied()))
    }

    /// What a byte begins, if it is a quote or a dollar; it is behind us already.
    fn quoting(&mut self, byte: u8) -> Option<()> {
        let was_inside = self.is_inside;
        self.is_inside |= b"'\"`$".contains(&byte);
        match byte {
            b'\\' => self.at += 1,
            b'\'' if self.quoted => {}
            b'\'' => self.until(b'\'')?,
            b'"' => self.double()?,
            b'`' => self.backquote()?,
            b'$' => self.dollar()?,
            _ => {}
        }
        self.is_inside = was_inside;
        Some(())
    }

    fn dollar(&mut self) -> Option<()> {
        match self.peek(0) {
            Some(b'(') => {
                self.at += 1;
                let quoted = std::mem::take(&mut self.quoted);
                self.commands(b')')?;
                self.quoted = quoted;
                Some(())
            }
            Some(b'{') => {
                self.at += 1;
                self.nested(b'\0', b'}')
            }
            Some(b'\'') => {
                self.at += 1;
                loop {
                    match self.peek(0)? {
                        b'\'' => break,
                        b'\\' => self.at += 2,
                        _ => self.at += 1,
                    }
                }
                self.at += 1;
                Some(())
            }
            _ => Some(()),
        }
    }

    fn double(&mut self) -> Option<()> {
        let quoted = std::mem::replace(&mut self.quoted, true);
        loop {
            let byte = self.peek(0)?;
            self.at += 1;
            match byte {
                b'"' => {
                    self.quoted = quoted;
                    return Some(());
                }
                b'\\' => self.at += 1,
                b'`' => self.backquote()?,
                b'$' if self.peek(0) != Some(b'\'') => self.dollar()?,
                _ => {}
            }
        }
    }

    fn backquote(&mut self) -> Option<()> {
        loop {
            let byte = self.peek(0)?;
            self.at += 1;
            match byte {
                b'`' => return Some(()),
                b'\\' => self.at += 1,
                _ => {}
            }
        }
    }

    fn until(&mut self, byte: u8) -> Option<()> {
        let found = memchr::memchr(byte, self.bytes.get(self.at..)?)?;
        self.at += found + 1;
        Some(())
    }

    fn line(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    /// `<<WORD` or `<<-WORD`: its body begins on the next line.
    fn heredoc(&mut self) -> Option<()> {
        self.at += 1;
        let tabs = self.peek(0) == Some(b'-');
        self.at += usize::from(tabs);
        while matches!(self.peek(0), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        let mut name = Vec::new();
        let mut quote = None;
        loop {
            let byte = self.peek(0);
            match byte {
                Some(b) if quote == Some(b) => quote = None,
                Some(b) if quote.is_some() => name.push(b),
                Some(b'\\') => {
                    self.at += 1;
                    name.push(self.peek(0)?);
                }
                Some(b @ (b'\'' | b'"')) => quote = Some(b),
                Some(b) if !b" \t\n;&|()<>".contains(&b) => name.push(b),
                _ => break,
            }
            self.at += 1;
        }
        self.heredocs.push((name, tabs));
        Some(())
    }

    /// Skips the bodies of the heredocs that were announced.
    fn bodies(&mut self) {
        for (name, tabs) in std::mem::take(&mut self.heredocs) {
            while self.at < self.bytes.len() {
                let begin = self.at;
                self.line();
                let line = self.bytes.get(begin..self.at).unwrap_or_default();
                self.at += 1;
                let lead = line.iter().take_while(|b| tabs && **b == b'\t').count();
                if line.get(lead..) == Some(name.as_slice()) {
                    break;
                }
            }
        }
    }
}

#[test]
fn brackets_close_where_the_shell_closes_them() {
    for (text, rest) in [
        ("(a) b", " b"),
        ("(a \")\" ')' \\) $(b) `)` (c)) d", " d"),
        ("(cat <<'E'\na ) \" '\nE\n) x", " x"),
        ("(case a in a) b;; esac) c", " c"),
        ("(a # )\n) b", " b"),
        ("(a$'\\')') b", " b"),
    ] {
        let after = round(text).and_then(|end| text.get(end..));
        assert_eq!(after, Some(rest), "{text}");
    }
    assert_eq!(round("(a"), None);
    assert_eq!(sum("((1+(2)))x"), Some(9));
    assert_eq!(sum("((a); (b))x"), None);
    assert_eq!(curly("{a:-${b}}x", false), Some(9));
    assert_eq!(curly("{a:-it's}x", true), Some(9));
    for text in [
        "a",
        "a \"$(b)\" # it's",
        "cat <<E\nit's\nE\n",
        "case a in b) c;; esac",
    ] {
        assert!(is_closed(text), "{text}");
    }
    for text in ["${a", "a \"", "$(a", "echo ${x:-$(y}", "`a"] {
        assert!(!is_closed(text), "{text}");
    }
}
