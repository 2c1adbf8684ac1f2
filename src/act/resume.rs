//! A task's earlier attempts → the conversation that its CLI can go on with.
//!
//! Invariant: a conversation is gone on with only where its home is: the home
//! of the attempt that had it moves to the one that goes on, whole or not at all. Without one
//! the attempt begins anew, which costs tokens and no work.

use super::executor::Executor;
use super::supervise::Layout;
use crate::model::settings::Agent;
use crate::model::{Run, Usage};
use crate::provider::Resume;
use std::path::Path;

/// A conversation to go on with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Session {
    id: String,
    used: Usage,
}

impl Session {
    pub(super) fn lend(&self) -> Resume<'_> {
        Resume {
            session: &self.id,
            used: self.used,
        }
    }
}

impl Executor {
    /// The conversation of this task's last attempt that came somewhere, its home
    /// moved into the run directory `dir`.
    pub(super) async fn resume(&self, agent: &Agent, run: &Run, dir: &Path) -> Option<Session> {
        let (task, attempt, provider) = (run.task.clone(), run.attempt, agent.provider.clone());
        let read = self.tools.ledger.read(move |reader| {
            let world = reader.world()?;
            let runs = world.runs_of(&task);
            let earlier = runs.filter(|r| r.attempt < attempt && r.provider == provider);
            Ok(earlier.cloned().collect::<Vec<Run>>())
        });
        let runs = read.await.ok()?;
        let (session, from) = choose(&runs)?;
        let home = Layout::new(dir).home();
        // An attempt that did not start may have taken the home along.
        let held = runs.iter().filter(|r| r.attempt >= from).rev();
        let moved = held.into_iter().any(|r| {
            let old = Layout::new(&self.run_dir(r)).home();
            is_filled(&old) && std::fs::rename(&old, &home).is_ok()
        });
        moved.then_some(session)
    }
}

/// The last session in which a step was taken, and the attempt that had it.
fn choose(runs: &[Run]) -> Option<(Session, u32)> {
    let told = |run: &Run| run.outcome().map(|o| (o.told.clone(), o.steps));
    let (id, from) = runs.iter().rev().find_map(|run| {
        let (told, steps) = told(run)?;
        Some((told.session.filter(|_| steps > 0)?, run.attempt))
    })?;
    let of_it = runs
        .iter()
        .filter_map(|run| told(run).map(|(told, _)| told));
    let of_it = of_it.filter(|told| told.session.as_ref() == Some(&id));
    let used = of_it.fold(Usage::default(), |sum, told| sum.plus(told.usage));
    Some((Session { id, used }, from))
}

fn is_filled(home: &Path) -> bool {
    std::fs::read_dir(home).is_ok_and(|mut entries| entries.next().is_some())
}
