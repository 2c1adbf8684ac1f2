//! Sums and subscripts: texts that the shell reads as arithmetic, in which a
//! name stands for its value, and that value is read as arithmetic again.
//!
//! Invariant: a substitution inside a subscript is judged wherever a text is
//! read as a sum, also when it came there as the value of a variable, of one
//! that names another, or of an expansion. Each name is followed once a sum.

use super::effort::DEPTH_MAX;
use super::{Found, Walker};
use crate::guard::rules::shell;
use crate::guard::word::{Ground, PLAIN, Value, joined};

impl Walker<'_> {
    /// An arithmetic expression: substitutions in it run, and it sets variables.
    pub(super) fn sum(&mut self, sum: &str) -> Found {
        self.evaluated(sum)?;
        for (at, _) in sum.match_indices(['=', '+', '-']) {
            let name = sum.get(..at).unwrap_or_default().trim_end();
            let begin = name.rfind(|c: char| !is_of_name(c));
            let name = name.get(begin.map_or(0, |b| b + 1)..).unwrap_or_default();
            if begins_name(name) {
                self.state.set(name, vec![Value::mark(PLAIN)]);
            }
        }
        Ok(())
    }

    /// A text that is read as arithmetic, of which nothing is kept: a subscript, an offset.
    pub(super) fn evaluated(&mut self, raw: &str) -> Found {
        // A variable's subscript may hold a sum of that variable.
        if self.depth >= DEPTH_MAX {
            return Err(self.stop(&shell::TOO_COMPLEX, raw));
        }
        self.depth += 1;
        if raw.contains(['$', '`']) {
            let values = self.expand(raw, Ground::Quoted)?;
            let text = joined(&values, " ");
            self.subscripts(text.text())?;
            self.follow(text.text())?;
        } else {
            self.follow(raw)?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// A text in the place of a variable's name: its subscript is read as arithmetic.
    pub(super) fn index(&mut self, value: &Value) -> Found {
        let text = value.text();
        let Some((name, subscript)) = text.split_once('[') else {
            return Ok(());
        };
        let is_name = begins_name(name) && name.chars().all(is_of_name);
        if is_name {
            return self.evaluated(&subscript.replace('\'', ""));
        }
        if text.contains("[$(") || text.contains("[`") {
            return self.evaluated(&text.replace('\'', ""));
        }
        Ok(())
    }

    /// The values of the names in a sum, and of the names in these.
    fn follow(&mut self, text: &str) -> Found {
        let mut names = Vec::new();
        self.add_names(text, &mut names);
        let mut at = 0;
        while let Some(name) = names.get(at).cloned() {
            at += 1;
            let Some(values) = self.state.variables.get(&name) else {
                continue;
            };
            let sums = |value: &&Value| value.text().contains(begins_name_char);
            let texts: Vec<String> = values
                .iter()
                .flatten()
                .filter(sums)
                .map(|value| value.text().to_owned())
                .collect();
            for text in texts {
                self.searches(&text)?;
                self.subscripts(&text)?;
                self.add_names(&text, &mut names);
            }
        }
        Ok(())
    }

    /// Substitutions in the subscripts of a text that came out of an expansion.
    fn subscripts(&mut self, text: &str) -> Found {
        let subscript = text.find('[').and_then(|at| text.get(at..));
        if subscript.is_some_and(|subscript| subscript.contains(['$', '`'])) {
            self.expand(text, Ground::Quoted)?;
        }
        Ok(())
    }

    /// Only names of variables count, and of these there are few.
    fn add_names(&self, text: &str, names: &mut Vec<String>) {
        let words = text.split(|c: char| !is_of_name(c));
        for word in words.filter(|word| self.state.variables.contains_key(*word)) {
            if !names.iter().any(|name| name == word) {
                names.push(word.to_owned());
            }
        }
    }
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn begins_name_char(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn begins_name(text: &str) -> bool {
    text.starts_with(begins_name_char)
}
