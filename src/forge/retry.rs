//! The client's bounds, and when a read is tried again.
//!
//! An error and the number of tries become a wait or nothing. Invariant: only
//! reads are tried again here, a bounded number of times, and never sooner than
//! the server asked; a write's second try is the executor's business.

use super::{Endpoint, ForgeError, Nature, status};
use crate::model::Time;
use chrono::DateTime;
use std::time::Duration;

/// Bytes of one answer, after decompression.
pub const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;
/// Pages of one list; 50 items each on a stock server.
pub const MAX_PAGES: u32 = 400;
/// Tries of one read, the first included.
pub const READ_TRIES: u32 = 4;
/// Tries of one read that answers 500, the first included.
pub const READ_TRIES_ON_500: u32 = 2;
/// The longest pause that a server may ask for.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// The bounds of a client; the defaults are for production.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Time to connect.
    pub connect_timeout: Duration,
    /// Time for one request and its whole answer.
    pub total_timeout: Duration,
    /// Tries of one read, the first included.
    pub read_tries: u32,
    /// The wait before the second try; doubled for each further one.
    pub backoff_first: Duration,
    /// The longest wait of the client's own choice.
    pub backoff_most: Duration,
    /// A pause asked for by the server is sat out by a read when it is no longer than this.
    pub longest_wait: Duration,
    /// Failures in a row that open the breaker.
    pub breaker_failures: u32,
    /// How long it stays open.
    pub breaker_pause: Duration,
    /// Bytes of one answer.
    pub body_bytes: usize,
    /// Pages of one list.
    pub pages: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connect_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(60),
            read_tries: READ_TRIES,
            backoff_first: Duration::from_millis(500),
            backoff_most: Duration::from_secs(10),
            longest_wait: Duration::from_secs(30),
            breaker_failures: 8,
            breaker_pause: Duration::from_secs(30),
            body_bytes: MAX_BODY_BYTES,
            pages: MAX_PAGES,
        }
    }
}

impl Limits {
    /// How long to wait before the next try, if there is to be one. `dice` is in `[0, 1)`.
    #[must_use]
    pub fn wait(&self, error: &ForgeError, tried: u32, dice: f64) -> Option<Duration> {
        let at = error.at();
        if at.nature() != Nature::Read || tried >= self.tries(error) {
            return None;
        }
        let doubled = 2u32.saturating_pow(tried.saturating_sub(1));
        let own = self.backoff_first.saturating_mul(doubled);
        let own = own.min(self.backoff_most).mul_f64(0.5 + dice);
        let asked = match error {
            ForgeError::RateLimited { after, .. } | ForgeError::Server { after, .. } => *after,
            ForgeError::BreakerOpen { after, .. } => Some(*after),
            _ => None,
        };
        match asked {
            Some(asked) if asked > self.longest_wait => None,
            // The jitter comes on top: nobody may come early, and not all at once.
            Some(asked) => Some(asked + self.backoff_first.mul_f64(dice)),
            None => Some(own),
        }
    }

    fn tries(&self, error: &ForgeError) -> u32 {
        match error {
            ForgeError::RateLimited { .. } | ForgeError::BreakerOpen { asked: true, .. } => {
                self.read_tries
            }
            // Waiting a whole minute again and again would hide a hung server.
            ForgeError::Transport { timeout, sent, .. } if *timeout && *sent => 1,
            ForgeError::Transport { .. } => self.read_tries,
            ForgeError::Server { at, status, .. } => self.tries_on_5xx(*at, *status),
            _ => 1,
        }
    }

    fn tries_on_5xx(&self, at: Endpoint, status: u16) -> u32 {
        match status {
            _ if !status::is_the_servers(at, status) => 1,
            502..=504 => self.read_tries,
            500 => self.read_tries.min(READ_TRIES_ON_500),
            _ => 1,
        }
    }
}

/// Reads `Retry-After`: seconds, or a date on the server's clock `now`.
#[must_use]
pub fn retry_after(text: &str, now: Time) -> Option<Duration> {
    let text = text.trim();
    let span = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => http_date(text)?.since(now),
    };
    Some(span.min(MAX_RETRY_AFTER))
}

/// Reads the date form that HTTP headers use.
#[must_use]
pub fn http_date(text: &str) -> Option<Time> {
    let date = DateTime::parse_from_rfc2822(text.trim()).ok()?;
    Some(Time::from_seconds(date.timestamp()))
}
