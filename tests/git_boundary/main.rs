//! The git side of the factory against real repositories: mirror, workspaces,
//! bundles and pushes, with agents that do not play fair.
#![expect(
    clippy::disallowed_methods,
    reason = "tests play the agent and the forge, who run git themselves"
)]
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test that fails fails the test"
)]

mod deliver;
mod gitea;
mod hostile;
mod runner;
mod secrets;
mod support;
mod tend;
mod workspace;
