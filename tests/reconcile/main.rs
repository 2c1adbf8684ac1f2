//! The loop's state machine, event by event, without a loop.

#![expect(
    clippy::expect_used,
    reason = "the lint's leave for tests does not reach their helper functions"
)]

mod machine;
#[path = "../decide/scene.rs"]
#[expect(dead_code, reason = "only its settings are used here")]
mod scene;
