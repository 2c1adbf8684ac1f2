//! A moment as the ledger keeps it: whole milliseconds since the Unix epoch, UTC.
//!
//! Invariant: a `Time` is only made by `clock::Clock`, by a parser of somebody
//! else's timestamp, or by arithmetic on another `Time`.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Time(pub i64);

impl Time {
    /// A time so far ahead that nothing waits for it.
    pub const NEVER: Time = Time(i64::MAX);

    /// This moment moved later, saturating at [`Time::NEVER`].
    #[must_use]
    pub fn plus(self, span: Duration) -> Time {
        let span = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Time(self.0.saturating_add(span))
    }

    /// This moment moved earlier, saturating.
    #[must_use]
    pub fn minus(self, span: Duration) -> Time {
        let span = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Time(self.0.saturating_sub(span))
    }

    /// How long after `earlier` this is; zero when it is not after.
    #[must_use]
    pub fn since(self, earlier: Time) -> Duration {
        let span = self.0.saturating_sub(earlier.0);
        Duration::from_millis(u64::try_from(span).unwrap_or(0))
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The moment of a whole second since the epoch.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Time {
        Time(seconds.saturating_mul(1000))
    }
}
