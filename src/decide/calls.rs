//! What agents asked for becomes tasks of other agents and new issues, or one
//! comment that says why not.
//!
//! Invariant: a message is taken once, by its origin; a call stands on the right
//! of the person at the beginning of its chain, and no chain is longer than
//! [`Task::DEPTH_MAX`].

use super::draft::Draft;
use super::intake::{self, Parts};
use super::{refuse, speech, why};
use crate::mention::{self, call};
use crate::model::{
    AgentName, Call, Change, EffectKey, EffectKind, EffectState, MentionId, Message, NewIssue,
    Person, RepoId, RunId, Said, SkipReason, Task,
};

/// Takes everything that agents asked for and that is not taken yet.
pub(super) fn take(draft: &mut Draft<'_>) {
    let s = draft.s;
    let Some(repo) = s.world.repository.as_ref().map(|r| r.id) else {
        return;
    };
    if !s.synced || s.world.writers_at.is_none() {
        return;
    }
    for ((run, sequence), Said { message, .. }) in &s.world.said {
        if matches!(message, Message::Report(_) | Message::Ask(_)) {
            continue;
        }
        let Some(caller) = s
            .world
            .runs
            .get(run)
            .and_then(|r| s.world.tasks.get(&r.task))
        else {
            continue;
        };
        let origin = mention::said_origin(run, *sequence);
        match message {
            Message::Mention(call) => {
                let used = earlier_calls(draft, run, *sequence);
                called(draft, repo, caller, call, origin, used);
            }
            Message::OpenIssue(issue) => opened(draft, caller, issue, &origin),
            Message::Report(_) | Message::Ask(_) => {}
        }
    }
}

/// How many calls of a run came before one of them.
fn earlier_calls(draft: &Draft<'_>, run: &RunId, sequence: u32) -> u32 {
    let before = (run.clone(), 0)..(run.clone(), sequence);
    let calls = draft.s.world.said.range(before);
    let calls = calls.filter(|(_, said)| matches!(said.message, Message::Mention(_)));
    u32::try_from(calls.count()).unwrap_or(u32::MAX)
}

fn called(
    draft: &mut Draft<'_>,
    repo: RepoId,
    caller: &Task,
    call: &Call,
    origin: MentionId,
    used: u32,
) {
    let world = draft.s.world;
    let id = mention::task_id(repo, &origin);
    let reply = format!("reply:{origin}");
    if world.tasks.contains_key(&id) || world.effects.contains_key(&EffectKey(reply.clone())) {
        return;
    }
    let issue = call.issue.unwrap_or(caller.work.issue);
    if draft.s.draining {
        return draft.skip(id.as_str(), Some(issue), SkipReason::Draining);
    }
    let parts = Parts {
        id,
        origin: origin.clone(),
        issue,
        instruction: call.instruction.clone(),
        requester: caller.requester.clone(),
        chain: call::chain(caller).cloned().collect(),
    };
    let task = intake::build(draft.s.now, repo, &AgentName(call.agent.clone()), parts);
    if intake::is_known_again(draft, &task) {
        return;
    }
    match judge(draft, caller, call, issue, used) {
        Ok(_) => intake::accept(draft, &task, "call"),
        Err(why) => {
            draft.decide("refuse", caller, why.clone(), "call");
            let body = speech::call_refused(caller, call, &why);
            let kind = EffectKind::Reply {
                mention: origin,
                body,
            };
            intend(draft, caller, reply, kind);
        }
    }
}

/// Who is called, or why nobody is.
fn judge(
    draft: &Draft<'_>,
    caller: &Task,
    call: &Call,
    issue: u64,
    used: u32,
) -> Result<AgentName, String> {
    let s = draft.s;
    let agent = call::judge(s.settings, caller, call, used).map_err(|fault| fault.to_string())?;
    let by_schedule = caller.requester == Person::default();
    if !by_schedule && !refuse::may_call(s, &caller.requester.login) {
        return Err(format!(
            "`{}`, who asked for the work, may not command the factory any more; somebody who may can write the mention",
            caller.requester.login
        ));
    }
    let coordinates = s.settings.coordinator.agent.as_ref() == Some(&caller.agent);
    if let Some(waits) = why::blockers(s.world, issue, "").filter(|_| coordinates) {
        return Err(format!(
            "#{issue} waits for {waits}; call for it when that is closed"
        ));
    }
    match s.world.issues.get(&issue) {
        Some(issue) if !issue.open => Err(format!(
            "#{} is closed; reopen it and write a mention there",
            issue.number
        )),
        None if issue != caller.work.issue => Err(format!(
            "the factory knows no #{issue}; write the mention there"
        )),
        _ => Ok(agent),
    }
}

fn opened(draft: &mut Draft<'_>, caller: &Task, issue: &NewIssue, origin: &MentionId) {
    let key = format!("open_issue:{origin}");
    if draft.s.world.effects.contains_key(&EffectKey(key.clone())) {
        return;
    }
    let (title, body) = speech::new_issue(caller, issue);
    let kind = EffectKind::OpenIssue {
        origin: origin.clone(),
        title,
        body,
    };
    intend(draft, caller, key, kind);
    draft.decide("open issue", caller, issue.title.clone(), "agent");
}

/// Intends what a caller's message asks for.
fn intend(draft: &mut Draft<'_>, caller: &Task, key: String, kind: EffectKind) {
    draft.intend(None, caller.work.issue, key.clone(), kind, 0);
    if caller.adopted {
        // It may have happened in a life that the ledger does not know.
        draft.plan.changes.push(Change::EffectState {
            key: EffectKey(key),
            tries: 1,
            state: EffectState::Intended,
        });
    }
}
