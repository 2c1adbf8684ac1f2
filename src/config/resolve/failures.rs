//! `[failures]`: the operator's rules over words.
//!
//! Invariant: a rule's name is unique, also among the shipped ones, because
//! matches are counted by it; every phrase has a word by which it can match.

use super::Resolver;
use crate::classify;
use crate::config::document::child;
use crate::config::raw;
use crate::model::settings::{FailureRule, Failures};

impl Resolver<'_, '_> {
    pub(super) fn failures(&mut self, raw: raw::Failures) -> Failures {
        let mut rules: Vec<FailureRule> = Vec::new();
        for (n, rule) in raw.rules.into_iter().enumerate() {
            let at = child("/failures/rules", &n.to_string());
            if classify::is_shipped(&rule.name) || rules.iter().any(|r| r.name == rule.name) {
                let message = format!("another rule is already called `{}`", rule.name);
                let help = "matches are counted by name; `adf failures` lists the names in use";
                self.faults.error(&child(&at, "name"), message, help);
            }
            for (n, phrase) in rule.phrases.iter().enumerate() {
                if !classify::scan::is_phrase(phrase) {
                    let at = child(&child(&at, "phrases"), &n.to_string());
                    let message = format!("`{phrase}` has no word in it");
                    let help = "phrases are compared word by word, without punctuation";
                    self.faults.error(&at, message, help);
                }
            }
            rules.push(FailureRule {
                class: rule.class.into(),
                name: rule.name,
                phrases: rule.phrases,
            });
        }
        Failures {
            label: raw.label,
            rules,
        }
    }
}
