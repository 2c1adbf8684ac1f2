//! A CLI's words about why it cannot go on → the kind of denial, and when a
//! used-up quota is there again.
//!
//! Invariant: whole words decide, so that no port or path reads as a status; a
//! reset that is past or more than [`RESET_MAX`] away is none.

use crate::model::{DenialKind, Time};
use crate::schedule::Zone;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use regex::{Captures, Regex};
use std::{sync::LazyLock, time::Duration};

/// The furthest reset that is believed.
const RESET_MAX: Duration = Duration::from_secs(31 * 24 * 3600);

/// Phrases in lower case, words apart by one space; the first kind with a match decides.
const KINDS: &[(DenialKind, &[&str])] = &[
    (
        DenialKind::Quota,
        &[
            "usage limit",
            "session limit",
            "weekly limit",
            "rate limit",
            "rate limited",
            "rate limits",
            "rate limit reached",
            "hit your limit",
            "limit reached",
            "quota",
            "too many requests",
            "resource exhausted",
            "429",
        ],
    ),
    (
        DenialKind::Auth,
        &[
            "api key",
            "apikey",
            "unauthorized",
            "authentication",
            "not logged in",
            "log in",
            "login",
            "please run login",
            "oauth token",
            "invalid auth method",
            "permission denied",
            "forbidden",
            "credit balance",
            "401",
            "403",
        ],
    ),
    (
        DenialKind::Overloaded,
        &[
            "overloaded",
            "at capacity",
            "high demand",
            "unavailable",
            "internal server error",
            "bad gateway",
            "500",
            "502",
            "503",
            "504",
            "529",
        ],
    ),
];

/// The kind that a text tells of.
pub(super) fn kind(text: &str) -> DenialKind {
    let mut words = String::from(" ");
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        if !word.is_empty() {
            words.push_str(&word.to_lowercase());
            words.push(' ');
        }
    }
    let says = |phrase: &&str| words.contains(&format!(" {phrase} "));
    KINDS
        .iter()
        .find(|(_, phrases)| phrases.iter().any(&says))
        .map_or(DenialKind::Other, |(kind, _)| *kind)
}

/// The kind that an HTTP status tells of, if it tells of one.
pub(super) fn kind_of_status(status: u64) -> Option<DenialKind> {
    match status {
        429 => Some(DenialKind::Quota),
        401 | 403 => Some(DenialKind::Auth),
        500 | 502..=504 | 529 => Some(DenialKind::Overloaded),
        _ => None,
    }
}

/// The reset that a text states: seconds since the epoch after a bar, a span
/// after "in", "after" or "for", or an hour after "at" or "resets".
pub(super) fn resets_at(text: &str, now: Time) -> Option<Time> {
    let patterns = PATTERNS.as_ref()?;
    let epoch = || {
        let found = patterns.epoch.captures(text)?;
        Some(Time::from_seconds(found.get(1)?.as_str().parse().ok()?))
    };
    let span = || Some(now.plus(span(patterns.span.captures(text)?.get(1)?.as_str())?));
    let hour = || hour(&patterns.hour.captures(text)?, now);
    believed(epoch().or_else(span).or_else(hour)?, now)
}

/// A reset that lies ahead, and not too far.
pub(super) fn believed(at: Time, now: Time) -> Option<Time> {
    (at > now && at <= now.plus(RESET_MAX)).then_some(at)
}

struct Patterns {
    epoch: Regex,
    span: Regex,
    part: Regex,
    hour: Regex,
}

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    const PART: &str = r"(\d{1,7}(?:\.\d{1,9})?)\s*(milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w)";
    let span = format!(r"(?i)\b(?:in|after|for)\s+((?:{PART}(?:\s|,|and\b)*)+)");
    let hour = r"(?i)\b(?:at|resets)\s+(?:([a-z]{3})[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(?:(\d{4}),?\s+)?(?:at\s+)?)?(\d{1,2})(?::(\d{2}))?\s*([ap])m\b(?:\s*\(([\w/+-]+)\))?";
    Some(Patterns {
        epoch: Regex::new(r"\|\s*(\d{10})\b").ok()?,
        span: Regex::new(&span).ok()?,
        part: Regex::new(&format!("(?i){PART}")).ok()?,
        hour: Regex::new(hour).ok()?,
    })
});

/// `1h30m`, `3 days 2 hours`, `34.07s`.
fn span(text: &str) -> Option<Duration> {
    let patterns = PATTERNS.as_ref()?;
    let mut sum = 0.0;
    for part in patterns.part.captures_iter(text) {
        let count: f64 = part.get(1)?.as_str().parse().ok()?;
        let unit = part.get(2)?.as_str().to_lowercase();
        let seconds = match unit.as_str() {
            "ms" | "millisecond" | "milliseconds" => 0.001,
            "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
            unit if unit.starts_with('s') => 1.0,
            unit if unit.starts_with('h') => 3600.0,
            unit if unit.starts_with('d') => 86_400.0,
            _ => 604_800.0,
        };
        sum += count * seconds;
    }
    Duration::try_from_secs_f64(sum).ok()
}

