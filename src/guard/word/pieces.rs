//! One raw word → its pieces: quoted and plain text, parameters, substitutions.
//!
//! Invariant: linear in the word's length but for nested substitutions, which
//! the depth cap of `syntax::limits` bounds; a quote or bracket that does not
//! close is an error, and an error is a denial.

use super::{ansi, extent};

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Text, and whether quotes protect it from splitting and globbing.
    Text(String, bool),
    /// `$name`, `${…}`: what stands between the braces, and whether it is quoted.
    Parameter(String, bool),
    /// `$(…)` or backquotes.
    Command(String, bool),
    /// `$((…))`.
    Sum(String),
    /// `~` or `~name` at the beginning.
    Tilde(String),
}

/// Where a word stands: quotes mean nothing in the body of a heredoc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    /// Among a command's words.
    Plain,
    /// Inside double quotes.
    Quoted,
    /// In a heredoc that expands.
    Heredoc,
}

/// The pieces of a raw word, or that its quotes do not match.
pub(crate) fn pieces(raw: &str, ground: Ground) -> Option<Vec<Piece>> {
    let mut lexer = Lexer {
        text: raw,
        at: 0,
        out: Vec::new(),
        plain: String::new(),
        quoted: String::new(),
    };
    if ground == Ground::Plain {
        lexer.tilde();
        lexer.bare()?;
    } else {
        lexer.inside(ground)?;
    }
    lexer.flush();
    Some(lexer.out)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    out: Vec<Piece>,
    plain: String,
    quoted: String,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn flush(&mut self) {
        if !self.plain.is_empty() {
            let text = std::mem::take(&mut self.plain);
            self.out.push(Piece::Text(text, false));
        }
        if !self.quoted.is_empty() {
            let text = std::mem::take(&mut self.quoted);
            self.out.push(Piece::Text(text, true));
        }
    }

    fn push(&mut self, piece: Piece) {
        self.flush();
        self.out.push(piece);
    }

    fn text(&mut self, c: char, quoted: bool) {
        if quoted {
            if !self.plain.is_empty() {
                self.flush();
            }
            self.quoted.push(c);
        } else {
            if !self.quoted.is_empty() {
                self.flush();
            }
            self.plain.push(c);
        }
    }

    /// Quotes with nothing between them still make a word.
    fn empty(&mut self) {
        self.push(Piece::Text(String::new(), true));
    }

    fn tilde(&mut self) {
        // As in `of=~/x`: a word that looks like an assignment.
        if let Some((name, _)) = self.rest().split_once("=~")
            && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        {
            let head = format!("{name}=");
            self.at += head.len();
            self.push(Piece::Text(head, false));
        }
        let Some(rest) = self.rest().strip_prefix('~') else {
            return;
        };
        let end = rest.find(['/', ':']).unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default();
        if name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c))
        {
            let name = name.to_owned();
            self.at += 1 + name.len();
            self.push(Piece::Tilde(name));
        }
    }

    /// Text outside quotes.
    fn bare(&mut self) -> Option<()> {
        while let Some(c) = self.next() {
            match c {
                '\\' => match self.next() {
                    Some('\n') | None => {}
                    Some(c) => self.text(c, true),
                },
                '\'' => {
                    let end = self.rest().find('\'')?;
                    let inner = self.rest().get(..end)?.to_owned();
                    self.empty();
                    self.quoted.push_str(&inner);
                    self.at += end + 1;
                }
                '"' => {
                    self.empty();
                    self.inside(Ground::Quoted)?;
                }
                '$' => self.dollar(false, true)?,
                '`' => self.backquoted(false)?,
                _ => self.text(c, false),
            }
        }
        Some(())
    }

    /// Text inside double quotes, up to the closing one, or a heredoc's body.
    fn inside(&mut self, ground: Ground) -> Option<()> {
        let closes = ground == Ground::Quoted && self.at > 0;
        while let Some(c) = self.next() {
            match c {
                '"' if closes => return Some(()),
                '\\' => match self.next() {
                    Some('\n') => {}
                    Some(c @ ('$' | '`' | '\\')) => self.text(c, true),
                    Some('"') if ground == Ground::Quoted => self.text('"', true),
                    Some(c) => {
                        self.text('\\', true);
                        self.text(c, true);
                    }
                    None => self.text('\\', true),
                },
                '$' => self.dollar(true, false)?,
                '`' => self.backquoted(true)?,
                _ => self.text(c, true),
            }
        }
        (!closes).then_some(())
    }

    fn dollar(&mut self, quoted: bool, ansi_allowed: bool) -> Option<()> {
        let rest = self.rest();
        match rest.chars().next() {
            Some('\'') if ansi_allowed => {
                let (text, used) = ansi::read(rest.get(1..)?)?;
                self.at += 1 + used;
                self.empty();
                self.quoted.push_str(&text);
            }
            Some('"') if ansi_allowed => {}
            Some('(') => self.round(quoted)?,
            Some('[') => {
                let end = extent::square(rest)?;
                let sum = rest.get(1..end - 1)?.to_owned();
                self.at += end;
                self.push(Piece::Sum(sum));
            }
            Some('{') => {
                let end = extent::curly(rest, quoted)?;
                let inner = rest.get(1..end - 1)?.to_owned();
                self.at += end;
                // `${ command; }` runs a command in newer shells.
                self.push(if inner.starts_with([' ', '\t', '\n', '|']) {
                    Piece::Command(inner.trim_start_matches('|').to_owned(), quoted)
                } else {
                    Piece::Parameter(inner, quoted)
                });
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let end = rest
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                let name = rest.get(..end)?.to_owned();
                self.at += end;
                self.push(Piece::Parameter(name, quoted));
            }
            Some(c) if c.is_ascii_digit() || "@*#?-$!".contains(c) => {
                self.at += 1;
                self.push(Piece::Parameter(c.to_string(), quoted));
            }
            _ => self.text('$', quoted),
        }
        Some(())
    }

    /// `$(…)` or `$((…))`.
    fn round(&mut self, quoted: bool) -> Option<()> {
        let rest = self.rest();
        if rest.starts_with("((")
            && let Some(end) = extent::sum(rest)
        {
            let sum = rest.get(2..end - 2)?.to_owned();
            self.at += end;
            self.push(Piece::Sum(sum));
            return Some(());
        }
        let end = extent::round(rest)?;
        let inner = rest.get(1..end - 1)?.to_owned();
        self.at += end;
        self.push(Piece::Command(inner, quoted));
        Some(())
    }

    fn backquoted(&mut self, quoted: bool) -> Option<()> {
        let mut inner = String::new();
        loop {
            match self.next()? {
                '`' => break,
                '\\' => match self.next()? {
                    c @ ('`' | '$' | '\\') => inner.push(c),
                    '"' if quoted => inner.push('"'),
                    c => {
                        inner.push('\\');
                        inner.push(c);
                    }
                },
                c => inner.push(c),
            }
        }
        self.push(Piece::Command(inner, quoted));
        Some(())
    }
}
