//! The whole output, line by line: which rules over words match, and where last.
//!
//! Invariant: memory is bounded by the rules and [`LINE_BYTES_MAX`], however
//! long the output; phrases match whole words on one line, whatever case and
//! punctuation. The first rule in order that matches near the end decides, and
//! only without one the first that matches anywhere.

use super::shipped::SHIPPED;
use crate::model::FailureClass;
use crate::model::settings::FailureRule;
use std::borrow::Cow;
use std::collections::HashMap;

/// How many lines from the end count as the end: what is said last is the reason more often.
const END_LINES: u64 = 40;
/// The longest line that is kept as it is; of a longer one only the phrase that matched.
pub const LINE_BYTES_MAX: usize = 1000;

/// The rules over words in their order: the operator's, then the shipped ones.
#[derive(Debug)]
pub struct Rules {
    rules: Vec<(FailureClass, String)>,
    /// Phrases by their first word: the rest of the words, and whose they are.
    phrases: HashMap<String, Vec<(Vec<String>, usize)>>,
}

/// What an output says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The rule that decides, and the line on which it matched last.
    pub matched: Option<(FailureClass, String, String)>,
    /// The last line that is not empty.
    pub last: String,
}

/// An output while it is read.
#[derive(Debug)]
pub struct Scan<'r> {
    rules: &'r Rules,
    lines: u64,
    last: String,
    /// Of each rule: the number of the line on which it matched last, and that line.
    hits: Vec<Option<(u64, String)>>,
}

impl Rules {
    /// The operator's rules before the shipped ones.
    #[must_use]
    pub fn new(own: &[FailureRule]) -> Rules {
        let mut rules = Rules {
            rules: Vec::new(),
            phrases: HashMap::new(),
        };
        for rule in own {
            rules.add(rule.class, &rule.name, rule.phrases.iter());
        }
        for rule in SHIPPED {
            rules.add(rule.class, rule.name, rule.phrases);
        }
        rules
    }

    fn add(
        &mut self,
        class: FailureClass,
        name: &str,
        phrases: impl IntoIterator<Item = impl AsRef<str>>,
    ) {
        let rule = self.rules.len();
        self.rules.push((class, name.to_owned()));
        for phrase in phrases {
            let mut words = words(phrase.as_ref()).map(Cow::into_owned);
            if let Some(first) = words.next() {
                let phrases = self.phrases.entry(first).or_default();
                phrases.push((words.collect(), rule));
            }
        }
    }

    /// Begins to read an output.
    #[must_use]
    pub fn scan(&self) -> Scan<'_> {
        Scan {
            rules: self,
            lines: 0,
            last: String::new(),
            hits: vec![None; self.rules.len()],
        }
    }

    /// What a short text says.
    #[must_use]
    pub fn read(&self, text: &str) -> Said {
        let mut scan = self.scan();
        for line in text.lines() {
            scan.take(line, true);
        }
        scan.finish()
    }
}

impl Scan<'_> {
    /// Takes the next line. A line that is long, or not to be `shown` because it
    /// may hold half a secret, is kept only as the phrase that matched.
    pub fn take(&mut self, line: &str, shown: bool) {
        self.lines += 1;
        let found: Vec<Cow<'_, str>> = words(line).collect();
        if found.is_empty() {
            return;
        }
        let short = shown && line.len() <= LINE_BYTES_MAX;
        self.last.clear();
        if short {
            self.last.push_str(line);
        }
        for (n, first) in found.iter().enumerate() {
            let Some(phrases) = self.rules.phrases.get(first.as_ref()) else {
                continue;
            };
            let rest = found.get(n + 1..).unwrap_or_default();
            for (phrase, rule) in phrases.iter().filter(|(p, _)| begins(rest, p)) {
                let kept = if short {
                    line.to_owned()
                } else {
                    format!("{first} {}", phrase.join(" "))
                };
                if let Some(hit) = self.hits.get_mut(*rule) {
                    *hit = Some((self.lines, kept));
                }
            }
        }
    }

    /// What the whole output says.
    #[must_use]
    pub fn finish(self) -> Said {
        let end = self.lines.saturating_sub(END_LINES);
        let hits = || self.hits.iter().zip(&self.rules.rules);
        let first = |from: u64| {
            hits().find_map(|(hit, (class, name))| {
                let (_, line) = hit.as_ref().filter(|(at, _)| *at > from)?;
                Some((*class, name.clone(), line.clone()))
            })
        };
        Said {
            matched: first(end).or_else(|| first(0)),
            last: self.last,
        }
    }
}

/// The words of a text in lower case.
pub(super) fn words(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(|word| {
        if word
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        {
            Cow::Borrowed(word)
        } else {
            Cow::Owned(word.to_lowercase())
        }
    })
}

fn begins(words: &[Cow<'_, str>], phrase: &[String]) -> bool {
    words.len() >= phrase.len() && words.iter().zip(phrase).all(|(a, b)| a.as_ref() == b)
}

/// Whether a phrase has a word by which it could match.
#[must_use]
pub fn is_phrase(text: &str) -> bool {
    words(text).next().is_some()
}
