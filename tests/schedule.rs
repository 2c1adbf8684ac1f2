//! Crontab lines: the cases worth naming. Random ones are in `schedule_oracle.rs`.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, as tests do"
)]

use adf::model::Time;
use adf::schedule::{Schedule, ScheduleError};
use chrono::{DateTime, TimeZone};
use chrono_tz::Tz;

fn at(text: &str) -> Time {
    Time(
        DateTime::parse_from_rfc3339(text)
            .unwrap()
            .timestamp_millis(),
    )
}

fn fires(line: &str, zone: &str, from: &str, n: usize) -> Vec<String> {
    let schedule = Schedule::parse(line, zone).unwrap();
    let tz: Tz = zone.parse().unwrap();
    let mut now = at(from);
    let mut out = Vec::new();
    while out.len() < n {
        let Some(next) = schedule.next_after(now) else {
            break;
        };
        assert!(next > now, "{line} went back from {now:?} to {next:?}");
        let local = tz.timestamp_millis_opt(next.0).unwrap();
        out.push(local.format("%a %Y-%m-%d %H:%M%:z").to_string());
        now = next;
    }
    out
}

fn refusal(line: &str) -> String {
    Schedule::parse(line, "UTC").unwrap_err().to_string()
}

const SATURDAY: &str = "2026-11-21T00:00:00Z";

#[test]
fn five_fields_mean_what_crontab_means() {
    assert_eq!(
        fires("0 1-9 * * *", "UTC", SATURDAY, 2),
        ["Sat 2026-11-21 01:00+00:00", "Sat 2026-11-21 02:00+00:00"]
    );
    let weekdays = fires("0 9 * * 1-5", "UTC", SATURDAY, 6);
    let names: Vec<&str> = weekdays
        .iter()
        .map(|t| t.split(' ').next().unwrap())
        .collect();
    assert_eq!(names, ["Mon", "Tue", "Wed", "Thu", "Fri", "Mon"]);
    for sunday in ["0 9 * * 0", "0 9 * * 7", "0 9 * * SUN", "0 9 * * sun"] {
        assert_eq!(
            fires(sunday, "UTC", SATURDAY, 1),
            ["Sun 2026-11-22 09:00+00:00"]
        );
    }
    assert_eq!(
        fires("0 9 * * fri-sun", "UTC", SATURDAY, 3),
        fires("0 9 * * 5,6,0", "UTC", SATURDAY, 3)
    );
}

#[test]
fn two_restricted_day_fields_mean_either() {
    assert_eq!(
        fires("0 9 13 * Fri", "UTC", "2026-12-05T00:00:00Z", 3),
        [
            "Fri 2026-12-11 09:00+00:00",
            "Sun 2026-12-13 09:00+00:00",
            "Fri 2026-12-18 09:00+00:00"
        ]
    );
}

#[test]
fn a_day_field_that_begins_with_a_star_restricts_nothing_by_itself() {
    // crontab(5): `*/2` begins with a star, so both fields must match.
    assert_eq!(
        fires("0 9 */2 * mon", "UTC", "2026-11-01T00:00:00Z", 2),
        ["Mon 2026-11-09 09:00+00:00", "Mon 2026-11-23 09:00+00:00"]
    );
}

