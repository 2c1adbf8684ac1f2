//! The status table: which answers of which endpoint are final, passing or ambiguous.
//!
//! A status becomes a [`Class`]; with the pause the server asked for it is the
//! [`Verdict`] that the executor acts on. Invariant: an answer that leaves open
//! whether a [`Nature::Once`] write happened is never called passing. The general
//! rule is [`usual`]; what Gitea and Forgejo do otherwise is in [`EXCEPTIONS`].

use super::{Endpoint, Nature};
use std::time::Duration;

/// What an error means for the effect that met it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It did not happen and the same request would be refused again.
    Final,
    /// It did not happen, or twice is as good as once: try again later.
    Passing {
        /// Not before this span, where the server or the kind of trouble says so.
        after: Option<Duration>,
    },
    /// It may have happened: look before writing again.
    Ambiguous,
}

/// A [`Verdict`] without its pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// See [`Verdict::Final`].
    Final,
    /// See [`Verdict::Passing`].
    Passing,
    /// See [`Verdict::Ambiguous`].
    Ambiguous,
}

/// Where a forge departs from the general rule.
struct Exception {
    at: Endpoint,
    status: u16,
    class: Class,
    /// The status speaks of the one thing asked for, not of the server's health:
    /// it is not retried at once and does not count for the breaker.
    own: bool,
}

const fn row(at: Endpoint, status: u16, class: Class, own: bool) -> Exception {
    Exception {
        at,
        status,
        class,
        own,
    }
}

const EXCEPTIONS: &[Exception] = &[
    // A missing issue answers 500, for ever; so does a database that was busy once.
    row(Endpoint::PostComment, 500, Class::Ambiguous, true),
    row(Endpoint::IssueComments, 500, Class::Passing, true),
    row(Endpoint::ProbeIssueScope, 500, Class::Passing, true),
    // An unknown login answers 500, for ever.
    row(Endpoint::SetAssignees, 500, Class::Passing, true),
    // A branch just pushed is not known at once.
    row(Endpoint::CreatePull, 404, Class::Passing, true),
    // One is open already: perhaps the one that an earlier try opened.
    row(Endpoint::CreatePull, 409, Class::Ambiguous, true),
    // Somebody edits at the same moment (400 up to Gitea 1.25, 409 from 1.26 on).
    row(Endpoint::EditPull, 400, Class::Passing, true),
    row(Endpoint::EditPull, 409, Class::Passing, true),
    row(Endpoint::SetAssignees, 400, Class::Passing, true),
    row(Endpoint::SetAssignees, 409, Class::Passing, true),
];

fn exception(at: Endpoint, status: u16) -> Option<&'static Exception> {
    EXCEPTIONS
        .iter()
        .find(|row| row.at == at && row.status == status)
}

/// What `status` means as an answer of `at`.
#[must_use]
pub fn class(at: Endpoint, status: u16) -> Class {
    exception(at, status).map_or_else(|| usual(at, status), |row| row.class)
}

fn usual(at: Endpoint, status: u16) -> Class {
    match status {
        // The operator can mend these (token, name, archive) and the work is then still wanted.
        300..=399 | 401 | 423 => Class::Passing,
        408 | 425 | 429 => Class::Passing,
        500..=599 => unanswered(at),
        200..=299 => unanswered(at),
        _ => Class::Final,
    }
}

/// What it means when the answer was lost, cut or could not be read.
#[must_use]
pub fn unanswered(at: Endpoint) -> Class {
    match at.nature() {
        Nature::Read | Nature::Repeatable => Class::Passing,
        Nature::Once => Class::Ambiguous,
    }
}

/// Whether a 5xx speaks against the server as a whole.
#[must_use]
pub fn is_the_servers(at: Endpoint, status: u16) -> bool {
    (500..=599).contains(&status) && !exception(at, status).is_some_and(|row| row.own)
}
