//! Mentions and slots become tasks, or one short reply.
//!
//! Invariant: nothing is taken before the forge was read once since the start,
//! so that a task with marks is never taken for a new one.

use super::adopt::{self, Found};
use super::draft::Draft;
use super::{operator, refuse, standing, words};
use crate::model::notice::{schedule_key, schedule_origin};
use crate::model::plan::Decision;
use crate::model::{
    AgentName, Change, EffectKind, Mention, MentionId, MentionState, Person, Refusal, RepoId,
    SkipReason, Task, TaskId, TaskState, Time, WorkKey,
};
use crate::{mention as protocol, mention::slot_origin};

/// Decides every pending mention.
pub(super) fn mentions(draft: &mut Draft<'_>) {
    let s = draft.s;
    let mut decided: Vec<Mention> = Vec::new();
    for id in &s.world.pending {
        let Some(mention) = s.world.mentions.get(id) else {
            continue;
        };
        let issue = Some(mention.issue);
        if !s.synced || s.world.repository.is_none() || s.world.writers_at.is_none() {
            draft.skip(id.as_str(), issue, SkipReason::NotSynced);
        } else if s.draining {
            draft.skip(id.as_str(), issue, SkipReason::Draining);
        } else if let Some(reason) = operator::stopped(s) {
            draft.skip(id.as_str(), issue, reason);
        } else if let Some(text) = s.unfit {
            draft.skip(
                id.as_str(),
                issue,
                SkipReason::Unfit {
                    text: text.to_owned(),
                },
            );
        } else if let Some(state) = decide(draft, mention, &decided) {
            draft.plan.changes.push(Change::MentionState {
                id: id.clone(),
                state: state.clone(),
            });
            let mut mention = mention.clone();
            mention.state = state;
            decided.push(mention);
        }
    }
}

/// The new state of a mention; `None` leaves it pending.
fn decide(draft: &mut Draft<'_>, mention: &Mention, decided: &[Mention]) -> Option<MentionState> {
    match adopt::look(draft, &mention.task, draft.s.factory.as_str()) {
        Found::Ours(claim) => {
            let task = new_task(draft, mention, &called(mention));
            adopt::adopt(draft, task, &claim);
            return Some(MentionState::Accepted);
        }
        Found::Refused(why) => return Some(refused(draft, mention, decided, why)),
        Found::Replied => {
            let why = refuse::judge(draft.s, mention)
                .err()
                .unwrap_or(Refusal::Edited);
            return Some(MentionState::Refused(why));
        }
        Found::Nothing => {}
    }
    if mention.older {
        draft.skip(mention.id.as_str(), Some(mention.issue), SkipReason::Older);
        return None;
    }
    match refuse::judge(draft.s, mention) {
        Err(why) => Some(refused(draft, mention, decided, why)),
        Ok(agent) => {
            let task = new_task(draft, mention, agent);
            accept(draft, &task, "mention");
            Some(MentionState::Accepted)
        }
    }
}

fn refused(
    draft: &mut Draft<'_>,
    mention: &Mention,
    decided: &[Mention],
    why: Refusal,
) -> MentionState {
    let silent =
        why == Refusal::ClaimedElsewhere || refuse::replied(draft.s, decided, mention, &why);
    draft.plan.decisions.push(Decision {
        what: "refuse".to_owned(),
        issue: mention.issue,
        task: Some(mention.task.to_string()),
        run: None,
        agent: Some(called(mention).to_string()).filter(|a| !a.is_empty()),
        reason: format!("{why}; by {}", mention.author.login),
        source: "mention".to_owned(),
        overrode: None,
    });
    if !silent {
        let body = words::refusal(draft.s, mention, &why);
        let kind = EffectKind::Reply {
            mention: mention.id.clone(),
            body,
        };
        draft.intend(
            None,
            mention.issue,
            format!("reply:{}", mention.id),
            kind,
            0,
        );
    }
    MentionState::Refused(why)
}

fn called(mention: &Mention) -> AgentName {
    match &mention.target {
        crate::model::Target::Agent { agent, .. } => agent.clone(),
        crate::model::Target::Malformed(_) => AgentName(String::new()),
    }
}

