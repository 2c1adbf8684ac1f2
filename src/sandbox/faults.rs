//! Faults on demand: what a network, a proxy or a tired server does.
//!
//! Invariant: a fault that says it comes after the handling leaves the world
//! changed and the caller without the answer; the others leave it unchanged.

use super::{Inner, lock, text};
use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The answer comes, this much later. Handled before the wait.
    Latency(Duration),
    /// Not handled; this status instead, as from a proxy.
    Status {
        /// The status.
        status: u16,
        /// `Retry-After`, in seconds.
        retry_after: Option<u64>,
    },
    /// Handled; the status, the headers and half of the body, then silence.
    CutBody,
    /// Not handled; the connection closes without an answer.
    Drop,
    /// Handled; the connection closes without an answer.
    DropAfter,
    /// Not handled; a redirect to this place.
    Redirect {
        /// 301, 302, 307, 308.
        status: u16,
        /// `Location`.
        location: String,
    },
    /// Handled; 200 with a page of HTML in place of the answer.
    Garbage,
}

/// A fault and the requests it meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `METHOD /path?query`, where `*` stands for anything.
    pub matches: String,
    /// How many matching requests pass before it acts.
    pub after: u32,
    /// How often it acts; `None` is until it is cleared.
    pub times: Option<u32>,
    /// What goes wrong.
    pub kind: FaultKind,
}

impl Fault {
    /// A fault that meets every request that fits.
    #[must_use]
    pub fn new(matches: impl Into<String>, kind: FaultKind) -> Fault {
        Fault {
            matches: matches.into(),
            after: 0,
            times: None,
            kind,
        }
    }

    /// Acts only so often.
    #[must_use]
    pub fn times(mut self, times: u32) -> Fault {
        self.times = Some(times);
        self
    }

    /// Lets so many pass first.
    #[must_use]
    pub fn after(mut self, passed: u32) -> Fault {
        self.after = passed;
        self
    }
}

/// The fault that meets this request, if any; counts it.
pub(super) fn take(world: &Inner, request: &str) -> Option<FaultKind> {
    let mut faults = lock(&world.faults);
    let fault = faults
        .iter_mut()
        .find(|fault| fault.times != Some(0) && text::fits(&fault.matches, request))?;
    if fault.after > 0 {
        fault.after -= 1;
        return None;
    }
    fault.times = fault.times.map(|times| times.saturating_sub(1));
    Some(fault.kind.clone())
}
