//! The forge remembers: tasks found by their marks after the ledger was lost.
//!
//! Invariant: a mark brings back what this factory accepted, never starts
//! anything new; a claim that is not ours or cannot be verified stops the task.

use super::draft::Draft;
use crate::model::{
    Change, Effect, EffectKey, EffectKind, EffectResult, EffectState, Mark, MarkKind, Mention,
    Refusal, Task, TaskState,
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
pub(super) fn adopt(draft: &mut Draft<'_>, mut task: Task, accepted: i64, ended: Option<i64>) {
    task.adopted = true;
    if ended.is_some() {
        task.state = TaskState::Done;
        task.note = "found ended when the ledger was rebuilt".to_owned();
    }
    draft.plan.changes.push(Change::Task(task.clone()));
    let body = String::new();
    let mut proven = vec![(
        "accept",
        EffectKind::Accept { body: body.clone() },
        accepted,
    )];
    if let Some(comment) = ended {
        proven.push(("result", EffectKind::Result { body }, comment));
    }
    for (word, kind, comment) in proven {
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
    let reason = match ended {
        Some(_) => "its marks on the forge say that it ended",
        None => "its mark on the forge says that this factory accepted it",
    };
    draft.decide("adopt", &task, reason, "mark");
}
