//! The contract: what the factory's client may rely on, claim by claim, held
//! against every forge that can be had. See `contract/mod.rs`.

#![expect(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test stops where its ground gives way, and says what it skips"
)]

#[path = "contract/mod.rs"]
mod contract;

use contract::{embedded::Embedded, gitea::Gitea, run};
use std::sync::Arc;

/// Against the stock server whose binary `ADF_TEST_GITEA` names.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_server_keeps_the_contract() {
    match Gitea::start().await {
        Some(host) => run::all(Arc::new(host)).await,
        None => run::skipped("real", "set ADF_TEST_GITEA to a gitea or forgejo binary"),
    }
}

/// Against the forge that demos and tests run on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_forge_keeps_the_contract() {
    run::all(Arc::new(Embedded::start().await)).await;
}
