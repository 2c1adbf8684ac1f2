//! Wall clock times in a zone: none in a gap, one as a rule, two when the clock
//! goes back.
//!
//! Invariant: nothing here asks what time it is; zones come from the data that
//! is compiled in, not from the machine.

use super::ScheduleError;
use chrono::{DateTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use std::str::FromStr;

/// The longest gap whose slots are caught up after it, as in Vixie cron: a longer
/// one is a zone that skipped a day, not a change of clocks.
const GAP_CAUGHT_UP: TimeDelta = TimeDelta::hours(3);

/// How many near names are offered for an unknown zone.
const NEAREST_MAX: usize = 3;

/// The zone of an IANA name.
///
/// # Errors
/// When there is none; the error offers the nearest names.
pub fn parse_zone(name: &str) -> Result<Tz, ScheduleError> {
    Tz::from_str(name).map_err(|_| ScheduleError::Zone {
        name: name.chars().take(60).collect(),
        nearest: nearest(name),
    })
}

fn nearest(name: &str) -> Vec<String> {
    let wanted = name.to_lowercase();
    let mut scored: Vec<(f64, &str)> = chrono_tz::TZ_VARIANTS
        .iter()
        .map(|zone| {
            let full = zone.name().to_lowercase();
            let city = full.rsplit('/').next().unwrap_or(&full);
            let score =
                strsim::jaro_winkler(&full, &wanted).max(strsim::jaro_winkler(city, &wanted));
            (score, zone.name())
        })
        .filter(|(score, _)| *score > 0.8)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored
        .into_iter()
        .take(NEAREST_MAX)
        .map(|(_, name)| name.to_owned())
        .collect()
}

/// The end of the sentence about an unknown zone.
pub(super) fn nearest_text(nearest: &[String]) -> String {
    if nearest.is_empty() {
        return "; use an IANA name such as Europe/Berlin or UTC".to_owned();
    }
    let names: Vec<String> = nearest.iter().map(|name| format!("`{name}`")).collect();
    format!("; did you mean {}?", names.join(", "))
}

/// The moments at which the clocks of `zone` show `wall`, earliest first.
pub(super) fn moments(zone: Tz, wall: NaiveDateTime) -> impl Iterator<Item = DateTime<Utc>> {
    let found = zone.from_local_datetime(&wall);
    let first = found.earliest().map(|moment| moment.to_utc());
    let second = found.latest().map(|moment| moment.to_utc());
    first
        .into_iter()
        .chain(second.filter(|second| Some(*second) != first))
}

/// The first moment after the gap in which `wall` lies; `None` when it lies in
/// none, or in one that is too long to catch up.
pub(super) fn end_of_gap(zone: Tz, wall: NaiveDateTime) -> Option<DateTime<Utc>> {
    let offset_at = |seconds: i64| {
        Some(
            zone.offset_from_utc_datetime(&moment(seconds)?.naive_utc())
                .fix(),
        )
    };
    let mut before = moments(zone, wall.checked_sub_signed(GAP_CAUGHT_UP)?)
        .last()?
        .timestamp();
    let old = offset_at(before)?;
    // Read with the old offset, `wall` is a moment at or after the change.
    let mut after = wall.and_utc().timestamp() - i64::from(old.local_minus_utc());
    if offset_at(after)? == old {
        return None;
    }
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        if offset_at(middle)? == old {
            before = middle;
        } else {
            after = middle;
        }
    }
    moment(after)
}

fn moment(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0)
}
