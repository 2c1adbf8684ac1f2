//! Crontab lines against `croner` as the oracle, and the cases worth naming.

use adf::model::Time;
use adf::schedule::{Schedule, ScheduleError};
use chrono::{DateTime, TimeZone, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use proptest::prelude::*;

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

/// Zones with gaps and repeats of an hour, half an hour, two hours, at midnight,
/// around Ramadan, and with none.
const ZONES: [&str; 13] = [
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "America/Nuuk",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Pacific/Chatham",
];

/// `croner` with crontab's rule for the day fields, one that it leaves to us.
fn oracle_parse(line: &str) -> Cron {
    let fields: Vec<&str> = line.split(' ').collect();
    let both = fields[2].starts_with('*') || fields[4].starts_with('*');
    CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .dom_and_dow(both)
        .build()
        .parse(line)
        .unwrap()
}

/// `croner` calls a job fixed only when minute and hour are single numbers;
/// crontab when neither begins with `*`. A list is the union of its members.
fn oracle(line: &str, minutes: &[u32], hours: &[u32], after: DateTime<Tz>) -> Option<i64> {
    let rest = line.splitn(3, ' ').nth(2).unwrap();
    let starred = line.split(' ').take(2).any(|field| field.starts_with('*'));
    let lines = if starred {
        vec![line.to_owned()]
    } else {
        let pairs = hours
            .iter()
            .flat_map(|h| minutes.iter().map(move |m| (m, h)));
        pairs.map(|(m, h)| format!("{m} {h} {rest}")).collect()
    };
    lines
        .iter()
        .filter_map(|line| oracle_parse(line).find_next_occurrence(&after, false).ok())
        .map(|next| next.timestamp_millis())
        .min()
}

/// Here the oracle gives a slot up when the day after the gap is not one of the
/// line's; crontab catches it up all the same.
fn ends_gap_over_midnight(zone: Tz, at: Time) -> bool {
    let now = zone.timestamp_millis_opt(at.0).unwrap().naive_local();
    let before = zone
        .timestamp_millis_opt(at.0 - 1000)
        .unwrap()
        .naive_local();
    now - before > chrono::TimeDelta::seconds(1) && now.date() != before.date()
}

/// A field as text, and the values it stands for when it has no star.
fn times(max: u32) -> impl Strategy<Value = (String, Vec<u32>)> {
    prop_oneof![
        3 => (0..=max).prop_map(|v| (v.to_string(), vec![v])),
        2 => Just(("*".to_owned(), vec![])),
        2 => (1..=max).prop_map(|step| (format!("*/{step}"), vec![])),
        1 => prop::collection::btree_set(0..=max, 1..4).prop_map(|set| {
            let text: Vec<String> = set.iter().map(u32::to_string).collect();
            (text.join(","), set.into_iter().collect())
        }),
        1 => (0..=max - 3, 0..4u32).prop_map(|(low, more)| {
            (format!("{low}-{}", low + more), (low..=low + more).collect())
        }),
        1 => (0..=max - 3, 1..3usize).prop_map(|(low, step)| {
            (format!("{low}-{}/{step}", low + 3), (low..=low + 3).step_by(step).collect())
        }),
    ]
}

fn days(min: u32, max: u32) -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just("*".to_owned()),
        2 => (min..=max).prop_map(|v| v.to_string()),
        1 => (2..=max - min).prop_map(|step| format!("*/{step}")),
        1 => (min..max).prop_flat_map(move |low| (Just(low), low..=max))
            .prop_map(|(low, high)| format!("{low}-{high}")),
        1 => (min..=max, min..=max).prop_map(|(a, b)| format!("{a},{b}")),
    ]
}

/// Moments near a change of clocks as often as any other.
fn moments(zone: Tz) -> impl Strategy<Value = i64> {
    let from = Utc
        .with_ymd_and_hms(2024, 1, 1, 0, 0, 0)
        .unwrap()
        .timestamp();
    let hours = 6i64 * 366 * 24;
    prop_oneof![
        (0..hours * 3600).prop_map(move |s| (from + s) * 1000 + s % 3 * 500),
        (0..hours, -5400i64..5400).prop_map(move |(start, near)| {
            let offset = |h: i64| {
                let local = zone.timestamp_opt(from + h * 3600, 0).unwrap();
                local.naive_local().and_utc().timestamp() - local.timestamp()
            };
            let change = (start..start + 366 * 24).find(|h| offset(*h) != offset(h + 1));
            (from + change.unwrap_or(start) * 3600 + near) * 1000
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_next_slots_are_those_of_the_oracle(
        (zone, start) in (0..ZONES.len()).prop_flat_map(|z| (Just(ZONES[z]), moments(ZONES[z].parse().unwrap()))),
        minute in times(59),
        hour in times(23),
        day in days(1, 31),
        month in days(1, 12),
        weekday in days(0, 7),
    ) {
        let line = format!("{} {} {day} {month} {weekday}", minute.0, hour.0);
        let tz: Tz = zone.parse().unwrap();
        match Schedule::parse(&line, zone) {
            Err(error) => {
                prop_assert_eq!(error, ScheduleError::Never, "{}", line);
            }
            Ok(schedule) => {
                let mut now = Time(start);
                for _ in 0..4 {
                    let from = tz.timestamp_millis_opt(now.0).unwrap();
                    let wanted = oracle(&line, &minute.1, &hour.1, from).map(Time);
                    let found = schedule.next_after(now);
                    if let Some(caught_up) = found.filter(|found| ends_gap_over_midnight(tz, *found)) {
                        prop_assert!(wanted >= found, "{} in {} after {}", line, zone, from);
                        now = caught_up;
                        continue;
                    }
                    prop_assert_eq!(found, wanted, "{} in {} after {}", line, zone, from);
                    let Some(next) = found else { break };
                    now = next;
                }
            }
        }
    }

    #[test]
    fn no_text_panics_the_parser(line in "\\PC{0,60}", zone in "\\PC{0,20}") {
        let _ = Schedule::parse(&line, &zone);
        let _ = Schedule::parse(&line, "UTC");
    }

    #[test]
    fn no_crontab_like_text_panics_the_parser(line in "[0-9*,/ @a-z-]{0,40}") {
        if let Ok(schedule) = Schedule::parse(&line, "Europe/Berlin") {
            prop_assert!(schedule.next_after(Time(0)) > Some(Time(0)) || schedule.next_after(Time(0)).is_none());
        }
    }
}
