//! Wall clock times in a zone: none in a gap, one as a rule, two when the clock
//! goes back.
//!
//! Invariant: nothing here asks what time it is; zones come from the data that
//! is compiled in, not from the machine.

use super::ScheduleError;
use chrono::{DateTime, NaiveDateTime, Utc};
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};

/// The longest gap whose slots are caught up after it, as in Vixie cron, in seconds: a
/// longer one is a zone that skipped a day, not a change of clocks.
const GAP_CAUGHT_UP: i32 = 3 * 3600;

/// How many near names are offered for an unknown zone.
const NEAREST_MAX: usize = 3;

/// A time zone.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone of an IANA name.
    ///
    /// # Errors
    /// When there is none of exactly this name; the error offers the nearest names.
    pub fn named(name: &str) -> Result<Zone, ScheduleError> {
        let found = TimeZoneDatabase::bundled().get(name).ok();
        let exact = found.filter(|zone| zone.iana_name() == Some(name));
        exact.map(Zone).ok_or_else(|| ScheduleError::Zone {
            name: name.chars().take(60).collect(),
            nearest: nearest(name),
        })
    }

    /// What its clocks show at a moment.
    #[must_use]
    pub fn wall(&self, moment: DateTime<Utc>) -> NaiveDateTime {
        let offset = Timestamp::from_second(moment.timestamp())
            .map_or(0, |moment| self.0.to_offset(moment).seconds());
        moment.naive_utc() + chrono::TimeDelta::seconds(offset.into())
    }

    /// The moments at which its clocks show `wall`, earliest first.
    pub fn moments(&self, wall: NaiveDateTime) -> impl Iterator<Item = DateTime<Utc>> + use<> {
        let (first, second) = match self.offsets(wall) {
            Some(AmbiguousOffset::Unambiguous { offset }) => (Some(offset), None),
            Some(AmbiguousOffset::Fold { before, after }) => (Some(before), Some(after)),
            Some(AmbiguousOffset::Gap { .. }) | None => (None, None),
        };
        let offsets = first.into_iter().chain(second);
        offsets.filter_map(move |offset| moment(in_utc(wall, offset)))
    }

    /// The first moment after the gap in which `wall` lies; `None` when it lies in
    /// none, or in one that is too long to catch up.
    pub(super) fn end_of_gap(&self, wall: NaiveDateTime) -> Option<DateTime<Utc>> {
        let AmbiguousOffset::Gap { before, after } = self.offsets(wall)? else {
            return None;
        };
        if after.seconds() - before.seconds() > GAP_CAUGHT_UP {
            return None;
        }
        // Read with the old offset, `wall` is a moment at or after the change.
        let later = Timestamp::from_second(in_utc(wall, before) + 1).ok()?;
        let change = self.0.preceding(later).next()?;
        moment(change.timestamp().as_second())
    }

    fn offsets(&self, wall: NaiveDateTime) -> Option<AmbiguousOffset> {
        let shown = Timestamp::from_second(wall.and_utc().timestamp()).ok()?;
        let shown: civil::DateTime = Offset::UTC.to_datetime(shown);
        Some(self.0.to_ambiguous_timestamp(shown).offset())
    }
}

/// The seconds of the moment at which clocks of this offset show `wall`.
fn in_utc(wall: NaiveDateTime, offset: Offset) -> i64 {
    wall.and_utc().timestamp() - i64::from(offset.seconds())
}

fn moment(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0)
}

fn nearest(name: &str) -> Vec<String> {
    let wanted = name.to_lowercase();
    let mut scored: Vec<(f64, String)> = TimeZoneDatabase::bundled()
        .available()
        .map(|zone| {
            let full = zone.as_str().to_lowercase();
            let city = full.rsplit('/').next().unwrap_or(&full);
            let score =
                strsim::jaro_winkler(&full, &wanted).max(strsim::jaro_winkler(city, &wanted));
            (score, zone.as_str().to_owned())
        })
        .filter(|(score, _)| *score > 0.8)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let names = scored.into_iter().map(|(_, name)| name);
    names.take(NEAREST_MAX).collect()
}

/// The end of the sentence about an unknown zone.
pub(super) fn nearest_text(nearest: &[String]) -> String {
    if nearest.is_empty() {
        return "; use an IANA name such as Europe/Berlin or UTC".to_owned();
    }
    let names: Vec<String> = nearest.iter().map(|name| format!("`{name}`")).collect();
    format!("; did you mean {}?", names.join(", "))
}
