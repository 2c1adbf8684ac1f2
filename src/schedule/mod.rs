//! Crontab lines and time zones: a line and a moment become the next moment.
//!
//! A small adapter over the `cron` crate, which walks plain wall clock dates for
//! us; what a line means ([`crontab`]) and what a wall clock time is in a zone
//! ([`zone`]) is decided here, as crontab decides it.
//!
//! Invariant: a parsed [`Schedule`] has five fields, a known zone and at least
//! one slot; [`Schedule::next_after`] is strictly later than what it was given.

mod crontab;
mod zone;

use crate::model::Time;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use std::str::FromStr;

pub use zone::Zone;

/// Wall clock slots tried for one answer: more than the minutes of the longest
/// skipped day and the longest repeated range together.
const SLOTS_TRIED_MAX: usize = 4_000;

/// The end of the year 2100, after which the `cron` crate knows no slots.
const LAST_MOMENT: Time = Time(4_133_980_800_000);

/// Why a line is not a schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Not five fields.
    #[error(
        "a crontab line has 5 fields (minute hour day-of-month month day-of-week), this one has {found}"
    )]
    FieldCount {
        /// How many there are.
        found: usize,
    },
    /// Six fields, as other cron dialects have them.
    #[error(
        "6 fields: seconds are not part of a crontab line; write the 5 fields minute hour day-of-month month day-of-week"
    )]
    Seconds,
    /// A field that cannot be read.
    #[error("{field} `{text}`: {reason}")]
    Field {
        /// Which field.
        field: &'static str,
        /// The part of it that is wrong.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An `@` word that is none.
    #[error(
        "unknown shorthand `{0}`; valid are @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually"
    )]
    Shorthand(String),
    /// No such time zone.
    #[error("unknown time zone `{name}`{}", zone::nearest_text(.nearest))]
    Zone {
        /// What was asked for.
        name: String,
        /// Zones with names like it, nearest first.
        nearest: Vec<String>,
    },
    /// A date that never comes, as the 31st of February.
    #[error("this schedule never fires: no such day exists in the months it names")]
    Never,
}

/// A crontab line in a time zone.
#[derive(Clone, Debug)]
pub struct Schedule {
    zone: Zone,
    /// Their union is meant; two when both day fields are restricted.
    walls: Vec<cron::Schedule>,
    /// Minute or hour begins with `*`: the job follows real time, and the change
    /// of clocks neither delays nor suppresses it.
    wildcard: bool,
}

impl Schedule {
    /// Reads a line of five fields as crontab reads it, meant in `zone`.
    ///
    /// # Errors
    /// When it has not five readable fields, can never fire, or the zone is unknown.
    pub fn parse(line: &str, zone: &str) -> Result<Schedule, ScheduleError> {
        let zone = Zone::named(zone)?;
        let fields = crontab::parse(line)?;
        let walls = fields
            .expressions()
            .iter()
            .map(|expression| cron::Schedule::from_str(expression))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| ScheduleError::Field {
                field: "line",
                text: line.to_owned(),
                reason: error.to_string(),
            })?;
        let schedule = Schedule {
            zone,
            walls,
            wildcard: fields.follows_real_time(),
        };
        // 2000 is a leap year, so a line for the 29th of February has a slot.
        let start = DateTime::from_timestamp(946_684_800, 0).unwrap_or_default();
        let fires = schedule.wall_slots(start.naive_utc()).next().is_some();
        fires.then_some(schedule).ok_or(ScheduleError::Never)
    }

    /// The first slot after `after`; `None` when there is none before the year 2100.
    ///
    /// A slot that the clock skips fires at the first moment after the gap, and
    /// one that the clock repeats fires the first time only, unless minute or hour
    /// begins with `*`: such a schedule fires at each real moment that matches.
    #[must_use]
    pub fn next_after(&self, after: Time) -> Option<Time> {
        if after > LAST_MOMENT {
            return None;
        }
        let after = DateTime::from_timestamp_millis(after.0.max(0))?;
        let next = if self.wildcard {
            let later = self.first_in_wall_order(after, |wall| {
                self.zone.moments(wall).find(|moment| *moment > after)
            });
            let repeated = self.first_in_repeated_half(after);
            later.into_iter().chain(repeated).min()
        } else {
            self.first_in_wall_order(after, |wall| {
                self.zone
                    .moments(wall)
                    .next()
                    .or_else(|| self.zone.end_of_gap(wall))
                    .filter(|moment| *moment > after)
            })
        };
        next.map(|moment| Time(moment.timestamp_millis()))
    }

    /// The first wall clock slot after `after`'s that `accept` turns into a moment.
    fn first_in_wall_order(
        &self,
        after: DateTime<Utc>,
        accept: impl Fn(NaiveDateTime) -> Option<DateTime<Utc>>,
    ) -> Option<DateTime<Utc>> {
        let local = self.zone.wall(after);
        self.wall_slots(local)
            .take(SLOTS_TRIED_MAX)
            .find_map(accept)
    }

    /// In the first half of a range that the clock repeats, the second half also
    /// lies ahead although its wall clock times do not.
    fn first_in_repeated_half(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = self.zone.wall(after);
        let second = self.zone.moments(local).nth(1)?;
        if second <= after {
            return None;
        }
        let start = local - (second - after) - TimeDelta::seconds(1);
        self.wall_slots(start)
            .take_while(|wall| *wall <= local)
            .take(SLOTS_TRIED_MAX)
            .find_map(|wall| self.zone.moments(wall).nth(1))
    }

    /// Wall clock times that match, in order, after `after`.
    fn wall_slots(&self, after: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> {
        let mut last = after;
        std::iter::from_fn(move || {
            let next = self
                .walls
                .iter()
                .filter_map(|wall| wall.after(&last.and_utc()).next())
                .min()?;
            last = next.naive_utc();
            Some(last)
        })
    }
}
