//! Code → names, texts and signs, for languages that look alike enough.
//!
//! Invariant: linear; an unclosed string reaches to the end. What is inside a
//! comment is nothing.

use super::languages::Language;
use super::templates;

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Name(String),
    Text(String),
    /// A text with holes: `templates` fills them.
    Template(String),
    /// A text between backquotes, or of `qx`, which some languages run.
    Run(String),
    Sign(char),
}

impl Token {
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Token::Name(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Token::Text(text) | Token::Template(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is(&self, sign: char) -> bool {
        *self == Token::Sign(sign)
    }
}

/// The tokens of a code.
pub(super) fn read(code: &str, language: &Language) -> Vec<Token> {
    let mut lexer = Lexer {
        chars: code.chars().collect(),
        at: 0,
        depth: 0,
        indent: 0,
        bodies: Vec::new(),
        defines: false,
        out: Vec::new(),
    };
    lexer.indent = lexer.indented(0).unwrap_or_default();
    while lexer.at < lexer.chars.len() {
        lexer.one(language);
    }
    super::aliases::resolve(lexer.out, language)
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    /// Open brackets.
    depth: usize,
    /// How far the line is indented.
    indent: usize,
    /// How far the lines are indented whose functions of Python are open.
    bodies: Vec<usize>,
    /// The head of one is read.
    defines: bool,
    out: Vec<Token>,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn one(&mut self, language: &Language) {
        let c = self.peek(0);
        if c == '#' && language.hash_comments
            || c == '/' && self.peek(1) == '/' && language.slash_comments
        {
            while self.at < self.chars.len() && self.peek(0) != '\n' {
                self.at += 1;
            }
        } else if c.is_alphanumeric()
            || c == '_'
            || (c == '$' && !matches!(self.peek(1), '{' | '('))
        {
            self.name(language);
        } else if c == '%' && language.name == "ruby" && self.percent() {
        } else if c == '`' && language.runs_backquotes {
            let text = self.string(c);
            self.out.push(Token::Run(text));
        } else if matches!(c, '"' | '\'' | '`') {
            self.text(language, c, "");
        } else {
            match c {
                '(' | '[' | '{' => self.depth += 1,
                ')' | ']' | '}' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            if c == '\n' && self.ends_statement(language) {
                self.out.push(Token::Sign(';'));
            } else if !c.is_whitespace() {
                self.out.push(Token::Sign(c));
            }
            if language.name == "python" && self.depth == 0 {
                self.body(c);
            }
            self.at += 1;
        }
    }

    /// The body of a function of Python is put in brackets, as others write it.
    fn body(&mut self, c: char) {
        if c == ':' && std::mem::take(&mut self.defines) {
            self.out.push(Token::Sign('{'));
            self.bodies.push(self.indent);
        }
        let Some(indent) = self.indented(1).filter(|_| c == '\n') else {
            return;
        };
        self.indent = indent;
        while self.bodies.last().is_some_and(|body| *body >= indent) {
            self.bodies.pop();
            self.out.push(Token::Sign('}'));
        }
    }

    /// How far the line is indented that begins here; none when it says nothing.
    fn indented(&self, ahead: usize) -> Option<usize> {
        let rest = self.chars.get(self.at + ahead..)?;
        let indent = rest.iter().take_while(|c| matches!(c, ' ' | '\t')).count();
        let says = |c: &char| !matches!(c, '\n' | '\r' | '#');
        rest.get(indent).is_some_and(says).then_some(indent)
    }

    /// A line ends a statement, but inside of brackets and behind a comma.
    fn ends_statement(&self, language: &Language) -> bool {
        let ends = match language.name {
            "python" | "ruby" => self.depth == 0,
            "awk" => true,
            _ => false,
        };
        ends && !self.out.last().is_some_and(|last| last.is(','))
    }

    /// `%x(…)`, `%w[…]` and `%q{…}` of Ruby; whether it was one.
    fn percent(&mut self) -> bool {
        let kind = self.peek(1);
        let opens = "([{<|!/".contains(self.peek(2));
        if !opens || !"xqQwWiI".contains(kind) {
            return false;
        }
        self.at += 2;
        let text = self.until();
        self.quoted(kind, text);
        true
    }

    /// A text by the letter of its quotes: a command, words or a text.
    fn quoted(&mut self, kind: char, text: String) {
        match kind {
            'x' => self.out.push(Token::Run(text)),
            'w' | 'W' | 'i' | 'I' => {
                self.out.push(Token::Sign('['));
                for word in text.split_whitespace() {
                    self.out.push(Token::Text(word.to_owned()));
                    self.out.push(Token::Sign(','));
                }
                self.out.push(Token::Sign(']'));
            }
            _ => self.out.push(Token::Text(text)),
        }
    }

    fn text(&mut self, language: &Language, quote: char, prefix: &str) {
        let has_holes = templates::has_holes(language.name, quote, prefix);
        let text = self.string(quote);
        self.out.push(match has_holes && text.contains(['{', '$']) {
            true => Token::Template(text),
            false => Token::Text(text),
        });
    }

    fn name(&mut self, language: &Language) {
        let begin = self.at;
        self.at += 1;
        while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
            self.at += 1;
        }
        let name: String = self.chars[begin..self.at].iter().collect();
        // Prefixes of strings: r"", b"", f"".
        let prefix = name.len() <= 2 && name.chars().all(|c| "rbfuRBFU".contains(c));
        if prefix && matches!(self.peek(0), '"' | '\'') {
            self.text(language, self.peek(0), &name);
            return;
        }
        if matches!(name.as_str(), "qx" | "q" | "qq" | "qw")
            && matches!(self.peek(0), '{' | '(' | '/' | '[' | '!')
        {
            let text = self.until();
            self.quoted(name.chars().last().unwrap_or_default(), text);
            return;
        }
        self.defines |= name == "def" && self.depth == 0;
        // `File.rm!(…)`: the mark is part of the name.
        if matches!(self.peek(0), '!' | '?') && self.peek(1) == '(' {
            self.at += 1;
        }
        self.out.push(Token::Name(name));
    }

    /// What stands up to the sign that closes the one here.
    fn until(&mut self) -> String {
        let open = self.peek(0);
        let close = match open {
            '{' => '}',
            '(' => ')',
            '[' => ']',
            '<' => '>',
            other => other,
        };
        self.at += 1;
        let begin = self.at;
        let mut depth = 0_usize;
        while self.at < self.chars.len() {
            match self.peek(0) {
                c if c == close && depth == 0 => break,
                c if c == close => depth -= 1,
                c if c == open => depth += 1,
                _ => {}
            }
            self.at += 1;
        }
        let text = self.chars[begin..self.at].iter().collect();
        self.at += 1;
        text
    }

    fn string(&mut self, quote: char) -> String {
        let triple = self.peek(1) == quote && self.peek(2) == quote;
        self.at += if triple { 3 } else { 1 };
        let mut text = String::new();
        while self.at < self.chars.len() {
            let c = self.peek(0);
            if c == '\\' {
                let next = self.peek(1);
                text.push('\\');
                text.push(next);
                self.at += 2;
                continue;
            }
            if c == quote && (!triple || (self.peek(1) == quote && self.peek(2) == quote)) {
                break;
            }
            text.push(c);
            self.at += 1;
        }
        self.at += if triple { 3 } else { 1 };
        crate::guard::word::unescape(&text)
    }
}
