//! What the tests of the ledger share: opening, draining, a second process.

use adf::{
    clock::Clock,
    model::{Change, Time, World},
    store::{self, Opened},
};
use std::{
    path::Path,
    process::{Command, Stdio},
};

/// The environment variable that gives a second process its state directory.
pub const STATE: &str = "ADF_STORE_TEST_STATE";

pub fn clock() -> Clock {
    Clock::manual(Time(1_763_700_000_000))
}

pub fn open(state: &Path) -> Opened {
    store::open(state, clock()).expect("the ledger opens")
}

/// The fold of what was handed on after its commit.
pub fn fold(world: &World, opened: &mut Opened) -> World {
    let mut world = world.clone();
    while let Ok(batch) = opened.committed.try_recv() {
        world.apply_all(batch.iter());
    }
    unversioned(world)
}

/// A world without the count of its batches.
pub fn unversioned(mut world: World) -> World {
    world.version = 0;
    world
}

pub fn cursor(name: &str, at: i64) -> Change {
    Change::Cursor {
        name: name.to_owned(),
        at: Time(at),
    }
}

/// One ignored test of this binary, to be run in a process of its own.
#[expect(
    clippy::disallowed_methods,
    reason = "only a second process can hold a lock against this one, be killed, or be somebody else"
)]
pub fn second_process(test: &str, state: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the path of this test"));
    command
        .args([
            "--exact",
            test,
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(STATE, state)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// The state directory of this process, when it is a second one.
pub fn second_state() -> Option<std::path::PathBuf> {
    std::env::var_os(STATE).map(Into::into)
}
