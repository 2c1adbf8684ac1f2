//! A listing becomes the place up to which the forge was read.
//!
//! Invariant: a cursor covers only what was listed, never goes backwards, and comes to
//! rest so far behind the newest change that an idle poll reads that change once more
//! and then no longer. [`super::poll`] reads from it.

use crate::model::Time;
use std::time::Duration;

/// How far each poll reads back behind its cursor.
pub(super) const OVERLAP: Duration = Duration::from_secs(5);
/// How far behind the newest change a cursor rests: the overlap, and a second of the forge's clock.
const BEHIND: Duration = Duration::from_secs(OVERLAP.as_secs() + 1);

/// Where a cursor stands after a listing: just behind the newest change seen,
/// never past the server's time − 1 s, never backwards.
pub(super) fn limit(latest: Option<Time>, server: Option<Time>, before: Option<&Time>) -> Time {
    let floor = before.copied().unwrap_or_default();
    let bound = server.map(|t| t.minus(Duration::from_secs(1)));
    let end = match (latest, bound) {
        // All up to the bound was listed. Behind the overlap of the newest change
        // the cursor comes to rest, else that change is read at every poll for ever.
        (Some(latest), Some(bound)) => latest.plus(BEHIND).min(bound),
        (Some(latest), None) => latest,
        // Nothing there yet: a first cursor is the server's own time.
        (None, Some(bound)) if before.is_none() => bound,
        (None, _) => floor,
    };
    end.max(floor)
}
