//! A question to people: posted once, waited for, answered by one of them or by
//! its deadline.
//!
//! Invariant: a task asks once; only a new comment after the question, by
//! somebody who may command and is not the factory, is an answer, and none that calls an
//! agent or addresses somebody else; which one is taken is written into the task before
//! the next run starts.

use super::draft::Draft;
use super::{notice, refuse, speech};
use crate::model::{
    Answer, EffectKey, EffectKind, EffectResult, EffectState, Outcome, PassageKey, PassageKind,
    Report, SkipReason, Task, TaskState, Time, Voice,
    message::{DEADLINE_MINUTES, DEADLINE_MINUTES_MAX},
};
use std::time::Duration;

fn key(task: &Task) -> EffectKey {
    EffectKey(format!("ask:{}", task.id))
}

/// Whether a question of the task was posted, or cannot be.
pub(super) fn is_asked(draft: &Draft<'_>, task: &Task) -> bool {
    draft.s.world.effects.contains_key(&key(task))
}

/// Posts the question that an agent has asked; says whether it did.
pub(super) fn post(draft: &mut Draft<'_>, task: &Task) -> bool {
    if is_asked(draft, task) || task.answer.is_some() {
        return false;
    }
    let Some((_, question)) = draft.s.world.question(&task.id) else {
        return false;
    };
    let body = speech::question(task, &question.question, Some(question));
    ask(draft, task, body)
}

/// Posts the summary of a report as the question, where none was asked; says whether it did.
pub(super) fn post_report(draft: &mut Draft<'_>, task: &Task, report: &Report) -> bool {
    if is_asked(draft, task) || task.answer.is_some() {
        return false;
    }
    let body = speech::question(task, &report.summary, None);
    ask(draft, task, body)
}

fn ask(draft: &mut Draft<'_>, task: &Task, body: String) -> bool {
    let kind = EffectKind::Ask { body };
    draft.intend(Some(task), task.work.issue, key(task).0, kind, 0);
    draft.decide("ask", task, "the agent needs a person", "agent");
    true
}

/// When the default holds. A question that only a report holds has none and waits
/// for as long as any may; one whose words went with a lost ledger, as usual.
pub(super) fn deadline(
    draft: &Draft<'_>,
    task: &Task,
    over: Option<&Outcome>,
    ended: Time,
) -> Time {
    let minutes = |n: u32| Duration::from_secs(u64::from(n) * 60);
    match draft.s.world.question(&task.id) {
        Some((at, question)) => at.plus(minutes(question.deadline_minutes)),
        None if over.is_some_and(|o| o.report.is_some()) => {
            ended.plus(minutes(DEADLINE_MINUTES_MAX))
        }
        None => ended.plus(minutes(DEADLINE_MINUTES)),
    }
}

/// A task that waits goes on when it is answered or its deadline comes.
pub(super) fn wait(draft: &mut Draft<'_>, task: &Task) {
    let until = task.not_before;
    let impossible = draft
        .s
        .world
        .effects
        .get(&key(task))
        .and_then(|e| match &e.state {
            EffectState::Parked { reason } | EffectState::Void { reason } => Some(reason.clone()),
            _ => None,
        });
    let (answer, note) = match (answer(draft, task), impossible) {
        (Some((answer, who)), _) => (answer, format!("answered by {who}")),
        (None, Some(why)) => (
            Answer::Default,
            format!("the question could not be posted ({why}), so its default holds"),
        ),
        (None, None) if draft.s.now >= until => (
            Answer::Default,
            "nobody answered in time, so its default holds".to_owned(),
        ),
        (None, None) => {
            draft.wake(until);
            if !notice::progress(draft, task, "waiting for an answer to its question", "ask") {
                let note = "a person's answer to its question, or its deadline".to_owned();
                draft.skip_task(task, SkipReason::NotBefore { until, note });
            }
            return;
        }
    };
    let mut task = task.clone();
    task.answer = Some(answer);
    task.not_before = draft.s.now;
    let task = draft.turn(&task, TaskState::Queued, &note);
    draft.decide("go on", &task, note, "answer");
}

/// The task with the answer that came while it did not wait: its run had failed.
pub(super) fn taken(draft: &Draft<'_>, task: &Task) -> Task {
    let mut task = task.clone();
    if task.answer.is_none() && is_asked(draft, &task) {
        let late = deadline(draft, &task, None, draft.s.now) <= draft.s.now;
        task.answer = answer(draft, &task)
            .map(|(answer, _)| answer)
            .or(late.then_some(Answer::Default));
    }
    task
}

/// The first comment that answers the task's question, and whose it is.
fn answer(draft: &Draft<'_>, task: &Task) -> Option<(Answer, String)> {
    let s = draft.s;
    let EffectState::Done {
        result: EffectResult::Comment(question),
    } = s.world.effects.get(&key(task))?.state
    else {
        return None;
    };
    // The question's own comment says who the factory is. It is read before any later one.
    let me = &s.world.voices.get(&question)?.author;
    let narrowed = !s.settings.mentions.allow.is_empty();
    let comment = |id: i64| PassageKey {
        kind: PassageKind::Comment,
        id,
    };
    let calls = |id: i64| {
        let mut mentions = s.world.mentions.values();
        mentions.any(|mention| mention.passage == comment(id))
    };
    let to_others = |v: &Voice| {
        let to = v.to.as_ref();
        to.is_some_and(|login| *login != me.login.to_lowercase())
    };
    let (id, voice) = s
        .world
        .voices
        .range(question.saturating_add(1)..)
        .find(|(id, v)| {
            v.issue == task.work.issue
                && v.author.id > 0
                && v.author.id != me.id
                && refuse::may_call(s, &v.author.login)
                && !(narrowed && v.edited)
                && !to_others(v)
                && !calls(**id)
        })?;
    Some((Answer::Comment(comment(*id)), voice.author.login.clone()))
}
