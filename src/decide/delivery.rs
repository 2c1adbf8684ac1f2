//! From commits to a pull request and a result, one effect after the other.
//!
//! Invariant: the order is push, pull request, dress, result; each is intended
//! only when the one before is closed, and the task is called done only when
//! the result is posted.

use super::draft::Draft;
use super::ending::{Ending, Past, ending};
use super::{escalate, words};
use crate::model::{
    Change, EffectKey, EffectKind, EffectResult, EffectState, Exit, FailureClass, Outcome, Run,
    RunState, SkipReason, Task, TaskId, TaskState, Time, Work, World,
};

/// How one effect of the delivery stands.
enum Stand<'a> {
    /// It has just been intended, or is not closed.
    Open,
    /// It happened.
    Done(&'a EffectResult),
    /// It will not happen, and why.
    Parked(&'a str),
}

/// Moves a task in delivery one step on.
pub(super) fn step(draft: &mut Draft<'_>, task: &Task) {
    let world = draft.s.world;
    let Some(run) = world.runs_of(&task.id).last() else {
        return finish(draft, task, None, TaskState::Cancelled, &task.note.clone());
    };
    let RunState::Ended { at, outcome } = &run.state else {
        return;
    };
    let agent = draft.s.settings.agents.get(&task.agent);
    let past = Past::of(draft.s.world, task, outcome);
    let (work, pull, state) = match ending(task, run, outcome, *at, agent, past) {
        Ending::Deliver => (outcome.work.as_ref(), true, TaskState::Done),
        Ending::Keep(state) => (outcome.work.as_ref(), false, state),
        Ending::Report(state) => (None, false, state),
        // Only a task that was adopted to be ended comes here with an unfinished run.
        Ending::Again { .. } | Ending::Wait { .. } | Ending::Clarify => {
            return finish(draft, task, None, TaskState::Cancelled, &task.note.clone());
        }
    };
    let mut task = task.clone();
    if let Some(work) = work
        && work.protected.is_empty()
    {
        match push(draft, &task, run, work) {
            Stand::Open => return,
            Stand::Parked(why) => {
                let why = format!("the work could not be pushed: {why}");
                return finish(draft, &task, Some((run, outcome)), TaskState::Blocked, &why);
            }
            Stand::Done(_) => task.pushed = Some(work.head.clone()),
        }
    }
    if pull {
        match propose(draft, &task, run, outcome) {
            Stand::Open => return,
            Stand::Parked(why) => {
                let why =
                    format!("the branch is pushed, but no pull request could be opened: {why}");
                return finish(draft, &task, Some((run, outcome)), TaskState::Blocked, &why);
            }
            Stand::Done(EffectResult::Pull(number)) => task.pull = Some(*number),
            Stand::Done(_) => {}
        }
        if let Some(number) = task.pull
            && let Stand::Open = dress(draft, &task, run, number)
        {
            return;
        }
    }
    finish(draft, &task, Some((run, outcome)), state, &outcome.reason);
}

fn stand<'a>(
    draft: &mut Draft<'a>,
    task: &Task,
    key: String,
    lease: u64,
    kind: impl FnOnce() -> EffectKind,
) -> Stand<'a> {
    match draft
        .s
        .world
        .effects
        .get(&EffectKey(key.clone()))
        .map(|e| &e.state)
    {
        None => {
            draft.intend(Some(task), task.work.issue, key, kind(), lease);
            Stand::Open
        }
        Some(EffectState::Done { result }) => Stand::Done(result),
        Some(EffectState::Parked { reason } | EffectState::Void { reason }) => {
            Stand::Parked(reason)
        }
        Some(_) => Stand::Open,
    }
}

fn push<'a>(draft: &mut Draft<'a>, task: &Task, run: &Run, work: &Work) -> Stand<'a> {
    let key = format!("push:{}:{}", task.id, work.head);
    stand(draft, task, key, run.lease, || EffectKind::Push {
        branch: task.branch.clone(),
        head: work.head.clone(),
        expect: task.pushed.clone(),
        adopted: task.adopted && task.pushed.is_none(),
    })
}

fn propose<'a>(draft: &mut Draft<'a>, task: &Task, run: &Run, outcome: &Outcome) -> Stand<'a> {
    let world = draft.s.world;
    let title = world
        .issues
        .get(&task.work.issue)
        .map_or("", |i| i.title.as_str());
    let base = draft
        .s
        .settings
        .delivery
        .base
        .clone()
        .or_else(|| world.repository.as_ref().map(|r| r.default_branch.clone()));
    let key = format!("pull:{}:{}", task.id, run.attempt);
    stand(draft, task, key, run.lease, || EffectKind::Pull {
        branch: task.branch.clone(),
        base: base.unwrap_or_default(),
        title: words::pull_title(task, title),
        body: words::pull_body(task, outcome),
    })
}

