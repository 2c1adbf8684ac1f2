//! Moves each task one step on, from what the ledger says of it.
//!
//! Invariant: at most one effect of a task is in flight, and the next one is
//! planned from the recorded result of the last. Delivery is [`delivery`].

use super::draft::Draft;
use super::ending::{Ending, Past, ending};
use super::rejoin::UNKNOWN_RUNS;
use super::{
    admission, adopt, clarify, coordinate, delivery, escalate, notice, operator, routes, tidings,
    turns, words,
};
use crate::model::{
    Change, Effect, EffectKey, EffectKind, EffectState, Run, RunId, RunState, SkipReason, Task,
    TaskState, Time,
};

/// Starts replies that are due; they belong to no task.
pub(super) fn replies(draft: &mut Draft<'_>) {
    let s = draft.s;
    let loose = s.world.loose.iter();
    for effect in loose.filter_map(|key| s.world.effects.get(key)) {
        if !notice::outlived(draft, effect) {
            push_on(draft, effect);
        }
    }
}

/// Moves every task on about which something may be left to do, in [`turns`].
pub(super) fn tasks(draft: &mut Draft<'_>) {
    let world = draft.s.world;
    let left = world.unsettled.iter();
    let mut tasks: Vec<&Task> = left.filter_map(|id| world.tasks.get(id)).collect();
    turns::in_turn(draft, &mut tasks);
    for task in tasks {
        task_step(draft, task);
    }
}

fn task_step(draft: &mut Draft<'_>, task: &Task) {
    let open: Vec<&Effect> = draft
        .s
        .world
        .effects_of_task(&task.id)
        .filter(|e| !e.state.is_closed())
        .collect();
    let in_flight = open.iter().find(|e| draft.s.in_flight.contains(&e.key));
    if let Some(effect) = in_flight {
        let key = effect.key.to_string();
        return draft.skip_task(task, SkipReason::EffectOpen { key });
    }
    if !operator::void_unsent(draft, task).is_empty() {
        return;
    }
    // What waits longest goes first: a comment's edit is not held up by a push that waits.
    for effect in &open {
        if push_on(draft, effect) {
            return;
        }
    }
    if open
        .iter()
        .any(|e| !matches!(e.kind, EffectKind::Progress { .. }))
    {
        let due = open.first().map(|e| (due(draft, e), &e.key));
        if let Some((why, _)) = tidings::undelivered(draft.s, task) {
            let note = format!("the finished work is kept and cannot be delivered: {why}");
            notice::waiting(draft, task, &SkipReason::Blocked { note });
        }
        if let Some((until, key)) = due {
            let note = format!("`{key}` will be tried again");
            return draft.skip_task(task, SkipReason::NotBefore { until, note });
        }
    }
    if let Some(reason) = operator::stopped(draft.s) {
        return draft.skip_task(task, reason);
    }
    if operator::cancel(draft, task) {
        return;
    }
    match task.state {
        TaskState::Queued => queued(draft, task),
        TaskState::Running => running(draft, task),
        TaskState::Blocked if task.not_before < Time::NEVER => queued(draft, task),
        TaskState::Delivering => delivery::step(draft, task),
        TaskState::NeedsClarification => clarify::wait(draft, task),
        _ => delivery::tidy(draft, task),
    }
}

/// Starts an open effect if it is due; says whether it did.
fn push_on(draft: &mut Draft<'_>, effect: &Effect) -> bool {
    if effect.state.is_closed() || draft.s.in_flight.contains(&effect.key) {
        return false;
    }
    let due = due(draft, effect);
    if due <= draft.s.now {
        draft.plan.start.push(effect.key.clone());
        return true;
    }
    draft.wake(due);
    if effect.task.is_none() {
        let note = "the reply will be tried again".to_owned();
        draft.skip(
            effect.key.as_str(),
            Some(effect.issue),
            SkipReason::NotBefore { until: due, note },
        );
    }
    false
}

