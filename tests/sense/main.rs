//! What the factory reads of a forge, held on the embedded one.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops where its ground gives way"
)]

mod backlog;
mod backup;
mod huge;
mod reviews;
#[path = "../decide/scene.rs"]
#[expect(
    dead_code,
    reason = "only its settings and its repository are used here"
)]
mod scene;
