//! The providers: what is read from recorded output of the real CLIs, what
//! they are started with, and that no bytes break a reader.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod any_bytes;
mod start;
mod transcripts;
