//! The status table: which answers of which endpoint are final, passing or ambiguous.
//!
//! A status becomes a [`Class`]; with the pause the server asked for it is the
//! [`Verdict`] that the executor acts on. Invariant: an answer that leaves open
//! whether a [`Nature::Once`] write happened is never called passing. The general
//! rule is `usual`; what Gitea and Forgejo do otherwise is in `EXCEPTIONS`.

use super::{Endpoint, ForgeError, Nature};
use std::time::Duration;

/// How long to leave what only the operator can mend.
pub const OPERATOR_PAUSE: Duration = Duration::from_secs(300);

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

impl ForgeError {
    /// What it means for the effect that met it, by the status table.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let at = self.at();
        let later = |found, after| match found {
            Class::Final => Verdict::Final,
            Class::Passing => Verdict::Passing { after },
            Class::Ambiguous => Verdict::Ambiguous,
        };
        match self {
            ForgeError::Forbidden {
                missing: Some(_), ..
            }
            | ForgeError::OtherRepository { .. } => Verdict::Passing {
                after: Some(OPERATOR_PAUSE),
            },
            ForgeError::Unauthorized { .. } => later(class(at, 401), Some(OPERATOR_PAUSE)),
            ForgeError::Moved { .. } => later(class(at, 301), Some(OPERATOR_PAUSE)),
            ForgeError::Archived { .. } => later(class(at, 423), Some(OPERATOR_PAUSE)),
            ForgeError::Forbidden { .. } => later(class(at, 403), None),
            ForgeError::NotFound { .. } => later(class(at, 404), None),
            ForgeError::Conflict { .. } => later(class(at, 409), None),
            ForgeError::NotAllowed { .. } => later(class(at, 405), None),
            ForgeError::Invalid { .. } => later(class(at, 422), None),
            ForgeError::Refused { status, .. } => later(class(at, *status), None),
            ForgeError::RateLimited { after, .. } => later(class(at, 429), *after),
            ForgeError::Server { status, after, .. } => later(class(at, *status), *after),
            ForgeError::Transport { sent: false, .. } => Verdict::Passing { after: None },
            ForgeError::BreakerOpen { after, .. } => Verdict::Passing {
                after: Some(*after),
            },
            ForgeError::Transport { .. }
            | ForgeError::TooLarge { .. }
            | ForgeError::Decode { .. } => later(unanswered(at), None),
            ForgeError::LeftOut { .. }
            | ForgeError::TooManyPages { .. }
            | ForgeError::Unusable { .. } => Verdict::Final,
        }
    }

    /// Whether only the operator can mend it: token, scope, name, archive.
    #[must_use]
    pub fn needs_operator(&self) -> bool {
        matches!(
            self,
            ForgeError::Unauthorized { .. }
                | ForgeError::Forbidden {
                    missing: Some(_),
                    ..
                }
                | ForgeError::Moved { .. }
                | ForgeError::OtherRepository { .. }
                | ForgeError::Archived { .. }
        )
    }
}
