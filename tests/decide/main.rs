//! The planner against worlds made by hand: every rule a claim.
//!
//! `scene` plays executor and forge without I/O: it applies plans and answers
//! effects, so that a test reads as a story.

mod admission;
mod intake;
mod life;
mod scene;
mod trouble;