/// Takes every slot that came due and has no task yet.
pub(super) fn fires(draft: &mut Draft<'_>) {
    let s = draft.s;
    let Some(repo) = s.world.repository.as_ref().map(|r| r.id) else {
        return;
    };
    if !s.synced {
        return;
    }
    for fire in s.world.fires.values() {
        let Some(cron) = s
            .settings
            .agents
            .get(&fire.agent)
            .and_then(|a| a.cron.as_ref())
        else {
            continue;
        };
        let origin = slot_origin(&fire.agent, fire.slot);
        let id = protocol::task_id(repo, &origin);
        if s.world.tasks.contains_key(&id) {
            continue;
        }
        if s.draining {
            draft.skip(id.as_str(), cron.issue, SkipReason::Draining);
            continue;
        }
        if let Some(reason) = operator::stopped(s) {
            draft.skip(id.as_str(), cron.issue, reason);
            continue;
        }
        let named = cron.issue.or_else(|| reports_on(draft, &fire.agent));
        let Some(issue) = named else { continue };
        let parts = Parts {
            id,
            origin,
            issue,
            instruction: cron.instruction.clone(),
            requester: Person::default(),
            chain: Vec::new(),
        };
        let task = build(draft.s.now, repo, &fire.agent, parts);
        if !is_known_again(draft, &task) {
            accept(draft, &task, "schedule");
        }
    }
}

/// The issue on which the runs of an agent's schedule report, where the config names none.
fn reports_on(draft: &mut Draft<'_>, agent: &AgentName) -> Option<u64> {
    let project = draft.s.settings.project.clone();
    standing::number(draft, schedule_key(agent), schedule_origin(agent), || {
        let body = format!(
            "The runs that `{agent}` of the factory of `{project}` begins by its schedule report here; `cron_issue` in its config names another issue. Leave this one open."
        );
        (format!("What `{agent}` does by its schedule"), body)
    })
}

/// Whether the forge knew of a task of a slot or call before the ledger did; one
/// of this factory is taken up again.
pub(super) fn is_known_again(draft: &mut Draft<'_>, task: &Task) -> bool {
    let found = adopt::look(draft, &task.id, draft.s.factory.as_str());
    let Found::Ours(claim) = found else {
        return false;
    };
    adopt::adopt(draft, task.clone(), &claim);
    true
}

/// Writes a new task down, with the comment that says so.
pub(super) fn accept(draft: &mut Draft<'_>, task: &Task, source: &str) {
    draft.plan.changes.push(Change::Task(task.clone()));
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
    let by = match (task.chain.last(), task.requester.login.as_str()) {
        (Some(agent), _) => agent.as_str(),
        (None, "") => "its schedule",
        (None, login) => login,
    };
    draft.decide("accept", task, format!("asked by {by}"), source);
}

fn new_task(draft: &Draft<'_>, mention: &Mention, agent: &AgentName) -> Task {
    let repo = draft
        .s
        .world
        .repository
        .as_ref()
        .map_or(RepoId(0), |r| r.id);
    let parts = Parts {
        id: mention.task.clone(),
        origin: mention.id.clone(),
        issue: mention.issue,
        instruction: mention.instruction.clone(),
        requester: mention.author.clone(),
        chain: Vec::new(),
    };
    build(draft.s.now, repo, agent, parts)
}

/// What tasks differ in at their beginning.
pub(super) struct Parts {
    pub id: TaskId,
    pub origin: MentionId,
    pub issue: u64,
    pub instruction: String,
    pub requester: Person,
    pub chain: Vec<AgentName>,
}

/// A task at its beginning.
pub(super) fn build(now: Time, repo: RepoId, agent: &AgentName, parts: Parts) -> Task {
    Task {
        branch: protocol::branch(parts.issue, agent, &parts.id),
        id: parts.id,
        work: WorkKey {
            repo,
            issue: parts.issue,
        },
        origin: parts.origin,
        agent: agent.clone(),
        instruction: parts.instruction,
        requester: parts.requester,
        chain: parts.chain,
        state: TaskState::Queued,
        note: String::new(),
        not_before: now,
        strikes: 0,
        pushed: None,
        pull: None,
        answer: None,
        adopted: false,
        created_at: now,
        changed_at: now,
    }
}
