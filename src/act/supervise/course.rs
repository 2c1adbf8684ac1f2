//! When a run is asked to end, when it is killed, and why: TERM → grace → KILL.
//!
//! Invariant: it only moves forward (working, asked, killing, over); the first cause
//! stays; a run that ended by itself has none. Synchronous: the moment is an argument.

use super::SpecLimits;
use crate::model::Exit;
use std::time::Duration;
use tokio::time::Instant;

/// Time between KILL sweeps.
const SWEEP_EVERY: Duration = Duration::from_millis(20);
/// How long KILL is repeated before the run is given up as hanging in the kernel.
pub(crate) const KILL_WAIT: Duration = Duration::from_secs(30);

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing.
    Wait,
    /// Send TERM, once.
    Ask,
    /// Sweep with KILL.
    Kill,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Working,
    Asking,
    Asked { kill_at: Instant },
    Killing { next: Instant, until: Instant },
    Over,
}

/// The way a run ends.
#[derive(Debug)]
pub(crate) struct Course {
    state: State,
    cause: Option<Exit>,
    /// The agent ended by itself before anything asked it to.
    by_itself: bool,
    wall_at: Instant,
    grace: Duration,
}

impl Course {
    pub(crate) fn new(now: Instant, limits: &SpecLimits) -> Course {
        Course {
            state: State::Working,
            cause: None,
            by_itself: false,
            wall_at: later(now, limits.wall()),
            grace: limits.grace(),
        }
    }

    /// Asks the run to end; without a cause because its agent has.
    pub(crate) fn ask(&mut self, cause: Option<Exit>) {
        if matches!(self.state, State::Working) {
            self.blame(cause);
            self.state = State::Asking;
        }
    }

    /// Ends the run at once.
    pub(crate) fn kill(&mut self, now: Instant, cause: Option<Exit>) {
        if matches!(
            self.state,
            State::Working | State::Asking | State::Asked { .. }
        ) {
            self.blame(cause);
            self.state = State::Killing {
                next: now,
                until: later(now, KILL_WAIT),
            };
        }
    }

    fn blame(&mut self, cause: Option<Exit>) {
        if self.by_itself || self.cause.is_some() {
            return;
        }
        match cause {
            Some(cause) => self.cause = Some(cause),
            None => self.by_itself = true,
        }
    }

    /// Moves on; says what is to be done.
    pub(crate) fn step(&mut self, now: Instant) -> Phase {
        if matches!(self.state, State::Working) && now >= self.wall_at {
            self.ask(Some(Exit::WallTime));
        }
        match self.state {
            State::Asking => {
                self.state = State::Asked {
                    kill_at: later(now, self.grace),
                };
                Phase::Ask
            }
            State::Asked { kill_at } if now >= kill_at => {
                self.state = State::Killing {
                    next: later(now, SWEEP_EVERY),
                    until: later(now, KILL_WAIT),
                };
                Phase::Kill
            }
            State::Killing { until, .. } if now >= until => {
                self.state = State::Over;
                Phase::Wait
            }
            State::Killing { next, until } if now >= next => {
                self.state = State::Killing {
                    next: later(now, SWEEP_EVERY),
                    until,
                };
                Phase::Kill
            }
            _ => Phase::Wait,
        }
    }

    /// When to step again at the latest.
    pub(crate) fn wake_at(&self) -> Instant {
        match self.state {
            State::Working => self.wall_at,
            State::Asking => Instant::now(),
            State::Asked { kill_at } => kill_at,
            State::Killing { next, .. } => next,
            State::Over => self.wall_at,
        }
    }

    pub(crate) fn is_asked(&self) -> bool {
        !matches!(self.state, State::Working)
    }

    /// KILL was repeated for [`KILL_WAIT`] in vain.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// Why it was stopped; `None` when the agent ended by itself.
    pub(crate) fn cause(&self) -> Option<Exit> {
        self.cause.clone()
    }
}

/// A moment later, or a year on when that overflows.
fn later(now: Instant, span: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    now.checked_add(span.min(YEAR)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: SpecLimits = SpecLimits {
        wall_ms: 10_000,
        grace_ms: 1_000,
        steps: 1,
        output_bytes: 1,
        file_bytes: 1,
    };

    fn begin() -> (Course, Instant) {
        let now = Instant::now();
        (Course::new(now, &LIMITS), now)
    }

    fn at(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn wall_time_asks_once_then_kills_after_the_grace_until_it_is_over() {
        let (mut course, t) = begin();
        assert_eq!(course.step(at(t, 9_999)), Phase::Wait);
        assert_eq!(course.step(at(t, 10_000)), Phase::Ask);
        assert_eq!(course.step(at(t, 10_999)), Phase::Wait);
        assert_eq!(course.step(at(t, 11_000)), Phase::Kill);
        assert_eq!(course.step(at(t, 11_001)), Phase::Wait);
        assert_eq!(course.step(at(t, 11_020)), Phase::Kill);
        assert!(!course.is_over());
        course.step(at(t, 41_000));
        assert!(course.is_over());
        assert_eq!(course.cause(), Some(Exit::WallTime));
    }

    #[test]
    fn the_first_cause_stays_and_a_second_order_kills_at_once() {
        let (mut course, t) = begin();
        course.ask(Some(Exit::Steps));
        assert_eq!(course.step(t), Phase::Ask);
        course.kill(at(t, 1), Some(Exit::Interrupted));
        assert_eq!(course.step(at(t, 1)), Phase::Kill);
        assert_eq!(course.cause(), Some(Exit::Steps));
    }

    #[test]
    fn an_agent_that_ended_by_itself_keeps_its_own_exit_whatever_comes_after() {
        let (mut course, t) = begin();
        course.ask(None);
        course.kill(at(t, 1), Some(Exit::Interrupted));
        assert_eq!(course.cause(), None);
    }
}
