//! A task's earlier attempts → the conversation that its CLI can go on with.
//!
//! Invariant: a conversation is gone on with only where its home is: the home
//! of the attempt that had it moves to the one that goes on, whole or not at all. Without one
//! the attempt begins anew, which costs tokens and no work.

use super::machine::Machine;
use super::supervise::Layout;
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

impl Machine {
    /// The conversation of this task's last attempt that came somewhere, its home
    /// moved into the run directory `dir`.
    pub(super) async fn resume(&self, run: &Run, dir: &Path) -> Option<Session> {
        if run.attempt == 1 {
            // Nothing came before it, so the ledger need not be read for it.
            return None;
        }
        let (task, attempt, provider) = (run.task.clone(), run.attempt, run.provider.clone());
        let issue = run.work.issue;
        let read = self.tools.ledger.read(move |reader| {
            let world = reader.world_of(issue)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AgentName, Exit, Outcome, RepoId, RunId, RunState, TaskId, Time, WorkKey};

    fn run(attempt: u32, session: Option<&str>, steps: u32, input: u64) -> Run {
        let mut outcome = Outcome::without_work(Exit::Code(1), "over".to_owned());
        outcome.steps = steps;
        outcome.told.session = session.map(str::to_owned);
        outcome.told.usage.input = input;
        Run {
            id: RunId(format!("t-{attempt}")),
            task: TaskId("t".to_owned()),
            work: WorkKey {
                repo: RepoId(1),
                issue: 1,
            },
            attempt,
            lease: u64::from(attempt),
            agent: AgentName("developer".to_owned()),
            provider: "house".to_owned(),
            model: None,
            routed: None,
            base: None,
            process: None,
            created_at: Time(0),
            state: RunState::Ended {
                at: Time(0),
                outcome,
            },
        }
    }

    #[test]
    fn the_last_session_that_came_somewhere_is_chosen_with_all_it_used() {
        let runs = [
            run(1, Some("old"), 9, 1000),
            run(2, Some("a"), 3, 20),
            run(3, Some("a"), 1, 5),
            run(4, None, 0, 0),
        ];
        let (session, from) = choose(&runs).unwrap();
        assert_eq!((session.id.as_str(), from), ("a", 3));
        assert_eq!(session.used.input, 25);
    }

    #[test]
    fn a_session_in_which_nothing_was_done_is_not_gone_on_with() {
        assert_eq!(choose(&[run(1, Some("a"), 0, 7)]), None);
        assert_eq!(choose(&[]), None);
    }

    #[test]
    fn only_a_home_with_something_in_it_is_taken_along() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!is_filled(dir.path()));
        assert!(!is_filled(&dir.path().join("none")));
        std::fs::write(dir.path().join("x"), "").unwrap();
        assert!(is_filled(dir.path()));
    }
}
