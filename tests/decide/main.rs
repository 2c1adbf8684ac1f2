//! The planner against worlds made by hand: every rule a claim.
//!
//! `scene` plays executor and forge without I/O: it applies plans and answers
//! effects, so that a test reads as a story.

#![expect(clippy::expect_used, reason = "a test that cannot go on says why")]

mod admission;
mod backlog;
mod breaker;
mod calls;
mod clarify;
mod coordinate;
mod coordinate_any;
mod cycles;
mod display;
mod failures;
mod handed_over;
mod health;
mod intake;
mod life;
mod notify;
mod operator;
mod order;
mod outsiders;
mod ready;
mod routing;
mod scene;
mod slots;
mod trouble;
mod twins;
mod view;
