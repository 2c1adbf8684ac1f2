//! What an agent's CLI told of its own run: session, usage, last words, and
//! what its provider refused.
//!
//! Invariant: read from the CLI's output, so a claim; bounded in length; the
//! model's thinking is no part of it.

use super::Time;
use serde::{Deserialize, Serialize};

/// What a CLI told by the end of its run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Told {
    /// The conversation, by which the CLI can go on with it.
    pub session: Option<String>,
    /// What the run used up.
    pub usage: Usage,
    /// The last words, at most [`Told::TEXT_CHARS_MAX`] characters of them.
    pub text: String,
    /// Why the CLI could not go on; `None` when it went on afterwards.
    pub denial: Option<Denial>,
}

impl Told {
    /// How much is kept of the last words.
    pub const TEXT_CHARS_MAX: usize = 4000;
}

/// Tokens and their price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Tokens of input, cached ones included.
    pub input: u64,
    /// Those of them that the provider had in its cache.
    pub cached: u64,
    /// Tokens of output, thinking included.
    pub output: u64,
    /// What the CLI thinks it cost, in millionths of a US dollar; `None` when it does not say.
    pub cost_micros: Option<u64>,
}

impl Usage {
    /// Both together.
    #[must_use]
    pub fn plus(self, more: Usage) -> Usage {
        let cost = self.cost_micros.unwrap_or(0);
        Usage {
            input: self.input.saturating_add(more.input),
            cached: self.cached.saturating_add(more.cached),
            output: self.output.saturating_add(more.output),
            cost_micros: more
                .cost_micros
                .map(|c| c.saturating_add(cost))
                .or(self.cost_micros),
        }
    }

    /// What is left of the tokens without those of `less`.
    #[must_use]
    pub fn minus(self, less: Usage) -> Usage {
        Usage {
            input: self.input.saturating_sub(less.input),
            cached: self.cached.saturating_sub(less.cached),
            output: self.output.saturating_sub(less.output),
            cost_micros: self.cost_micros,
        }
    }
}

/// A provider's no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denial {
    /// What kind of no.
    pub kind: DenialKind,
    /// The CLI's words, in one line.
    pub text: String,
    /// When a used-up quota is there again, if that was said.
    pub resets_at: Option<Time>,
}

/// Kinds of denials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DenialKind {
    /// A quota or a rate limit is used up.
    Quota,
    /// The key or the login is not accepted.
    Auth,
    /// The provider cannot serve now.
    Overloaded,
    /// Anything else.
    Other,
}
