//! The embedded forge: like a recorded Gitea, and a world of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod compare;
mod demo;
mod faults;
mod git;
mod outlaws;
mod pages;
mod records;
mod walk;
mod world;
mod yard;