#[test]
fn a_daily_job_in_the_spring_gap_fires_once_at_its_end() {
    assert_eq!(
        fires("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2),
        ["Sun 2026-03-29 03:00+02:00", "Mon 2026-03-30 02:30+02:00"]
    );
    assert_eq!(
        fires("15 2 * * *", "America/New_York", "2026-03-08T00:00:00Z", 2),
        ["Sun 2026-03-08 03:00-04:00", "Mon 2026-03-09 02:15-04:00"]
    );
}

#[test]
fn a_gap_that_ends_at_midnight_does_not_lose_the_slot() {
    assert_eq!(
        fires("30 23 29 3 *", "America/Nuuk", "2025-03-29T12:00:00Z", 1),
        ["Sun 2025-03-30 00:00-01:00"]
    );
}

#[test]
fn a_daily_job_in_the_repeated_hour_fires_once() {
    assert_eq!(
        fires("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2),
        ["Sun 2026-10-25 02:30+02:00", "Mon 2026-10-26 02:30+01:00"]
    );
    assert_eq!(
        fires("0 1-3 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 3),
        [
            "Sun 2026-10-25 01:00+02:00",
            "Sun 2026-10-25 02:00+02:00",
            "Sun 2026-10-25 03:00+01:00"
        ]
    );
}

#[test]
fn an_hourly_job_fires_at_each_real_hour_of_both_changes() {
    assert_eq!(
        fires("0 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", 4),
        [
            "Sun 2026-10-25 02:00+02:00",
            "Sun 2026-10-25 02:00+01:00",
            "Sun 2026-10-25 03:00+01:00",
            "Sun 2026-10-25 04:00+01:00"
        ]
    );
    assert_eq!(
        fires("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:20:00Z", 3),
        [
            "Sun 2026-03-29 01:30+01:00",
            "Sun 2026-03-29 03:00+02:00",
            "Sun 2026-03-29 03:30+02:00"
        ]
    );
}

#[test]
fn a_zone_that_skipped_a_whole_day_catches_nothing_up() {
    assert_eq!(
        fires("0 9 * * *", "Pacific/Apia", "2011-12-29T12:00:00Z", 2),
        ["Thu 2011-12-29 09:00-10:00", "Sat 2011-12-31 09:00+14:00"]
    );
}

#[test]
fn shorthands_are_lines() {
    assert_eq!(
        fires("@daily", "UTC", SATURDAY, 1),
        ["Sun 2026-11-22 00:00+00:00"]
    );
    assert_eq!(
        fires("@Weekly", "UTC", SATURDAY, 1),
        ["Sun 2026-11-22 00:00+00:00"]
    );
    assert!(refusal("@reboot").contains("@reboot"));
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_reason() {
    assert_eq!(
        Schedule::parse("0 0 1-9 * * *", "UTC").unwrap_err(),
        ScheduleError::Seconds
    );
    assert_eq!(
        Schedule::parse("0 0 *", "UTC").unwrap_err(),
        ScheduleError::FieldCount { found: 3 }
    );
    for never in ["0 0 31 2 *", "0 0 30 2 *", "0 0 31 4,6,9,11 *"] {
        assert_eq!(
            Schedule::parse(never, "UTC").unwrap_err(),
            ScheduleError::Never,
            "{never}"
        );
    }
    for (line, part) in [
        ("60 * * * *", "minute `60`"),
        ("0 24 * * *", "hour `24`"),
        ("0 0 0 * *", "day of month `0`"),
        ("0 0 * 13 *", "month `13`"),
        ("0 0 * * 8", "day of week `8`"),
        ("0 0 * * fry", "day of week `fry`"),
        ("*/0 * * * *", "minute `*/0`"),
        ("*/90 * * * *", "minute `*/90`"),
        ("5/10 * * * *", "minute `5/10`"),
        ("9-1 * * * *", "minute `9-1`"),
        ("+5 * * * *", "minute `+5`"),
        (", * * * *", "minute ``"),
        ("0 0 L * *", "day of month `L`"),
    ] {
        assert!(refusal(line).starts_with(part), "{line}: {}", refusal(line));
    }
}

#[test]
fn a_leap_day_is_not_never() {
    assert_eq!(
        fires("0 0 29 2 *", "UTC", SATURDAY, 1),
        ["Tue 2028-02-29 00:00+00:00"]
    );
}

#[test]
fn an_unknown_zone_offers_the_nearest() {
    let error = Schedule::parse("0 0 * * *", "Europe/Belrin")
        .unwrap_err()
        .to_string();
    assert!(error.contains("`Europe/Berlin`"), "{error}");
    let error = Schedule::parse("0 0 * * *", "berlin")
        .unwrap_err()
        .to_string();
    assert!(error.contains("`Europe/Berlin`"), "{error}");
    let error = Schedule::parse("0 0 * * *", "%").unwrap_err().to_string();
    assert!(error.contains("IANA"), "{error}");
}

#[test]
fn the_ends_of_time_have_no_next_slot() {
    let schedule = Schedule::parse("0 0 1 1 *", "UTC").unwrap();
    assert_eq!(schedule.next_after(Time::NEVER), None);
    assert_eq!(schedule.next_after(at("2100-06-01T00:00:00Z")), None);
    assert_eq!(
        schedule.next_after(Time(i64::MIN)),
        Some(at("1971-01-01T00:00:00Z"))
    );
}
