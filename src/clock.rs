//! The only place where the factory learns what time it is.
//!
//! Invariant: everything that needs the moment takes a `Clock`; tests set theirs.

use crate::model::Time;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::SystemTime,
};

/// Where the moment comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that is set by hand, shared by its clones.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `now` until it is set.
    #[must_use]
    pub fn manual(now: Time) -> Clock {
        Clock::Manual(Arc::new(AtomicI64::new(now.0)))
    }

    /// The moment.
    #[must_use]
    pub fn now(&self) -> Time {
        match self {
            Clock::System => {
                #[expect(clippy::disallowed_methods, reason = "the one place that asks")]
                let since = SystemTime::now()
                    .duration_since(SystemTime::UNIX_EPOCH)
                    .unwrap_or_default();
                Time::default().plus(since)
            }
            Clock::Manual(now) => Time(now.load(Ordering::SeqCst)),
        }
    }

    /// Sets a manual clock; a system clock cannot be set and stays.
    pub fn set(&self, now: Time) {
        if let Clock::Manual(cell) = self {
            cell.store(now.0, Ordering::SeqCst);
        }
    }
}
