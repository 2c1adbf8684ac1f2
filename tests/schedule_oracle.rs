//! Crontab lines against `croner` as the oracle: random lines, zones and moments.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, as tests do"
)]

use adf::model::Time;
use adf::schedule::{Schedule, ScheduleError, Zone};
use chrono::{DateTime, TimeZone, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use proptest::prelude::*;

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

/// The first moment of 2026: databases of different years agree on what lies before it.
const AGREED_UNTIL: Time = Time(1_767_225_600_000);

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
        .with_ymd_and_hms(2016, 1, 1, 0, 0, 0)
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
                    if found.max(wanted).is_none_or(|at| at > AGREED_UNTIL) {
                        break;
                    }
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

/// A day in seconds.
const DAY: i64 = 24 * 3600;

#[test]
fn every_zone_of_another_database_is_known_and_its_clocks_show_the_same() {
    let mut compared = 0;
    for other in chrono_tz::TZ_VARIANTS {
        let zone = Zone::named(other.name()).unwrap_or_else(|e| panic!("{e}"));
        // From 1990 on: what came before is still being researched.
        for day in (7_305..AGREED_UNTIL.0 / 1_000 / DAY).step_by(29) {
            let moment = DateTime::from_timestamp(day * DAY + day, 0).unwrap();
            let shown = other.from_utc_datetime(&moment.naive_utc()).naive_local();
            assert_eq!(zone.wall(moment), shown, "{} at {moment}", other.name());
            assert!(zone.moments(shown).any(|m| m == moment), "{}", other.name());
            compared += 1;
        }
    }
    assert!(compared > 200_000, "{compared}");
}

#[test]
fn what_has_been_decided_lately_is_known() {
    // British Columbia keeps its summer time from 2026 on.
    let zone = Zone::named("America/Vancouver").unwrap();
    let winter = Utc.with_ymd_and_hms(2027, 1, 15, 20, 0, 0).unwrap();
    assert_eq!(zone.wall(winter).format("%H:%M").to_string(), "13:00");
}

#[test]
fn a_zone_has_one_spelling() {
    for name in [
        "europe/berlin",
        "Europe/berlin",
        "CET+1",
        "",
        "../etc/passwd",
    ] {
        assert!(Zone::named(name).is_err(), "{name}");
    }
}
