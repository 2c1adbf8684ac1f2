//! The shipped rules over words: what a line of output says of a failure.
//!
//! Invariant: phrases are lower case with one space between words, and a rule
//! that another could hide stands before it.

use crate::model::FailureClass::{self, Auth, Resource, Timeout, Transient};

/// The rule over words of a provider that is asked too much.
pub const OVERLOAD: &str = "rate limit or overload";
/// The rule over words of a login that does not hold.
pub const UNAUTHORISED: &str = "not authorised";

/// A rule of this executable.
pub(super) struct Shipped {
    pub class: FailureClass,
    pub name: &'static str,
    /// Lower case, words apart by one space.
    pub phrases: &'static [&'static str],
}

/// In order: a full disk, what time mends, what a credential mends, what room mends, what was too slow.
pub(super) const SHIPPED: &[Shipped] = &[
    // Before the quotas of providers, which time mends.
    Shipped {
        class: Resource,
        name: "disk full",
        phrases: &["no space left", "enospc", "disk quota exceeded"],
    },
    Shipped {
        class: Transient,
        name: OVERLOAD,
        phrases: &[
            "too many requests",
            "rate limit",
            "rate limited",
            "rate limits",
            "ratelimit",
            "rate limit error",
            "usage limit reached",
            "quota exceeded",
            "exceeded your quota",
            "exceeded your current quota",
            "insufficient quota",
            "resource exhausted",
            "overloaded",
            "overloaded error",
            "http 429",
            "status 429",
            "status code 429",
            "error 429",
            "code 429",
            "429 too many",
            "http 529",
            "status 529",
            "error 529",
        ],
    },
    Shipped {
        class: Transient,
        name: "network or server fault",
        phrases: &[
            "connection timed out",
            "connection refused",
            "connection reset",
            "econnreset",
            "econnrefused",
            "etimedout",
            "enotfound",
            "could not resolve host",
            "temporary failure in name resolution",
            "network is unreachable",
            "internal server error",
            "bad gateway",
            "service unavailable",
            "gateway timeout",
            "http 500",
            "http 502",
            "http 503",
            "http 504",
            "error 500",
            "error 502",
            "error 503",
            "error 504",
            "remote end hung up unexpectedly",
            "early eof",
        ],
    },
    Shipped {
        class: Auth,
        name: UNAUTHORISED,
        phrases: &[
            "unauthorized",
            "unauthorised",
            "forbidden",
            "http 401",
            "http 403",
            "status 401",
            "status 403",
            "status code 401",
            "status code 403",
            "error 401",
            "error 403",
            "returned error 401",
            "returned error 403",
            "authentication failed",
            "authentication error",
            "authentication required",
            "invalid api key",
            "invalid x api key",
            "invalid token",
            "invalid credentials",
            "bad credentials",
            "expired token",
            "token expired",
            "token has expired",
            "token is expired",
            "please log in",
            "not logged in",
            "could not read username",
            "permission denied publickey",
        ],
    },
    Shipped {
        class: Resource,
        name: "out of memory or files",
        phrases: &[
            "out of memory",
            "cannot allocate memory",
            "oom killed",
            "oomkilled",
            "memory allocation of",
            "killed by signal 9",
            "signal 9 sigkill",
            "too many open files",
            "file too large",
            "resource temporarily unavailable",
        ],
    },
    Shipped {
        class: Timeout,
        name: "timed out",
        phrases: &[
            "timed out",
            "timeout exceeded",
            "timeout expired",
            "timeout error",
            "timeouterror",
            "request timeout",
            "deadline exceeded",
        ],
    },
];
