//! How many requests were sent, in all and by endpoint.
//!
//! Invariant: each attempt that leaves the client counts once, retries
//! included; what the breaker turned away does not.

use super::Endpoint;
use std::sync::atomic::{AtomicU64, Ordering};

/// The counters.
#[derive(Debug)]
pub(crate) struct Meter {
    counts: Vec<AtomicU64>,
}

impl Meter {
    pub(crate) fn new() -> Meter {
        Meter {
            counts: Endpoint::ALL.iter().map(|_| AtomicU64::new(0)).collect(),
        }
    }

    pub(crate) fn count(&self, at: Endpoint) {
        if let Some(counter) = self.counts.get(at as usize) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn total(&self) -> u64 {
        self.counts.iter().map(|c| c.load(Ordering::Relaxed)).sum()
    }

    pub(crate) fn each(&self) -> Vec<(Endpoint, u64)> {
        Endpoint::ALL
            .iter()
            .zip(&self.counts)
            .map(|(&at, count)| (at, count.load(Ordering::Relaxed)))
            .filter(|(_, count)| *count > 0)
            .collect()
    }
}
