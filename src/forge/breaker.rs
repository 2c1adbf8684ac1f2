//! One breaker for all requests to the forge: it spares a server that fails.
//!
//! Failures in a row open it, a pause later one request may try, and that one's
//! fate closes it or opens it again. `Retry-After` holds everybody back.
//! Invariant: while it is open nothing is sent, and its state can be seen.

use super::Limits;
use crate::model::Time;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// What the breaker does at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Requests pass; so many failed in a row.
    Closed {
        /// Failures since the last good answer.
        failures: u32,
    },
    /// The forge asked for a pause.
    Held {
        /// Its end.
        until: Time,
    },
    /// Too many failures in a row.
    Open {
        /// When one request may try.
        until: Time,
    },
    /// One request tries; the others are refused.
    HalfOpen,
}

/// How a request ended, as far as the server's health goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It answered for itself.
    Good,
    /// It failed or did not answer.
    Bad,
}

/// A request that the breaker turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnedAway {
    /// Until when.
    pub until: Time,
    /// For how long.
    pub after: Duration,
    /// Because the forge asked for it.
    pub asked: bool,
}

/// A pause; its length is kept so that a clock set back cannot stretch it.
#[derive(Clone, Copy, Debug)]
struct Pause {
    until: Time,
    span: Duration,
}

impl Pause {
    fn from(now: Time, span: Duration) -> Pause {
        Pause {
            until: now.plus(span),
            span,
        }
    }

    fn lasts(&self, now: Time) -> bool {
        now < self.until && self.until.since(now) <= self.span
    }
}

#[derive(Debug, Default)]
struct Inner {
    failures: u32,
    open: Option<Pause>,
    held: Option<Pause>,
    trying: bool,
}

/// The breaker, shared by its clones.
#[derive(Clone, Debug)]
pub struct Breaker {
    inner: Arc<Mutex<Inner>>,
    threshold: u32,
    pause: Duration,
}

impl Breaker {
    /// A closed breaker.
    #[must_use]
    pub fn new(limits: &Limits) -> Breaker {
        Breaker {
            inner: Arc::default(),
            threshold: limits.breaker_failures.max(1),
            pause: limits.breaker_pause,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it does at `now`.
    #[must_use]
    pub fn state(&self, now: Time) -> BreakerState {
        let inner = self.lock();
        match (inner.held, inner.open) {
            (Some(held), _) if held.lasts(now) => BreakerState::Held { until: held.until },
            (_, Some(open)) if open.lasts(now) => BreakerState::Open { until: open.until },
            (_, Some(_)) => BreakerState::HalfOpen,
            (_, None) => BreakerState::Closed {
                failures: inner.failures,
            },
        }
    }

    /// Lets a request pass, or says until when not.
    ///
    /// # Errors
    /// [`TurnedAway`] while it is held or open, or while another request tries.
    pub fn admit(&self, now: Time) -> Result<Admission, TurnedAway> {
        let mut inner = self.lock();
        if let Some(held) = inner.held.filter(|held| held.lasts(now)) {
            return Err(turned_away(held, now, true));
        }
        let Some(open) = inner.open else {
            return Ok(self.admission(false));
        };
        if open.lasts(now) {
            return Err(turned_away(open, now, false));
        }
        if inner.trying {
            return Err(turned_away(Pause::from(now, self.pause), now, false));
        }
        inner.trying = true;
        Ok(self.admission(true))
    }

    fn admission(&self, trial: bool) -> Admission {
        Admission {
            breaker: self.clone(),
            trial,
        }
    }

    /// Holds everybody back for `span`; a longer hold stays.
    pub fn hold(&self, now: Time, span: Duration) {
        let mut inner = self.lock();
        let new = Pause::from(now, span);
        let longer = inner
            .held
            .is_some_and(|old| old.lasts(now) && old.until >= new.until);
        if !longer {
            inner.held = Some(new);
        }
    }
}

fn turned_away(pause: Pause, now: Time, asked: bool) -> TurnedAway {
    TurnedAway {
        until: pause.until,
        after: pause.until.since(now),
        asked,
    }
}

/// Leave to send one request. Dropped unsettled (the caller went away), it
/// counts as neither good nor bad and lets the next one try.
#[derive(Debug)]
pub struct Admission {
    breaker: Breaker,
    trial: bool,
}

impl Admission {
    /// Tells the breaker how the request ended.
    pub fn settle(self, health: Health, now: Time) {
        let mut inner = self.breaker.lock();
        match health {
            Health::Good => {
                // A late answer to a request sent before the breaker opened proves nothing about now.
                if self.trial || inner.open.is_none() {
                    inner.failures = 0;
                    inner.open = None;
                }
            }
            Health::Bad => {
                inner.failures = inner.failures.saturating_add(1);
                if self.trial || (inner.open.is_none() && inner.failures >= self.breaker.threshold)
                {
                    inner.open = Some(Pause::from(now, self.breaker.pause));
                }
            }
        }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        if self.trial {
            self.breaker.lock().trying = false;
        }
    }
}