/// When an open effect may be tried.
fn due(draft: &Draft<'_>, effect: &Effect) -> Time {
    match &effect.state {
        EffectState::Intended => draft.s.now,
        // Not in flight, so this is what a crash left: it may have happened.
        EffectState::Tried { at } => at.plus(draft.s.settings.forge.settle),
        EffectState::Retry { at, .. } | EffectState::Ambiguous { look_at: at, .. } => *at,
        _ => Time::NEVER,
    }
}

fn effect<'a>(draft: &Draft<'a>, word: &str, of: &str) -> Option<&'a Effect> {
    draft
        .s
        .world
        .effects
        .get(&EffectKey(format!("{word}:{of}")))
}

fn queued(draft: &mut Draft<'_>, task: &Task) {
    match effect(draft, "accept", task.id.as_str()).map(|e| &e.state) {
        None => {
            let kind = EffectKind::Accept {
                body: words::accepted(draft.s, task, "queued"),
            };
            draft.intend(
                Some(task),
                task.work.issue,
                format!("accept:{}", task.id),
                kind,
                0,
            );
        }
        Some(EffectState::Void { reason }) => {
            draft.turn(task, TaskState::Cancelled, reason);
            draft.decide("cancel", task, reason.clone(), "claim");
        }
        Some(EffectState::Parked { reason }) => {
            let mut task = task.clone();
            task.not_before = Time::NEVER;
            let task = draft.turn(&task, TaskState::Blocked, reason);
            draft.decide("block", &task, reason.clone(), "effect");
        }
        Some(EffectState::Done { .. }) => match over_before(draft, task) {
            Some(why) => lapse(draft, task, &why),
            None => start(draft, task),
        },
        Some(_) => {}
    }
}

/// Why a task that has not started is not to start.
fn over_before(draft: &Draft<'_>, task: &Task) -> Option<String> {
    adopt::outrun(draft.s, task).or_else(|| coordinate::lapsed(draft.s, task))
}

/// Ends what is another factory's, or what the coordinator took up and nobody wants any more.
fn lapse(draft: &mut Draft<'_>, task: &Task, why: &str) {
    let last = draft.s.world.runs_of(&task.id).last();
    let over = last.and_then(|run| Some((run, run.outcome()?)));
    delivery::finish(draft, task, over, TaskState::Cancelled, why);
}

fn start(draft: &mut Draft<'_>, task: &Task) {
    if let Some(reason) = admission::refusal(draft, task) {
        if let Some(until) = reason.until() {
            draft.wake(until);
        }
        notice::waiting(draft, task, &reason);
        return draft.skip_task(task, reason);
    }
    let Some(agent) = draft.s.settings.agents.get(&task.agent) else {
        return;
    };
    let chosen = match routes::choose(draft, task, agent) {
        Ok(chosen) => chosen,
        Err(reason) => {
            notice::waiting(draft, task, &reason);
            return draft.skip_task(task, reason);
        }
    };
    let last = draft.s.world.runs_of(&task.id).last().map(|r| r.attempt);
    // Of a task that the forge remembered and the ledger did not, runs are unknown too.
    let unknown = if task.adopted { UNKNOWN_RUNS } else { 0 };
    let attempt = last.unwrap_or(unknown) + 1;
    let run = Run {
        id: RunId::of(&task.id, attempt),
        task: task.id.clone(),
        work: task.work,
        attempt,
        lease: draft.s.world.lease(task.work) + 1,
        agent: task.agent.clone(),
        provider: chosen.choice.provider,
        model: chosen.choice.model,
        routed: chosen.routed,
        base: None,
        process: None,
        created_at: draft.s.now,
        state: RunState::Starting,
    };
    *draft.started.entry(task.agent.clone()).or_default() += 1;
    draft.taken.insert(task.work.issue);
    let task = clarify::taken(draft, task);
    let task = draft.turn(&task, TaskState::Running, "");
    draft.plan.changes.push(Change::Run(run.clone()));
    let kind = EffectKind::Spawn {
        run: run.id.clone(),
    };
    draft.intend(
        Some(&task),
        task.work.issue,
        format!("spawn:{}", run.id),
        kind,
        run.lease,
    );
    let why = run.routed.as_ref();
    let why = why.map_or(String::new(), |routed| format!(", {}", routed.why));
    let reason = format!("attempt {attempt}, lease {}{why}", run.lease);
    draft.decide("start", &task, reason, "slot");
    if let Some(last) = draft.plan.decisions.last_mut() {
        last.run = Some(run.id.to_string());
        last.overrode = chosen.overrode;
    }
}

