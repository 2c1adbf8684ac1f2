//! What the five fields of a crontab line mean, written down again so that the
//! `cron` crate cannot misread it.
//!
//! That crate counts weekdays from Sunday = 1 and wants both day fields to match;
//! crontab counts from Sunday = 0 (7 is Sunday too) and takes either, when
//! neither begins with `*`. Here each field becomes its list of values.
//!
//! Invariant: an expression made here holds only `*` and numbers in range.

use super::ScheduleError;
use std::collections::BTreeSet;

/// The longest line read, in bytes.
const LINE_BYTES_MAX: usize = 1_000;

/// One of the five fields: what it may hold.
struct Spec {
    field: &'static str,
    min: u32,
    max: u32,
    /// Names of the values from `first_name` on.
    names: &'static [&'static str],
    first_name: u32,
}

const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const SPECS: [Spec; 5] = [
    Spec::plain("minute", 0, 59),
    Spec::plain("hour", 0, 23),
    Spec::plain("day of month", 1, 31),
    Spec::named("month", 1, 12, MONTHS, 1),
    Spec::named("day of week", 0, 7, WEEKDAYS, 0),
];

impl Spec {
    const fn plain(field: &'static str, min: u32, max: u32) -> Spec {
        Spec::named(field, min, max, &[], 0)
    }

    const fn named(
        field: &'static str,
        min: u32,
        max: u32,
        names: &'static [&'static str],
        first_name: u32,
    ) -> Spec {
        Spec {
            field,
            min,
            max,
            names,
            first_name,
        }
    }

    fn fault(&self, text: &str, reason: impl Into<String>) -> ScheduleError {
        ScheduleError::Field {
            field: self.field,
            text: text.to_owned(),
            reason: reason.into(),
        }
    }

    fn value(&self, text: &str) -> Result<u32, ScheduleError> {
        let lower = text.to_ascii_lowercase();
        let named = (self.first_name..)
            .zip(self.names)
            .find(|(_, name)| **name == lower)
            .map(|(value, _)| value);
        if let Some(value) = named {
            return Ok(value);
        }
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse::<u32>() {
            Ok(value) if digits && (self.min..=self.max).contains(&value) => Ok(value),
            _ => Err(self.fault(text, self.expected())),
        }
    }

    fn expected(&self) -> String {
        let (min, max) = (self.min, self.max);
        match (self.names.first(), self.names.last()) {
            (Some(first), Some(last)) => {
                format!("expected {min}-{max} or a name from {first} to {last}")
            }
            _ => format!("expected a number from {min} to {max}"),
        }
    }

    /// One part of a list: `*`, `a`, `a-b`, each range with an optional `/step`.
    fn part(&self, text: &str) -> Result<Vec<u32>, ScheduleError> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (text, None),
        };
        let (low, high) = if range == "*" {
            (self.min, self.max)
        } else if let Some((low, high)) = range.split_once('-') {
            self.range(text, low, high)?
        } else if step.is_some() {
            return Err(self.fault(text, "a step needs a range before it, as in */5 or 10-40/5"));
        } else {
            let value = self.value(range)?;
            (value, value)
        };
        let step = match step {
            None => 1,
            Some(step) => match step.parse::<u32>() {
                Ok(0) | Err(_) => {
                    return Err(self.fault(text, "expected a step of 1 or more after /"));
                }
                Ok(step) if step > self.max - self.min => {
                    let reason = format!("a step of {step} is larger than the whole field");
                    return Err(self.fault(text, reason));
                }
                Ok(step) => step,
            },
        };
        Ok((low..=high)
            .zip(0u32..)
            .filter(|(_, n)| n % step == 0)
            .map(|(value, _)| value)
            .collect())
    }

    fn range(&self, text: &str, low: &str, high: &str) -> Result<(u32, u32), ScheduleError> {
        let (from, mut to) = (self.value(low)?, self.value(high)?);
        // `fri-sun` ends on the Sunday after, which has the number 7.
        if self.max == 7 && to == 0 && from > 0 {
            to = 7;
        }
        if from > to {
            return Err(self.fault(text, "the range ends before it begins"));
        }
        Ok((from, to))
    }

    fn parse(&self, text: &str) -> Result<Field, ScheduleError> {
        let mut values = BTreeSet::new();
        for part in text.split(',') {
            values.extend(self.part(part)?);
        }
        Ok(Field {
            values,
            star: text.starts_with('*'),
        })
    }
}

/// A field that was read.
struct Field {
    values: BTreeSet<u32>,
    /// Begins with `*`, which is what crontab calls unrestricted.
    star: bool,
}

impl Field {
    fn list(&self, all: u32, number: impl Fn(u32) -> u32) -> String {
        let values: BTreeSet<u32> = self.values.iter().map(|value| number(*value)).collect();
        if u32::try_from(values.len()) == Ok(all) {
            return "*".to_owned();
        }
        let values: Vec<String> = values.iter().map(u32::to_string).collect();
        values.join(",")
    }
}

/// The five fields of a line.
pub(super) struct Fields {
    minute: Field,
    hour: Field,
    day: Field,
    month: Field,
    weekday: Field,
}

impl Fields {
    /// Whether the job follows real time at a change of clocks, as crontab has it.
    pub(super) fn follows_real_time(&self) -> bool {
        self.minute.star || self.hour.star
    }

    /// The line in the `cron` crate's words; the union of them when there are two.
    pub(super) fn expressions(&self) -> Vec<String> {
        let minute = self.minute.list(60, |value| value);
        let hour = self.hour.list(24, |value| value);
        let day = self.day.list(31, |value| value);
        let month = self.month.list(12, |value| value);
        let weekday = self.weekday.list(7, |value| value % 7 + 1);
        let days = if self.day.star || self.weekday.star {
            vec![(day, weekday)]
        } else {
            vec![(day, "*".to_owned()), ("*".to_owned(), weekday)]
        };
        days.into_iter()
            .map(|(day, weekday)| format!("0 {minute} {hour} {day} {month} {weekday}"))
            .collect()
    }
}

/// Reads a line.
pub(super) fn parse(line: &str) -> Result<Fields, ScheduleError> {
    let line = line.trim();
    if line.len() > LINE_BYTES_MAX {
        return Err(ScheduleError::Field {
            field: "line",
            text: line.chars().take(40).collect::<String>() + "…",
            reason: format!("longer than {LINE_BYTES_MAX} bytes"),
        });
    }
    let line = if line.starts_with('@') {
        shorthand(line)?
    } else {
        line
    };
    let parts: Vec<&str> = line.split_ascii_whitespace().collect();
    let [minute, hour, day, month, weekday] = parts.as_slice() else {
        return Err(match parts.len() {
            6 => ScheduleError::Seconds,
            found => ScheduleError::FieldCount { found },
        });
    };
    let [minutes, hours, days, months, weekdays] = &SPECS;
    Ok(Fields {
        minute: minutes.parse(minute)?,
        hour: hours.parse(hour)?,
        day: days.parse(day)?,
        month: months.parse(month)?,
        weekday: weekdays.parse(weekday)?,
    })
}

fn shorthand(word: &str) -> Result<&'static str, ScheduleError> {
    match word.to_ascii_lowercase().as_str() {
        "@hourly" => Ok("0 * * * *"),
        "@daily" | "@midnight" => Ok("0 0 * * *"),
        "@weekly" => Ok("0 0 * * 0"),
        "@monthly" => Ok("0 0 1 * *"),
        "@yearly" | "@annually" => Ok("0 0 1 1 *"),
        _ => Err(ScheduleError::Shorthand(word.chars().take(40).collect())),
    }
}
