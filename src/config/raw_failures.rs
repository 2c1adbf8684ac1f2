//! `[failures]` as written. See [`super::raw`] for what holds of all sections.
//!
//! Invariant: a rule can name every class but UNKNOWN, which is what is left
//! when no rule matches.

use crate::model::FailureClass;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How failures of runs are told apart, and who hears of them.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Failures {
    /// The label put on issues whose work needs a person.
    #[schemars(length(min = 1, max = 50))]
    pub label: String,
    /// Rules over the words of a failed run's output, in order, asked before the shipped ones and after all facts (exit, signal, limits). `adf failures` shows them all.
    #[schemars(length(max = 100))]
    pub rules: Vec<FailureRule>,
}

impl Default for Failures {
    fn default() -> Self {
        Failures {
            label: "adf:needs-human".to_owned(),
            rules: Vec::new(),
        }
    }
}

/// A rule over the words of a failed run's output.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FailureRule {
    /// What a match means: TRANSIENT and TIMEOUT are tried again, AUTH calls a person.
    pub class: Class,
    /// Its name, in results and in `adf failures`.
    #[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}$"))]
    pub name: String,
    /// Whole words that stand on one line, whatever case and punctuation.
    #[schemars(length(min = 1, max = 100), inner(length(min = 1, max = 200)))]
    pub phrases: Vec<String>,
}

// Comments on the variants would turn the plain list of classes in the schema
// into one that says less when nothing matches.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Class {
    Transient,
    Auth,
    Logic,
    Resource,
    Timeout,
}

impl From<Class> for FailureClass {
    fn from(class: Class) -> FailureClass {
        match class {
            Class::Transient => FailureClass::Transient,
            Class::Auth => FailureClass::Auth,
            Class::Logic => FailureClass::Logic,
            Class::Resource => FailureClass::Resource,
            Class::Timeout => FailureClass::Timeout,
        }
    }
}
