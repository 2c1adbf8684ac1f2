//! The forge remembers: tasks found by their marks after the ledger was lost.
//!
//! Invariant: a mark brings back what this factory accepted, never starts
//! anything new; a claim that is not ours or cannot be verified stops the task.
//! Tasks of mentions come back with their mention, the others by [`unmentioned`].

use super::draft::Draft;
use super::ending::{Ending, Past, ending};
use super::intake::{self, Parts};
use super::{coordinate, words};
use crate::mention;
use crate::model::{
    BEGUN, Change, Effect, EffectKey, EffectKind, EffectResult, EffectState, Exit, Mark, MarkKind,
    Person, Refusal, RunState, Snapshot, Task, TaskId, TaskState,
};

/// What the marks of a mention's task say.
pub(super) enum Found {
    /// Nothing: the mention is new.
    Nothing,
    /// Not ours to do.
    Refused(Refusal),
    /// Ours.
    Ours(Claim),
    /// Ours: it was refused by a comment that stands.
    Replied,
}

/// What the marks of a task of ours say: its comments, and what was accepted.
pub(super) struct Claim {
    accepted: i64,
    asked: Option<i64>,
    ended: Option<i64>,
    /// Its pull request, the newest where there was more than one.
    pull: Option<u64>,
    /// The digest of the instruction.
    digest: Option<String>,
}

/// Looks for marks of a task that is or would be.
pub(super) fn look(draft: &Draft<'_>, task: &TaskId, ours: &str) -> Found {
    let marks = draft.s.world.marks.get(task);
    let marks = marks.map_or(&[][..], Vec::as_slice);
    let first = |kind: MarkKind| marks.iter().find(|m: &&Mark| m.kind == kind);
    if let Some(accept) = first(MarkKind::Accept) {
        if is_others(draft.s, accept) {
            return Found::Refused(Refusal::ClaimedElsewhere);
        }
        if !accept.verified {
            return Found::Refused(Refusal::UnverifiedClaim);
        }
        if accept.factory.as_str() != ours {
            return Found::Refused(Refusal::ClaimedElsewhere);
        }
        let proven = |kind| first(kind).filter(|m| m.verified).map(|m| m.comment);
        let own = |m: &&Mark| m.kind == MarkKind::Pull && m.verified && m.factory.as_str() == ours;
        let pull = marks.iter().rfind(own).map(|m| m.comment);
        return Found::Ours(Claim {
            accepted: accept.comment,
            asked: proven(MarkKind::Ask),
            ended: proven(MarkKind::Result),
            pull: pull.and_then(|number| u64::try_from(number).ok()),
            digest: accept.instruction.clone(),
        });
    }
    match first(MarkKind::Reply).filter(|m| m.verified || is_others(draft.s, m)) {
        Some(_) => Found::Replied,
        None => Found::Nothing,
    }
}

/// Whether a mark is another living factory's, whatever key signed it: this one did not
/// write it, and it was written after this one had begun. An older one may be what this
/// factory itself left before its state was lost.
fn is_others(s: &Snapshot<'_>, mark: &Mark) -> bool {
    let begun = s.world.cursors.get(BEGUN);
    mark.factory != *s.factory && begun.is_some_and(|begun| mark.written_at >= *begun)
}

/// Which claim of another factory came before that of a task which has not started, if
/// the reading back at the time of the claim did not show it yet.
pub(super) fn outrun(s: &Snapshot<'_>, task: &Task) -> Option<String> {
    let mine = s.world.acceptance(&task.id)?;
    let of_task = s.world.marks.get(&task.id).into_iter().flatten();
    let mut others = of_task.filter(|m| m.kind == MarkKind::Accept && is_others(s, m));
    let first = others.find(|m| m.comment < mine)?;
    Some(format!(
        "factory {} claimed it first, in comment {}",
        first.factory, first.comment
    ))
}

/// Adopts tasks that no mention brings back: of a schedule, or of an agent's call.
/// What the disk remembers goes on; what had not begun ends with a comment.
pub(super) fn unmentioned(draft: &mut Draft<'_>) {
    let s = draft.s;
    if !s.synced || s.draining {
        return;
    }
    let Some(repo) = s.world.repository.as_ref().map(|r| r.id) else {
        return;
    };
    for (id, marks) in &s.world.marks {
        let accept = marks.iter().find(|m| m.kind == MarkKind::Accept);
        let Some((accept, agent)) = accept.and_then(|m| Some((m, m.agent.as_ref()?))) else {
            continue;
        };
        let known = s
            .world
            .effects
            .contains_key(&EffectKey(format!("accept:{id}")));
        if known || mention::is_passage(&accept.origin) {
            continue;
        }
        if let Found::Ours(claim) = look(draft, id, s.factory.as_str()) {
            let parts = Parts {
                id: id.clone(),
                origin: accept.origin.clone(),
                issue: accept.issue,
                instruction: match mention::pick(&accept.origin) {
                    Some(_) => coordinate::INSTRUCTION.to_owned(),
                    None => String::new(),
                },
                requester: Person::default(),
                chain: Vec::new(),
            };
            let fresh = intake::build(s.now, repo, agent, parts);
            adopt(draft, fresh, &claim);
        }
    }
}

/// Writes an adopted task down, with the effects that its marks prove.
///
/// What the disk remembers of the task is preferred to what its passage says now.
pub(super) fn adopt(draft: &mut Draft<'_>, fresh: Task, claim: &Claim) {
    let Claim {
        accepted,
        asked,
        ended,
        pull,
        ref digest,
    } = *claim;
    let digest = digest.as_deref();
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
    task.pull = pull.or(task.pull);
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
        // Where no pull request bears its mark, the result alone knows more.
        "its result below says what came of it".clone_into(&mut task.note);
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
    if let Some(comment) = asked {
        let body = String::new();
        prove(draft, &task, "ask", EffectKind::Ask { body }, comment);
    }
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
    let seen = last.and_then(|run| match &run.state {
        // A run that was under way when the ledger was backed up came to an end that nobody knows.
        RunState::Ended { at, outcome } if outcome.exit != Exit::Interrupted => {
            Some((run, at, outcome))
        }
        _ => None,
    });
    let Some((run, at, outcome)) = seen else {
        return TaskState::Done;
    };
    let agent = draft.s.settings.agents.get(&task.agent);
    let past = Past::of(draft.s.world, task, outcome);
    match ending(task, run, outcome, *at, agent, past) {
        Ending::Keep(state) | Ending::Report(state) => state,
        // It ended though it was unclear: its one question had been asked before.
        Ending::Clarify => TaskState::NeedsPerson,
        Ending::Deliver => TaskState::Done,
        // It would have gone on, so it ended because it was no longer wanted.
        Ending::Again { .. } | Ending::Wait { .. } => TaskState::Cancelled,
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
