//! A world and a moment → what of a task or run on the disk may go.
//!
//! Invariant: pure; what the world does not know is nobody's to remove, and a
//! task that may go on keeps everything. A workspace goes before its runs'
//! directories, because keeping its work needs one.

use crate::model::{EffectKey, Run, RunId, Task, TaskId, Time, World};
use std::time::Duration;

/// What is to become of something on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It stays: it is needed, or its time has not come.
    Stays,
    /// It may go.
    Goes,
    /// The ledger does not know it.
    Foreign,
}

/// What is to become of a task's workspace. A delivered one goes at once: only
/// its sweep was cut short.
#[must_use]
pub fn workspace(world: &World, task: &TaskId, now: Time, keep: Duration) -> Fate {
    let Some(task) = world.tasks.get(task) else {
        return Fate::Foreign;
    };
    if !is_over(world, task) {
        return Fate::Stays;
    }
    let tidied = EffectKey(format!("sweep:{}", task.id));
    let delivered = world.effects.contains_key(&tidied) && is_delivered(world, task);
    goes(delivered || is_old(task, now, keep))
}

/// What is to become of a run's directory, whose task's workspace is gone.
#[must_use]
pub fn run(world: &World, run: &RunId, now: Time, keep: Duration) -> Fate {
    let task = world.runs.get(run).map(|run| &run.task);
    let Some(task) = task.and_then(|task| world.tasks.get(task)) else {
        return Fate::Foreign;
    };
    goes(is_over(world, task) && is_old(task, now, keep))
}

/// The last run of a task that the ledger knows.
#[must_use]
pub fn last_run<'a>(world: &'a World, task: &'a TaskId) -> Option<&'a Run> {
    world.runs_of(task).last()
}

fn goes(yes: bool) -> Fate {
    if yes { Fate::Goes } else { Fate::Stays }
}

/// Nothing of it will be tried any more.
fn is_over(world: &World, task: &Task) -> bool {
    task.state.is_final()
        && world.runs_of(&task.id).all(|run| !run.is_open())
        && world
            .effects_of_task(&task.id)
            .all(|effect| effect.state.is_closed())
}

/// What its last run made is on the forge.
fn is_delivered(world: &World, task: &Task) -> bool {
    let outcome = last_run(world, &task.id).and_then(Run::outcome);
    let work = outcome.and_then(|outcome| outcome.work.as_ref());
    work.is_some_and(|work| task.pushed.as_ref() == Some(&work.head))
}

fn is_old(task: &Task, now: Time, keep: Duration) -> bool {
    now.since(task.changed_at) >= keep
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        AgentName, Effect, EffectKind, EffectResult, EffectState, Exit, MentionId, Outcome, Person,
        RepoId, RunState, Sha, TaskState, Work, WorkKey,
    };

    const KEEP: Duration = Duration::from_secs(100);
    const SOON: Time = Time(50_000);
    const LATE: Time = Time(100_000);

    /// A task in this state since 0, whose one run made `head`.
    fn world(state: TaskState, pushed: Option<&str>) -> World {
        let (id, agent) = (TaskId::from("t"), AgentName::from("developer"));
        let work = WorkKey {
            repo: RepoId(1),
            issue: 7,
        };
        let task = Task {
            id: id.clone(),
            work,
            origin: MentionId::from("comment-1/developer/0"),
            agent: agent.clone(),
            instruction: "do it".to_owned(),
            requester: Person::default(),
            chain: Vec::new(),
            branch: "adf/7-developer-t".to_owned(),
            state,
            note: String::new(),
            not_before: Time(0),
            strikes: 0,
            pushed: pushed.map(Sha::from),
            pull: None,
            answer: None,
            adopted: false,
            created_at: Time(0),
            changed_at: Time(0),
        };
        let mut outcome = Outcome::without_work(Exit::Code(0), String::new());
        outcome.work = Some(Work {
            base: Sha::from("b"),
            head: Sha::from("h"),
            commits: 1,
            paths: Vec::new(),
            paths_total: 1,
            lines: (1, 0),
            uncommitted: false,
            protected: Vec::new(),
        });
        let run = Run {
            id: RunId::of(&id, 1),
            task: id.clone(),
            work,
            attempt: 1,
            lease: 1,
            agent,
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
        };
        let mut world = World::default();
        world.tasks.insert(id, task);
        world.runs.insert(run.id.clone(), run);
        world
    }

    fn effect(world: &mut World, state: EffectState) {
        let task = TaskId::from("t");
        let effect = Effect {
            key: EffectKey::from("sweep:t"),
            task: Some(task),
            issue: 7,
            kind: EffectKind::Sweep { workspace: true },
            lease: 0,
            tries: 1,
            state,
            created_at: Time(0),
        };
        world.apply(&crate::model::Change::Effect(effect));
    }

    fn both(world: &World, now: Time) -> (Fate, Fate) {
        let run = RunId::from("t-1");
        (
            workspace(world, &TaskId::from("t"), now, KEEP),
            super::run(world, &run, now, KEEP),
        )
    }

    #[test]
    fn what_ended_goes_when_its_time_has_come_and_not_before() {
        let world = world(TaskState::Cancelled, None);
        assert_eq!(both(&world, SOON), (Fate::Stays, Fate::Stays));
        assert_eq!(both(&world, LATE), (Fate::Goes, Fate::Goes));
    }

    #[test]
    fn a_task_that_may_go_on_keeps_all_for_ever() {
        for state in [
            TaskState::Queued,
            TaskState::Blocked,
            TaskState::NeedsClarification,
        ] {
            let world = world(state, None);
            assert_eq!(both(&world, Time::NEVER), (Fate::Stays, Fate::Stays));
        }
        let mut open = world(TaskState::Done, Some("h"));
        effect(&mut open, EffectState::Intended);
        assert_eq!(both(&open, LATE), (Fate::Stays, Fate::Stays));
    }

    #[test]
    fn a_delivered_workspace_whose_sweep_is_closed_goes_at_once() {
        let done = EffectState::Done {
            result: EffectResult::Nothing,
        };
        let mut delivered = world(TaskState::Done, Some("h"));
        effect(&mut delivered, done.clone());
        assert_eq!(both(&delivered, SOON), (Fate::Goes, Fate::Stays));
        let mut other = world(TaskState::Done, Some("older"));
        effect(&mut other, done);
        assert_eq!(both(&other, SOON), (Fate::Stays, Fate::Stays));
    }

    #[test]
    fn what_the_ledger_does_not_know_is_foreign_however_old() {
        let empty = World::default();
        assert_eq!(both(&empty, Time::NEVER), (Fate::Foreign, Fate::Foreign));
    }
}
