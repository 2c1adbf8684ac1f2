//! A child and all that it started, ended together.
//!
//! Invariant: a group that is not seen to its end gets TERM, so that git removes
//! its lock files, and KILL after [`STOP_GRACE`], also when its call is dropped. It
//! stands back behind the factory: many checkouts at once do not hold up the loop.

use rustix::process::{Pid, Signal, kill_process_group, setpriority_pgrp};
use std::time::Duration;
use tokio::{process::Child, time::timeout};

/// How long a group may go on after TERM before KILL.
pub const STOP_GRACE: Duration = Duration::from_secs(2);
/// How far git's processes stand back behind the factory's own.
const NICER: i32 = 5;

/// A child and all that it started.
pub(super) struct Group {
    child: Option<Child>,
    id: Option<Pid>,
}

impl Group {
    pub(super) fn new(child: Child) -> Group {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        let id = id.and_then(Pid::from_raw);
        if let Some(id) = id {
            // It may be over already, and without it git works as well.
            let _ = setpriority_pgrp(Some(id), NICER);
        }
        Group {
            child: Some(child),
            id,
        }
    }

    pub(super) async fn wait(&mut self) -> std::io::Result<Option<i32>> {
        match &mut self.child {
            Some(child) => Ok(child.wait().await?.code()),
            None => Ok(None),
        }
    }

    /// It ended by itself and its pipes are closed.
    pub(super) fn done(&mut self) {
        self.child = None;
        self.id = None;
    }

    pub(super) async fn stop(&mut self) {
        if let (Some(child), Some(id)) = (self.child.take(), self.id.take()) {
            end(child, id).await;
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let (Some(child), Some(id)) = (self.child.take(), self.id.take()) else {
            return;
        };
        signal(id, Signal::TERM);
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(end(child, id))),
            Err(_) => signal(id, Signal::KILL),
        }
    }
}

async fn end(mut child: Child, id: Pid) {
    signal(id, Signal::TERM);
    let left = timeout(STOP_GRACE, child.wait()).await;
    // The rest of the group keeps the id from being given away.
    signal(id, Signal::KILL);
    if left.is_err() {
        let _ = child.wait().await;
    }
}

fn signal(id: Pid, signal: Signal) {
    // An empty group is what was wanted.
    let _ = kill_process_group(id, signal);
}
