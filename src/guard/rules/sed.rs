//! A script of sed → the files it reads and writes and the commands it runs.
//!
//! Invariant: addresses, texts and patterns are passed by, so that a letter in
//! them is no command; what the flag `e` would run is judged where it is
//! known, and denied where a file's lines would become the command.

use super::fs::{self, Access};
use super::{remote, shell};
use crate::guard::args::{self, Spec};
use crate::guard::walk::{Command, Found, Stream, Walker};
use crate::guard::word::Value;

const SPEC: Spec = Spec {
    valued: "efl",
    longs: &["expression", "file", "line-length"],
};

pub(super) fn judge(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let parsed = args::parse(command.args, &SPEC);
    let mut files: Vec<&Value> = parsed.operands.clone();
    let mut scripts: Vec<Value> = parsed
        .values(&["e", "expression"])
        .into_iter()
        .cloned()
        .collect();
    if scripts.is_empty() && !parsed.any(&["f", "file"]) && !files.is_empty() {
        scripts.push(files.remove(0).clone());
    }
    for file in parsed.values(&["f", "file"]) {
        let script = match file.text() {
            "-" => command.stdin.clone(),
            _ => walker.content(file),
        };
        match script {
            Stream::Text(text) => scripts.push(Value::new(text)),
            Stream::Remote => walker.deny(&remote::SCRIPT, &file.shown())?,
            _ => {}
        }
    }
    if parsed.any(&["i", "in-place"]) || command.args.iter().any(|a| a.text().starts_with("-i")) {
        fs::all(walker, Access::Write, files)?;
    }
    for script in &scripts {
        let mut reader = Reader {
            rest: script.text(),
        };
        while reader.one(walker)? {}
    }
    Ok(())
}

/// What is left of a script.
struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// One command with its address; whether there was one.
    fn one(&mut self, walker: &mut Walker<'_>) -> Found<bool> {
        let blank = |c: char| c.is_whitespace() || ";{}".contains(c);
        self.rest = self.rest.trim_start_matches(blank);
        self.address();
        let Some(letter) = self.next() else {
            return Ok(false);
        };
        match letter {
            's' => self.replaces(walker)?,
            'y' => {
                self.delimited(2);
            }
            'w' | 'W' => {
                let file = self.line().trim();
                fs::access(walker, Access::Write, &Value::new(file))?;
            }
            'e' => self.runs(walker)?,
            'r' | 'R' => {
                let file = self.line().trim();
                fs::access(walker, Access::Read, &Value::new(file))?;
            }
            'a' | 'i' | 'c' | '#' => {
                self.line();
            }
            'b' | 't' | 'T' | ':' => {
                let end = self.rest.find([';', '\n', '}']).unwrap_or(self.rest.len());
                self.rest = self.rest.get(end..).unwrap_or_default();
            }
            _ => {}
        }
        Ok(true)
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let first = chars.next()?;
        self.rest = chars.as_str();
        Some(first)
    }

    fn line(&mut self) -> &'a str {
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        line
    }

    /// Numbers, patterns and what joins them.
    fn address(&mut self) {
        loop {
            let plain = |c: char| c.is_ascii_digit() || "$,!~+ \t".contains(c);
            self.rest = self.rest.trim_start_matches(plain);
            match self.rest.chars().next() {
                Some('/') => {
                    self.delimited(1);
                }
                Some('\\') => {
                    self.next();
                    self.delimited(1);
                }
                _ => return,
            }
            self.rest = self.rest.trim_start_matches(['I', 'M']);
        }
    }

    /// Parts between the sign that comes next.
    fn delimited(&mut self, count: usize) -> Vec<&'a str> {
        let Some(sign) = self.next() else {
            return Vec::new();
        };
        let mut parts = Vec::new();
        for _ in 0..count {
            let mut escaped = false;
            let mut in_set = false;
            let end = self.rest.find(|c: char| {
                let ends = c == sign && !escaped && !in_set;
                in_set = (in_set && c != ']') || (c == '[' && !escaped && parts.is_empty());
                escaped = c == '\\' && !escaped;
                ends
            });
            let end = end
                .or_else(|| self.rest.find(sign))
                .unwrap_or(self.rest.len());
            parts.push(self.rest.get(..end).unwrap_or_default());
            self.rest = self.rest.get(end + sign.len_utf8()..).unwrap_or_default();
        }
        parts
    }

    /// `s`: its flags may run the line or write it.
    fn replaces(&mut self, walker: &mut Walker<'_>) -> Found {
        let parts = self.delimited(2);
        let flag = |c: char| c.is_ascii_digit() || "gpimeIM".contains(c);
        let after = self.rest.trim_start_matches(flag);
        let flags = self
            .rest
            .get(..self.rest.len() - after.len())
            .unwrap_or_default();
        self.rest = after;
        if let Some(file) = after.strip_prefix('w') {
            let file = file.lines().next().unwrap_or_default().trim();
            fs::access(walker, Access::Write, &Value::new(file))?;
            self.line();
        }
        if !flags.contains('e') {
            return Ok(());
        }
        let made = parts.get(1).copied().unwrap_or_default();
        let whole = matches!(parts.first(), Some(&(".*" | "^.*$" | "^.*" | ".*$")));
        let takes = made.contains('&') || made.contains("\\1");
        walker.leniently(&made.replace('\\', ""))?;
        if !whole || takes {
            return walker.doubtful(&shell::UNKNOWN_CODE, "sed");
        }
        Ok(())
    }

    /// `e`: a command, or the line itself.
    fn runs(&mut self, walker: &mut Walker<'_>) -> Found {
        let code = self.line().trim();
        if code.is_empty() || code.starts_with([';', '}']) {
            return walker.doubtful(&shell::UNKNOWN_CODE, "sed");
        }
        walker.shell_text(&Value::new(code)).map(|_| ())
    }
}
