//! What can go wrong between the factory and the forge, each with its remedy.
//!
//! An answer or its absence becomes a [`ForgeError`]; [`ForgeError::verdict`]
//! (in [`super::status`]) tells the executor what it means for the effect. Invariant: the text of an
//! error is one line and holds neither the token nor a raw body.

use super::Endpoint;
use crate::model::{RepoId, Time};
use std::time::Duration;

/// A request that did not do what it was for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForgeError {
    /// 401.
    #[error(
        "{at}: the forge refuses the token; make a new one for the factory's account and put it where `[gitea]` reads its token"
    )]
    Unauthorized {
        /// The call.
        at: Endpoint,
    },
    /// 403.
    #[error("{at}: not allowed{}; {}", said(.message), forbidden_remedy(.missing.as_deref()))]
    Forbidden {
        /// The call.
        at: Endpoint,
        /// The scope that the token lacks, when that is why.
        missing: Option<String>,
        /// What the forge said.
        message: String,
    },
    /// 404, and the 500 by which Gitea says that an issue is missing.
    #[error(
        "{at}: {what} is not there or not visible to the factory's account; check the name, and the account's access"
    )]
    NotFound {
        /// The call.
        at: Endpoint,
        /// What was asked for.
        what: String,
    },
    /// 301 and its kin; never followed.
    #[error(
        "{at}: the forge points to `{to}`; if that is the same repository, write its new name or address into `[gitea]`"
    )]
    Moved {
        /// The call.
        at: Endpoint,
        /// `owner/name`, or an address where only that changed.
        to: String,
    },
    /// The name leads to another repository than before.
    #[error(
        "{at}: the name now leads to repository number {}, not {}; somebody reused it: write the right name into `[gitea]`",
        .found.0, .expected.0
    )]
    OtherRepository {
        /// The call.
        at: Endpoint,
        /// The number that was pinned.
        expected: RepoId,
        /// The number found.
        found: RepoId,
    },
    /// 409.
    #[error("{at}: it conflicts with what is there{}; look at it and decide anew", said(.message))]
    Conflict {
        /// The call.
        at: Endpoint,
        /// What the forge said.
        message: String,
    },
    /// 423.
    #[error("{at}: the repository is archived; unarchive it, and the work kept is delivered")]
    Archived {
        /// The call.
        at: Endpoint,
    },
    /// 405.
    #[error("{at}: the forge does not allow it as things stand{}; check `[gitea] url` and the repository's settings", said(.message))]
    NotAllowed {
        /// The call.
        at: Endpoint,
        /// What the forge said.
        message: String,
    },
    /// 422.
    #[error("{at}: the forge finds the request invalid{}", said(.message))]
    Invalid {
        /// The call.
        at: Endpoint,
        /// What the forge said.
        message: String,
    },
    /// Any other 4xx.
    #[error("{at}: refused with status {status}{}", said(.message))]
    Refused {
        /// The call.
        at: Endpoint,
        /// The status.
        status: u16,
        /// What the forge said.
        message: String,
    },
    /// The forge answered "done" and left something out.
    #[error(
        "{at}: the forge took the request and left out {what}; check that it exists and that the factory's account has write access"
    )]
    LeftOut {
        /// The call.
        at: Endpoint,
        /// What is missing from the result.
        what: String,
    },
    /// 429.
    #[error("{at}: the forge asks for fewer requests{}; it is retried by itself", pause(*.after))]
    RateLimited {
        /// The call.
        at: Endpoint,
        /// How long it asked to wait.
        after: Option<Duration>,
    },
    /// 5xx.
    #[error("{at}: the server failed with status {status}{}; see the forge's own log", said(.message))]
    Server {
        /// The call.
        at: Endpoint,
        /// The status.
        status: u16,
        /// How long it asked to wait.
        after: Option<Duration>,
        /// What it said, if that was JSON.
        message: String,
    },
    /// No whole answer.
    #[error(
        "{at}: no answer ({detail}); check that the forge runs and that `[gitea] url` is right"
    )]
    Transport {
        /// The call.
        at: Endpoint,
        /// The request may have reached the server.
        sent: bool,
        /// The time for an answer ran out.
        timeout: bool,
        /// What happened, without the address.
        detail: String,
    },
    /// The answer is larger than the cap.
    #[error("{at}: the answer is larger than {cap} bytes, the client's limit")]
    TooLarge {
        /// The call.
        at: Endpoint,
        /// The cap in bytes.
        cap: usize,
    },
    /// The answer is not what the call gives.
    #[error(
        "{at}: the answer cannot be read ({detail}); is `[gitea] url` the root of a gitea or forgejo?"
    )]
    Decode {
        /// The call.
        at: Endpoint,
        /// Where reading stopped; never the text itself.
        detail: String,
    },
    /// Nothing was sent: the forge failed too often, or asked for a pause.
    #[error("{at}: not sent, the forge {}; the next try is in {} s", if *.asked { "asked for a pause" } else { "failed several times in a row" }, .after.as_secs())]
    BreakerOpen {
        /// The call.
        at: Endpoint,
        /// When requests are let through again.
        until: Time,
        /// The same, as a span from now.
        after: Duration,
        /// The forge asked for it (`Retry-After`).
        asked: bool,
    },
    /// The list did not end within the cap.
    #[error(
        "{at}: the list has more than {pages} pages, the client's limit; ask for a later start"
    )]
    TooManyPages {
        /// The call.
        at: Endpoint,
        /// The cap.
        pages: u32,
    },
    /// Nothing was sent: the client was given something it cannot use.
    #[error("{what}")]
    Unusable {
        /// The call.
        at: Endpoint,
        /// What is wrong, with the remedy.
        what: String,
    },
}

impl ForgeError {
    /// The call that failed.
    #[must_use]
    pub fn at(&self) -> Endpoint {
        match self {
            ForgeError::Unauthorized { at }
            | ForgeError::Forbidden { at, .. }
            | ForgeError::NotFound { at, .. }
            | ForgeError::Moved { at, .. }
            | ForgeError::OtherRepository { at, .. }
            | ForgeError::Conflict { at, .. }
            | ForgeError::Archived { at }
            | ForgeError::NotAllowed { at, .. }
            | ForgeError::Invalid { at, .. }
            | ForgeError::Refused { at, .. }
            | ForgeError::LeftOut { at, .. }
            | ForgeError::RateLimited { at, .. }
            | ForgeError::Server { at, .. }
            | ForgeError::Transport { at, .. }
            | ForgeError::TooLarge { at, .. }
            | ForgeError::Decode { at, .. }
            | ForgeError::BreakerOpen { at, .. }
            | ForgeError::TooManyPages { at, .. }
            | ForgeError::Unusable { at, .. } => *at,
        }
    }
}

fn said(message: &str) -> String {
    if message.is_empty() {
        String::new()
    } else {
        format!(" (it said: {message})")
    }
}

fn forbidden_remedy(missing: Option<&str>) -> String {
    match missing {
        Some(scope) => format!("the token lacks the scope `{scope}`: make one that has it"),
        None => "give the factory's account write access to the repository".to_owned(),
    }
}

fn pause(after: Option<Duration>) -> String {
    after.map_or_else(String::new, |span| {
        format!(" for the next {} s", span.as_secs())
    })
}
