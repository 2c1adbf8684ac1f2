//! What the papers for people say, done: the tutorial word for word, and every command line parsed.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod blocks;
mod commands;
mod how_to;
mod papers;
mod reference;
mod shell;
mod tutorial;
