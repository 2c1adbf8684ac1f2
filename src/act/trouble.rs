//! Why an effect did not happen, and what that means for trying again.
//!
//! Invariant: what may have happened is never tried again without looking, and
//! what time cannot mend is parked with its reason.

use super::git::{GitError, GitErrorKind};
use crate::forge::{ForgeError, Verdict};
use crate::model::{EffectState, Time};
use std::time::Duration;

/// The first wait before an effect is tried again; doubles with each try.
const WAIT: Duration = Duration::from_secs(2);
/// The longest wait before an effect is tried again.
const WAIT_MAX: Duration = Duration::from_secs(600);

/// The longest wait before what a person must mend is tried again.
const BLOCKED: Duration = Duration::from_secs(300);

/// Why an effect did not happen, as far as is known.
#[derive(Debug)]
pub enum Trouble {
    /// It surely did not happen; time or a person may mend it.
    Passing {
        /// How long the other side asked to wait.
        after: Option<Duration>,
        /// Why.
        reason: String,
    },
    /// It surely did not happen; a person must mend it, and then it goes on by itself.
    Blocked(String),
    /// It may have happened.
    Ambiguous(String),
    /// It cannot happen.
    Final(String),
    /// It must not happen: the claim was lost.
    Lost(String),
}

impl Trouble {
    /// The state of an effect that met this on its `tries`-th try.
    #[must_use]
    pub fn state(self, tries: u32, settle: Duration, now: Time) -> EffectState {
        match self {
            Trouble::Passing { after, reason } => {
                let wait = doubled(tries).min(WAIT_MAX);
                EffectState::Retry {
                    at: now.plus(after.unwrap_or_default().max(wait)),
                    reason,
                    blocked: false,
                }
            }
            Trouble::Blocked(reason) => EffectState::Retry {
                at: now.plus(doubled(tries).min(BLOCKED)),
                reason,
                blocked: true,
            },
            Trouble::Ambiguous(reason) => {
                let factor = 1u32
                    .checked_shl(tries.saturating_sub(1).min(7))
                    .unwrap_or(1);
                let wait = settle.saturating_mul(factor).min(WAIT_MAX);
                EffectState::Ambiguous {
                    look_at: now.plus(wait),
                    reason,
                }
            }
            Trouble::Final(reason) => EffectState::Parked { reason },
            Trouble::Lost(reason) => EffectState::Void { reason },
        }
    }
}

/// The wait after so many tries, without its bound.
fn doubled(tries: u32) -> Duration {
    let factor = 1u32.checked_shl(tries.min(12)).unwrap_or(u32::MAX);
    WAIT.saturating_mul(factor)
}

impl From<ForgeError> for Trouble {
    fn from(error: ForgeError) -> Trouble {
        let reason = error.to_string();
        match error.verdict() {
            Verdict::Final => Trouble::Final(reason),
            Verdict::Passing { .. } if error.needs_operator() => Trouble::Blocked(reason),
            Verdict::Passing { after } => Trouble::Passing { after, reason },
            Verdict::Ambiguous => Trouble::Ambiguous(reason),
        }
    }
}

impl From<GitError> for Trouble {
    fn from(error: GitError) -> Trouble {
        let reason = error.to_string();
        match error.kind {
            kind if kind.is_ambiguous() => Trouble::Ambiguous(reason),
            GitErrorKind::StaleLease | GitErrorKind::NotFastForward => Trouble::Final(reason),
            // A person can mend these; the work waits for it and is kept.
            GitErrorKind::Protected
            | GitErrorKind::Archived
            | GitErrorKind::Auth
            | GitErrorKind::Moved => Trouble::Blocked(reason),
            _ => Trouble::Passing {
                after: None,
                reason,
            },
        }
    }
}