fn running(draft: &mut Draft<'_>, task: &Task) {
    let Some(run) = draft.s.world.runs_of(&task.id).last() else {
        draft.turn(task, TaskState::Queued, "its run is not in the ledger");
        return;
    };
    if clarify::post(draft, task) {
        return;
    }
    let RunState::Ended { at, outcome } = &run.state else {
        return working(draft, task, run);
    };
    let agent = draft.s.settings.agents.get(&task.agent);
    let past = Past {
        asked: task.answer.is_none() && clarify::is_asked(draft, task),
        ..Past::of(draft.s.world, task, outcome)
    };
    let next = ending(task, run, outcome, *at, agent, past);
    let next = routes::instead(draft, (task, agent), (outcome, *at), next);
    if next == Ending::Clarify
        && let Some(report) = &outcome.report
        && clarify::post_report(draft, task, report)
    {
        return;
    }
    escalate::after(draft, task, outcome, &next, past.same);
    let (state, note, not_before, strike) = match &next {
        Ending::Deliver | Ending::Keep(_) | Ending::Report(_) => (
            TaskState::Delivering,
            outcome.reason.clone(),
            task.not_before,
            0,
        ),
        Ending::Again { at, strike, why } => {
            (TaskState::Queued, why.clone(), *at, u32::from(*strike))
        }
        Ending::Clarify => (
            TaskState::NeedsClarification,
            "waits for an answer to its question".to_owned(),
            clarify::deadline(draft, task, Some(outcome), *at),
            0,
        ),
        Ending::Wait { at, why } => (TaskState::Blocked, why.clone(), *at, 0),
    };
    let mut moved = task.clone();
    moved.not_before = not_before;
    moved.strikes += strike;
    let moved = draft.turn(&moved, state, &note);
    let what = match next {
        Ending::Deliver => "deliver",
        Ending::Keep(_) | Ending::Report(_) => "end",
        Ending::Again { .. } => "retry",
        Ending::Wait { .. } | Ending::Clarify => "wait",
    };
    draft.decide(what, &moved, outcome.reason.clone(), "outcome");
    if let Some(last) = draft.plan.decisions.last_mut() {
        last.run = Some(run.id.to_string());
    }
    draft.wake(not_before);
}

fn working(draft: &mut Draft<'_>, task: &Task, run: &Run) {
    let stalled = draft
        .s
        .world
        .alerts
        .get(&format!("stalled:{}", run.id))
        .is_some_and(|a| a.cleared_at.is_none());
    let spawned = effect(draft, "spawn", run.id.as_str()).is_some_and(|e| e.state.is_closed());
    let said = match (spawned, stalled) {
        (false, _) => false,
        (true, true) => {
            let status = format!(
                "working (attempt {}), but without progress for a while",
                run.attempt
            );
            notice::progress(draft, task, &status, &format!("stalled-{}", run.attempt))
        }
        (true, false) => {
            let status = format!("working (attempt {})", run.attempt);
            notice::progress(draft, task, &status, &format!("run-{}", run.attempt))
        }
    };
    if !said {
        draft.skip_task(
            task,
            SkipReason::Working {
                run: run.id.to_string(),
            },
        );
    }
}
