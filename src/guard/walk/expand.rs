//! Raw words → values, with the state of the shell.
//!
//! Invariant: a substitution inside a word is judged when the word is expanded,
//! wherever the word stands; what it prints is put in its place as far as known.

use super::{Found, Walker};
use crate::guard::rules::shell;
use crate::guard::word::{Ground, OPAQUE, PLAIN, Piece, Value, braces, joined, pieces};

/// How many words one word may become.
const FIELDS_MAX: usize = 512;

/// Words under construction: finished ones, and the one that grows.
#[derive(Default)]
struct Fields {
    done: Vec<Value>,
    text: String,
    glob: bool,
    begun: bool,
}

impl Fields {
    fn push(&mut self, text: &str, quoted: bool) {
        self.text.push_str(text);
        self.glob |= !quoted && text.contains(['*', '?', '[']);
        self.begun |= quoted || !text.is_empty();
    }

    fn value(&mut self, value: &Value) {
        self.text.push_str(value.text());
        self.glob |= value.glob;
        self.begun = true;
    }

    fn end(&mut self) {
        if std::mem::take(&mut self.begun) {
            let text = std::mem::take(&mut self.text);
            let glob = std::mem::take(&mut self.glob);
            self.done.push(if glob {
                Value::pattern(text)
            } else {
                Value::new(text)
            });
        }
    }

    /// An unquoted value: split where the shell splits.
    fn split(&mut self, value: &Value, by: &str) {
        let mut first = true;
        for part in value.text().split(|c| by.contains(c)) {
            if !std::mem::take(&mut first) {
                self.end();
            }
            if !part.is_empty() {
                self.text.push_str(part);
                self.glob |= part.contains(['*', '?', '[']);
                self.begun = true;
            }
        }
    }
}

impl Walker<'_> {
    /// One raw word as the words it becomes.
    pub(super) fn word(&mut self, raw: &str) -> Found<Vec<Value>> {
        if is_plain(raw) {
            return Ok(vec![Value::new(raw)]);
        }
        let Some(raws) = braces(raw) else {
            return Err(self.stop(&shell::TOO_COMPLEX, raw));
        };
        let mut out = Vec::new();
        for raw in raws {
            out.extend(self.expand(&raw, Ground::Plain)?);
            if out.len() > FIELDS_MAX {
                return Err(self.stop(&shell::TOO_COMPLEX, &raw));
            }
        }
        Ok(out)
    }

    /// One raw word as one value: where the shell does not split.
    pub(super) fn single(&mut self, raw: &str, ground: Ground) -> Found<Value> {
        if is_plain(raw) {
            return Ok(Value::new(raw));
        }
        let values = self.expand(raw, ground)?;
        Ok(joined(&values, " "))
    }

    pub(super) fn expand(&mut self, raw: &str, ground: Ground) -> Found<Vec<Value>> {
        let Some(pieces) = pieces(raw, ground) else {
            return Err(self.stop(&shell::UNPARSEABLE, raw));
        };
        let mut fields = Fields::default();
        for piece in &pieces {
            match piece {
                Piece::Text(text, quoted) => fields.push(text, *quoted),
                Piece::Tilde(name) => {
                    let value = self.tilde(name);
                    fields.value(&value);
                }
                Piece::Sum(sum) => {
                    self.sum(sum)?;
                    match sum.trim().parse::<i64>() {
                        Ok(number) => fields.push(&number.to_string(), true),
                        Err(_) => fields.value(&Value::mark(PLAIN)),
                    }
                }
                Piece::Parameter(inner, quoted) => {
                    let values = self.parameter(inner, *quoted)?;
                    let is_list = inner.starts_with('@') || inner.contains("[@]");
                    self.put(&mut fields, &values, *quoted, is_list);
                }
                Piece::Command(text, quoted) => {
                    let values = self.substitution(text)?;
                    self.put(&mut fields, &values, *quoted, !*quoted);
                }
            }
            if fields.text.len() > super::WORD_BYTES_MAX || fields.done.len() > FIELDS_MAX {
                return Err(self.stop(&shell::TOO_COMPLEX, "a word that grows"));
            }
        }
        fields.end();
        if ground != Ground::Plain && fields.done.is_empty() {
            fields.done.push(Value::default());
        }
        self.grows(&fields.done)?;
        Ok(fields.done)
    }

    /// Puts what a `$` stands for into the words.
    fn put(&self, fields: &mut Fields, values: &[Value], quoted: bool, is_list: bool) {
        if quoted && !is_list {
            let star = joined(values, " ");
            fields.value(&star);
            return;
        }
        let by = self.splits();
        for (n, value) in values.iter().enumerate() {
            if n > 0 {
                fields.end();
            }
            if quoted {
                fields.value(value);
            } else {
                fields.split(value, &by);
                fields.glob |= value.glob;
            }
        }
    }

    fn splits(&self) -> String {
        match self.state.get("IFS").map(|v| joined(v, " ")) {
            Some(value) if !value.has_mark() => value.text().to_owned(),
            _ => " \t\n".to_owned(),
        }
    }

    fn tilde(&self, name: &str) -> Value {
        match name {
            "" => match self.state.get("HOME") {
                Some(home) => joined(home, " "),
                None => Value::new(self.scene.home),
            },
            "+" => self.here(),
            "-" => self
                .state
                .back
                .clone()
                .map_or(Value::mark(OPAQUE), Value::new),
            name if name.starts_with(['+', '-']) => Value::mark(OPAQUE),
            // Somebody else's home, or another name of ours: outside either way.
            name => Value::new(format!("/~{name}")),
        }
    }

    /// The working directory as a value.
    pub(super) fn here(&self) -> Value {
        self.state.cwd().map_or(Value::mark(OPAQUE), Value::new)
    }
}

/// Whether a raw word means itself.
fn is_plain(raw: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./=:,@%+^".contains(&b);
    !raw.is_empty() && raw.bytes().all(plain)
}
