//! Tools whose danger is in their verb: tables of words that are denied.
//!
//! Invariant: a verb is matched against the operands in their order, options
//! and their values left out; a flag that makes it harmless (`--dry-run`) must
//! be on the same command.

use super::shell;
use crate::guard::args::{self, Spec};
use crate::guard::verdict::Rule;
use crate::guard::walk::{Command, Found, Walker};

/// One denied verb of a tool.
#[derive(Debug)]
pub(super) struct Verb {
    /// The operands it begins with; `a|b` for either, `*` for any.
    pub(super) words: &'static [&'static str],
    /// Flags of which one must be there; none when empty.
    pub(super) with: &'static [&'static str],
    /// Flags that make it harmless.
    pub(super) unless: &'static [&'static str],
}

/// A verb that is denied but for a dry run or a question for help.
pub(super) const fn verb(words: &'static [&'static str]) -> Verb {
    Verb {
        words,
        with: &[],
        unless: &["dry-run", "help"],
    }
}

/// A verb that is denied when one of these flags is set.
pub(super) const fn with(words: &'static [&'static str], flags: &'static [&'static str]) -> Verb {
    Verb {
        words,
        with: flags,
        unless: &["dry-run", "help"],
    }
}

/// A verb that is denied unless one of these flags is set.
pub(super) const fn unless(words: &'static [&'static str], flags: &'static [&'static str]) -> Verb {
    Verb {
        words,
        with: &[],
        unless: flags,
    }
}

/// A tool, its options that take values, and what it may not do.
#[derive(Debug)]
pub(super) struct Tool {
    pub(super) names: &'static [&'static str],
    pub(super) spec: Spec,
    pub(super) rule: &'static Rule,
    pub(super) verbs: &'static [Verb],
}

/// Judges a command by the tables of a domain.
pub(super) fn judge(tools: &[Tool], command: &Command<'_>, walker: &Walker<'_>) -> Found {
    for tool in tools
        .iter()
        .filter(|tool| tool.names.contains(&command.name))
    {
        let parsed = args::parse(command.args, &tool.spec);
        let words: Vec<&str> = parsed
            .operands
            .iter()
            .map(|v| v.text())
            // A toolchain or a module's name before the verb is no verb.
            .filter(|word| !word.starts_with('+'))
            .collect();
        let first = parsed.operands.first();
        if first.is_some_and(|v| v.is_open()) && tool.verbs.iter().any(|v| !v.words.is_empty()) {
            walker.doubtful(&shell::UNKNOWN_COMMAND, &command.shown())?;
        }
        for verb in tool.verbs {
            let set = |flag: &&str| parsed.has(flag);
            let asked = verb.with.is_empty() || verb.with.iter().any(set);
            if asked && begins(&words, verb.words) && !verb.unless.iter().any(set) {
                walker.deny(tool.rule, &command.shown())?;
            }
        }
    }
    Ok(())
}

/// Whether operands begin with the words of a verb.
pub(super) fn begins(operands: &[&str], words: &[&str]) -> bool {
    operands.len() >= words.len()
        && words.iter().zip(operands).all(|(word, operand)| {
            *word == "*"
                || word.split('|').any(|one| {
                    one == *operand
                        || one
                            .strip_suffix('*')
                            .is_some_and(|p| operand.starts_with(p))
                })
        })
}
