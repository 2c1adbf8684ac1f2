//! The forge remembers: tasks found by their marks after the ledger was lost.
//!
//! Invariant: a mark brings back what this factory accepted, never starts
//! anything new; a claim that is not ours or cannot be verified stops the task.

use super::draft::Draft;
use super::ending::{Ending, ending};
use super::words;
use crate::mention;
use crate::model::{
    Change, Effect, EffectKey, EffectKind, EffectResult, EffectState, Mark, MarkKind, Mention,
    Refusal, RunState, Task, TaskState,
};

/// What the marks of a mention's task say.
pub(super) enum Found {
    /// Nothing: the mention is new.
    Nothing,
    /// Not ours to do.
    Refused(Refusal),
    /// Ours: the comment that accepted it, and the one that ended it.
    Ours {
        accepted: i64,
        ended: Option<i64>,
        instruction: Option<String>,
    },
    /// Ours: it was refused by a comment that stands.
    Replied,
}

/// Looks for marks of the task that `mention` would be.
pub(super) fn look(draft: &Draft<'_>, mention: &Mention, ours: &str) -> Found {
    let marks = draft
        .s
        .world
        .marks
        .get(&mention.task)
        .map_or(&[][..], Vec::as_slice);
    let first = |kind: MarkKind| marks.iter().find(|m: &&Mark| m.kind == kind);
    if let Some(accept) = first(MarkKind::Accept) {
        if !accept.verified {
            return Found::Refused(Refusal::UnverifiedClaim);
        }
        if accept.factory.as_str() != ours {
            return Found::Refused(Refusal::ClaimedElsewhere);
        }
        return Found::Ours {
            accepted: accept.comment,
            ended: first(MarkKind::Result)
                .filter(|m| m.verified)
                .map(|m| m.comment),
            instruction: accept.instruction.clone(),
        };
    }
    match first(MarkKind::Reply).filter(|m| m.verified) {
        Some(_) => Found::Replied,
        None => Found::Nothing,
    }
}

/// Writes an adopted task down, with the effects that its marks prove.
///
/// `digest` is of the instruction that was accepted. What the disk remembers of
/// the task is preferred to what its passage says now.
pub(super) fn adopt(
    draft: &mut Draft<'_>,
    fresh: Task,
    accepted: i64,
    ended: Option<i64>,
    digest: Option<&str>,
) {
    let authorised = |task: &&Task| digest.is_none_or(|d| d == mention::digest(&task.instruction));
    let remembered = draft.s.world.tasks.get(&fresh.id).filter(authorised);
    let known = remembered.or(Some(&fresh).filter(authorised)).cloned();
    let changed = known.is_none();
    let mut task = Task {
        adopted: true,
        not_before: draft.s.now,
        note: String::new(),
        ..known.unwrap_or(fresh)
    };
    let reason = if ended.is_some() {
        "its marks on the forge say that it ended"
    } else {
        "its mark on the forge says that this factory accepted it"
    };
    task.state = if ended.is_some() {
        as_ended(draft, &task)
    } else if changed {
        TaskState::Delivering
    } else if draft.s.world.runs_of(&task.id).next().is_some() {
        // Its last run, found on disk, says how to go on.
        TaskState::Running
    } else {
        TaskState::Queued
    };
    if ended.is_some() {
        "found ended when the ledger was rebuilt".clone_into(&mut task.note);
    } else if changed {
        words::CHANGED_WHILE_LOST.clone_into(&mut task.note);
    }
    draft.plan.changes.push(Change::Task(task.clone()));
    prove(
        draft,
        &task,
        "accept",
        EffectKind::Accept {
            body: String::new(),
        },
        accepted,
    );
    if let Some(comment) = ended {
        prove(
            draft,
            &task,
            "result",
            EffectKind::Result {
                body: String::new(),
            },
            comment,
        );
    }
    draft.decide("adopt", &task, reason, "mark");
}

/// What a task that ended came to, by its last run where the disk remembers it.
fn as_ended(draft: &Draft<'_>, task: &Task) -> TaskState {
    let last = draft.s.world.runs_of(&task.id).last();
    let Some((run, RunState::Ended { at, outcome })) = last.map(|r| (r, &r.state)) else {
        return TaskState::Done;
    };
    let agent = draft.s.settings.agents.get(&task.agent);
    match ending(task, run, outcome, *at, agent, 0) {
        Ending::Keep(state) | Ending::Report(state) => state,
        Ending::Deliver | Ending::Again { .. } | Ending::Wait { .. } => TaskState::Done,
    }
}

/// Writes down an effect that a comment on the forge proves done.
fn prove(draft: &mut Draft<'_>, task: &Task, word: &str, kind: EffectKind, comment: i64) {
    draft.plan.changes.push(Change::Effect(Effect {
        key: EffectKey(format!("{word}:{}", task.id)),
        task: Some(task.id.clone()),
        issue: task.work.issue,
        kind,
        lease: 0,
        tries: 1,
        state: EffectState::Done {
            result: EffectResult::Comment(comment),
        },
        created_at: draft.s.now,
    }));
}