fn dress<'a>(draft: &mut Draft<'a>, task: &Task, run: &Run, pull: u64) -> Stand<'a> {
    let delivery = &draft.s.settings.delivery;
    let requester = &task.requester.login;
    let assignees = if delivery.assign_requester && !requester.is_empty() {
        vec![requester.clone()]
    } else {
        Vec::new()
    };
    if delivery.labels.is_empty() && assignees.is_empty() {
        return Stand::Done(&EffectResult::Nothing);
    }
    let labels = delivery.labels.clone();
    let key = format!("dress:{}:{}", task.id, run.attempt);
    stand(draft, task, key, run.lease, || EffectKind::Dress {
        number: pull,
        labels,
        assignees,
    })
}

/// Posts the result, then calls the task what it came to.
pub(super) fn finish(
    draft: &mut Draft<'_>,
    task: &Task,
    over: Option<(&Run, &Outcome)>,
    state: TaskState,
    note: &str,
) {
    // What an operator ended is said whoever holds the lease by now.
    let fenced = over.filter(|_| state != TaskState::Cancelled);
    let lease = fenced.map_or(0, |(run, _)| run.lease);
    let key = format!("result:{}", task.id);
    let mut body = words::result(task, over.map(|(_, o)| o), &state, note);
    if let (TaskState::Failed(class), Some((_, outcome))) = (&state, over) {
        let same = Past::of(draft.s.world, task, outcome).same;
        if let Some(why) = escalate::need(*class, outcome, same) {
            body.push_str(&words::needed(task, why));
        }
    }
    if state == TaskState::NeedsPerson {
        let label = &draft.s.settings.failures.label;
        body.push_str(&words::needed(task, &words::hand_over(task, label)));
    }
    let (state, note) = match stand(draft, task, key, lease, || EffectKind::Result { body }) {
        Stand::Open => {
            draft.plan.changes.push(Change::Task(task.clone()));
            return;
        }
        Stand::Done(_) => (state, note.to_owned()),
        Stand::Parked(why) => (
            state,
            format!("{note}; the result could not be posted: {why}"),
        ),
    };
    let mut task = task.clone();
    if state == TaskState::Blocked {
        task.not_before = Time::NEVER;
    }
    let task = draft.turn(&task, state, &note);
    draft.decide(
        "end",
        &task,
        format!("{}: {note}", task.state.word()),
        "outcome",
    );
}

/// The last run of a task that began and is over: one that could not start left nothing
/// and says nothing of what an earlier one left.
pub(super) fn last_begun<'a>(world: &'a World, task: &'a TaskId) -> Option<(&'a Run, &'a Outcome)> {
    let over = world.runs_of(task);
    let over: Vec<(&Run, &Outcome)> = over.filter_map(|run| Some((run, run.outcome()?))).collect();
    let began = |over: &&(&Run, &Outcome)| !matches!(over.1.exit, Exit::NotStarted { .. });
    over.iter().rev().find(began).or(over.last()).copied()
}

/// After the end: the accepting comment says so, then twins and the workspace go.
pub(super) fn tidy(draft: &mut Draft<'_>, task: &Task) {
    if draft.s.world.acceptance(&task.id).is_none() {
        let note = task.note.clone();
        return draft.skip_task(task, SkipReason::Blocked { note });
    }
    if super::notice::progress(draft, task, &words::ended(task), "end") {
        return;
    }
    let key = EffectKey(format!("sweep:{}", task.id));
    let world = draft.s.world;
    if world.effects.contains_key(&key) {
        return;
    }
    let at = task.changed_at.plus(draft.s.settings.forge.settle);
    if draft.s.now < at {
        draft.wake(at);
        let note = "twins of its comments are looked for once the forge has settled".to_owned();
        return draft.skip_task(task, SkipReason::NotBefore { until: at, note });
    }
    let outcome = last_begun(world, &task.id).map(|(_, outcome)| outcome);
    let kept = outcome.is_none_or(|outcome| match &outcome.work {
        Some(work) => task.pushed.as_ref() == Some(&work.head),
        // Nobody has seen what such a run left behind.
        None => outcome.exit != Exit::Interrupted && !outcome.untaken,
    });
    let workspace = kept
        && !matches!(
            task.state,
            TaskState::Blocked | TaskState::Failed(FailureClass::Resource)
        );
    draft.intend(
        Some(task),
        task.work.issue,
        key.0,
        EffectKind::Sweep { workspace },
        0,
    );
}
