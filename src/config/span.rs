//! Durations of the config: text to time, between a floor and a ceiling.
//!
//! Invariant: a duration that leaves here lies between its floor and its ceiling.

use super::fault::Faults;
use super::raw::Span;
use std::time::Duration;

/// What a duration may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub floor: Duration,
    pub ceiling: Duration,
}

impl Bounds {
    const fn new(floor: Duration, ceiling: Duration) -> Bounds {
        Bounds { floor, ceiling }
    }
}

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);

pub(super) const TICK: Bounds = Bounds::new(SECOND, HOUR);
pub(super) const SETTLE: Bounds = Bounds::new(Duration::from_millis(100), Duration::from_mins(5));
pub(super) const WALL_TIME: Bounds = Bounds::new(SECOND, Duration::from_hours(24));
pub(super) const GRACE: Bounds = Bounds::new(Duration::from_millis(100), Duration::from_mins(10));
pub(super) const KEEP_RUNS: Bounds = Bounds::new(HOUR, Duration::from_hours(24 * 366));
// No longer than starts are counted back for.
pub(super) const THINK: Bounds = Bounds::new(SECOND, Duration::from_hours(24));
pub(super) const BACKUP_AGE: Bounds = Bounds::new(HOUR, Duration::from_hours(24 * 366));
pub(super) const GATHER: Bounds = Bounds::new(Duration::from_millis(100), Duration::from_mins(10));
pub(super) const EVERY: Bounds = Bounds::new(SECOND, Duration::from_hours(24));
pub(super) const TRY: Bounds = Bounds::new(Duration::from_millis(100), Duration::from_mins(1));
pub(super) const STALLED: Bounds = Bounds::new(SECOND, Duration::from_hours(24));
pub(super) const AWAY: Bounds = Bounds::new(SECOND, Duration::from_hours(24));

/// The time that a span means; its floor, and a fault, if it is out of bounds.
pub(super) fn resolve(
    span: &Span,
    bounds: Bounds,
    pointer: &str,
    faults: &mut Faults<'_>,
) -> Duration {
    let write = |time| {
        humantime::format_duration(time)
            .to_string()
            .replace(' ', "")
    };
    let (floor, ceiling) = (write(bounds.floor), write(bounds.ceiling));
    match parse(span) {
        Some(time) if time < bounds.floor => {
            let message = format!("`{}` is below the floor of {floor}", span.0);
            let help = if time.is_zero() {
                format!("a limit is never zero; write {floor} or more")
            } else {
                format!("write {floor} or more")
            };
            faults.error(pointer, message, help);
        }
        Some(time) if time <= bounds.ceiling => return time,
        _ => {
            let message = format!("`{}` is above the ceiling of {ceiling}", span.0);
            faults.error(pointer, message, format!("write {ceiling} or less"));
        }
    }
    bounds.floor
}

/// The schema has checked the form, so `None` means too long for a clock.
pub(super) fn parse(span: &Span) -> Option<Duration> {
    humantime::parse_duration(&span.0).ok()
}