/// `10:26 PM`, `Nov 24th, 2026 3pm`, `10:26pm (Europe/Berlin)`; in UTC when no
/// zone is named. Without a day it is the next such hour.
fn hour(found: &Captures<'_>, now: Time) -> Option<Time> {
    let part = |n: usize| found.get(n).map(|m| m.as_str());
    let zone = Zone::named(part(7).unwrap_or("UTC")).ok()?;
    let now = DateTime::<Utc>::from_timestamp_millis(now.0)?;
    let today = zone.wall(now).date();
    let twelve: u32 = part(4)?.parse().ok().filter(|h| (1..=12).contains(h))?;
    let afternoon = part(6)?.eq_ignore_ascii_case("p");
    let hour = twelve % 12 + if afternoon { 12 } else { 0 };
    let minute: u32 = part(5).unwrap_or("0").parse().ok()?;
    let moment = |day: NaiveDate| {
        let local = day.and_hms_opt(hour, minute, 0)?;
        zone.moments(local).next()
    };
    let at = match (part(1), part(2)) {
        (Some(month), Some(day)) => {
            let month = month.parse::<chrono::Month>().ok()?.number_from_month();
            let year = part(3).map_or(Some(today.year()), |y| y.parse().ok())?;
            moment(NaiveDate::from_ymd_opt(year, month, day.parse().ok()?)?)?
        }
        _ => moment(today)
            .filter(|at| *at > now)
            .or_else(|| moment(today.succ_opt()?))?,
    };
    Some(Time(at.timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2026-11-21T17:00:00Z.
    const NOW: Time = Time(1_795_280_400_000);
    const HOUR: i64 = 3_600_000;

    fn wait(text: &str) -> Option<i64> {
        resets_at(text, NOW).map(|at| at.0 - NOW.0)
    }

    #[test]
    fn resets_are_read_in_the_forms_that_clis_write() {
        let five = 5 * HOUR + 26 * 60_000;
        for (text, expected) in [
            ("Claude AI usage limit reached|1795284000", HOUR),
            ("visit https://x.example or try again at 10:26 PM.", five),
            ("You've hit your session limit · resets 10:26pm (UTC)", five),
            ("resets 11:26pm (Europe/Berlin)", five),
            ("resets 4pm (UTC)", 23 * HOUR),
            ("try again at Nov 24th, 2026 5:00 PM.", 72 * HOUR),
            ("resets Nov 24, 5pm (UTC)", 72 * HOUR),
            (
                "Your quota will reset after 18h20m32s.",
                18 * HOUR + 1_232_000,
            ),
            ("Please retry in 34.074824224s.", 34_074),
            (
                "Try again in 3 days 2 hours 5 minutes.",
                74 * HOUR + 300_000,
            ),
            (
                "Try again in 1 hour, 2 minutes and 3 seconds",
                HOUR + 123_000,
            ),
        ] {
            assert_eq!(wait(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_past_too_far_or_no_time_is_no_reset() {
        for text in [
            "usage limit reached|1795270000",
            "try again in 90 days",
            "resets 3pm (Mars/Olympus)",
            "at 25:00 pm",
            "in 5 attempts",
            "",
        ] {
            assert_eq!(wait(text), None, "{text}");
        }
    }

    #[test]
    fn kinds_are_told_by_whole_words() {
        for (text, expected) in [
            ("You’ve hit your usage limit. Upgrade", DenialKind::Quota),
            ("status 429 Too Many Requests", DenialKind::Quota),
            ("Invalid API key · Fix external API key", DenialKind::Auth),
            ("unexpected status 401 Unauthorized", DenialKind::Auth),
            ("Selected model is at capacity.", DenialKind::Overloaded),
            ("http://127.0.0.1:40129/ refused", DenialKind::Other),
            ("the author wrote catalogins", DenialKind::Other),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in ".{0,200}", now in any::<i64>()) {
            let _ = kind(&text);
            let _ = resets_at(&text, Time(now));
        }

        #[test]
        fn any_numbers_are_read_without_panic(
            text in "(in|at|resets|after) ([A-Z][a-z]{2} [0-9]{1,2}(th)?, ([0-9]{4} )?)?[0-9]{1,9}(:[0-9]{2})? ?(pm|AM|days|h|ms)( \\([A-Z]{3}\\))?",
            now in any::<i64>(),
        ) {
            let _ = resets_at(&text, Time(now));
        }
    }
}
