//! Open issues that are wanted become tasks, the highest ranked first, with no model.
//!
//! Invariant: an issue is taken once for each time that somebody changed it: the moment of
//! that change is in the task's origin, so any ledger gives the task the same name. Nothing
//! is taken that waits for something, that is claimed, or whose dependencies are not known
//! as of its last change; every [`OLDEST_EVERY`]th time the oldest goes first, so that none starves.
//! [`choose`] says which agent, [`past`](super::past) what was done before.

use super::draft::Draft;
use super::graph::{self, Known};
use super::hands::Hands;
use super::intake::{self, Parts};
use super::past::{self, Left, Past};
use super::why::{self, Why};
use super::{admission, choose, operator, words};
use crate::mention as protocol;
use crate::model::plan::Decision;
use crate::model::{
    AgentName, Change, EffectKey, EffectKind, Issue, Person, SkipReason, Snapshot, Task,
};
use crate::schedule::Schedule;
use std::collections::BTreeMap;
use std::time::Duration;

/// What is asked of the agent that is chosen; no word of it routes.
pub const INSTRUCTION: &str = "Do what this issue asks for, and nothing else.";
/// How long a slot lasts.
const MINUTE: Duration = Duration::from_secs(60);
/// The oldest issue goes first every so many times.
const OLDEST_EVERY: usize = 8;

/// Takes up what is ready, as long as there is room.
pub(super) fn take(draft: &mut Draft<'_>) {
    let s = draft.s;
    if !s.settings.coordinator.builtin || s.draining {
        return;
    }
    if !s.synced || !s.world.cursors.contains_key(crate::model::BACKLOG) {
        return draft.skip("coordinator", None, SkipReason::NotSynced);
    }
    if let Some(reason) = operator::held(s) {
        return draft.skip("coordinator", None, reason);
    }
    if let Some(reason) = between_slots(s) {
        if let Some(until) = reason.until() {
            draft.wake(until);
        }
        return draft.skip("coordinator", None, reason);
    }
    let past = Past::of(draft);
    let limit = usize::try_from(s.settings.coordinator.open).unwrap_or(usize::MAX);
    let room = limit.saturating_sub(past.open);
    let (mut ready, mut left): (Vec<&Issue>, Left<'_>) = (Vec::new(), Left::default());
    let known = Known::of(s.world);
    let wanted = graph::with_links(s.world)
        .filter(|(issue, _)| issue.open && !issue.is_pull && is_wanted(s, issue));
    for (issue, links) in wanted {
        // Without room it is not looked at for nothing: most plans are such.
        if room == 0 && left.is_full() {
            left.more += 1;
            continue;
        }
        match past.refusal(s, &known, (issue, links)) {
            None if room == 0 => left.add(issue, Why::Full(limit)),
            None => ready.push(issue),
            Some(why) => left.add(issue, why),
        }
    }
    left.say(draft);
    if !ready.is_empty() {
        pick(draft, &past, &known, &ready, room);
    }
}

/// Until when nothing is taken up, where the config names the minutes in which something is.
fn between_slots(s: &Snapshot<'_>) -> Option<SkipReason> {
    let line = s.settings.coordinator.cron.as_ref()?;
    // The config was refused if this could fail.
    let schedule = Schedule::parse(line, &s.settings.schedule.time_zone).ok()?;
    let until = schedule.next_after(s.now.minus(MINUTE))?;
    let note = format!("`[coordinator] cron` is `{line}`");
    (until > s.now).then_some(SkipReason::NotBefore { until, note })
}

/// Makes tasks of the first of what is ready.
fn pick(draft: &mut Draft<'_>, past: &Past, known: &Known, ready: &[&Issue], room: usize) {
    let s = draft.s;
    let graph = match graph::of_known(s.world, known, &BTreeMap::new(), None) {
        Ok(graph) => graph,
        Err(error) => {
            let why = error.to_string();
            return draft.skip("coordinator", None, SkipReason::NotTaken { note: why });
        }
    };
    let ranked = graph.by_rank();
    let of_issue = known.beside(ready);
    let places = (1..).zip(&ranked);
    let mut order: Vec<(usize, &Issue)> = places
        .filter_map(|(place, number)| Some((place, of_issue(*number)?)))
        .collect();
    let (mut taken, mut load) = (0, past.load.clone());
    let mut hands = Hands::of(draft);
    while taken < room && !order.is_empty() {
        if let Some(limit) = hands.all_full(draft) {
            return left_over(draft, &order, limit);
        }
        let oldest = (past.picks + taken) % OLDEST_EVERY == OLDEST_EVERY - 1;
        let first = || {
            let numbers = order.iter().map(|(_, issue)| issue.number);
            numbers.enumerate().min_by_key(|(_, number)| *number)
        };
        let at = oldest.then(first).flatten().map_or(0, |(at, _)| at);
        let (place, issue) = order.remove(at);
        let mut why = format!("rank {place} of {} open", ranked.len());
        if let Some(waiting) = graph::waiting(&graph.unblocks(issue.number)) {
            why.push_str(&format!(", {waiting}"));
        }
        if oldest {
            why.push_str(", the oldest that is ready");
        }
        match one(draft, past, issue, (&load, &hands), why) {
            Ok(agent) => {
                hands.take(&agent);
                *load.entry(agent).or_default() += 1;
                taken += 1;
            }
            // What holds the whole project holds the next one, too.
            Err(reason) if is_of_project(&reason) => {
                return draft.skip("coordinator", Some(issue.number), reason);
            }
            Err(reason) => draft.skip("coordinator", Some(issue.number), reason),
        }
    }
}

/// Says of what stays that every agent has its hands full.
fn left_over(draft: &mut Draft<'_>, order: &[(usize, &Issue)], limit: u32) {
    let (named, more) = order.split_at(order.len().min(past::SKIPS_MAX));
    for (_, issue) in named {
        let reason = SkipReason::AgentFull { limit };
        draft.skip("coordinator", Some(issue.number), reason);
    }
    past::say_more(draft, more.len());
}

/// Makes a task of an issue for the agent that it is for, or says why not now.
fn one(
    draft: &mut Draft<'_>,
    past: &Past,
    issue: &Issue,
    (load, hands): (&BTreeMap<AgentName, usize>, &Hands),
    why: String,
) -> Result<AgentName, SkipReason> {
    let s = draft.s;
    let repo = s.world.repository.as_ref().map(|r| r.id);
    let repo = repo.ok_or(SkipReason::NotSynced)?;
    let nth = past.nth(issue);
    let origin = protocol::pick_origin(issue.number, issue.changed_at, nth);
    let id = protocol::task_id(repo, &origin);
    let (agents, how) = choose::agents(draft, issue, load, past.is_withheld(s, issue));
    let mut refused = SkipReason::NotTaken {
        note: "none of its agents is in the config".to_owned(),
    };
    for agent in agents {
        let parts = Parts {
            id: id.clone(),
            origin: origin.clone(),
            issue: issue.number,
            instruction: INSTRUCTION.to_owned(),
            requester: Person::default(),
            chain: Vec::new(),
        };
        let mut task = intake::build(s.now, repo, &agent, parts);
        let full = hands.full(draft, &agent);
        let full = full.map(|limit| SkipReason::AgentFull { limit });
        if let Some(reason) = admission::refusal(draft, &task).or(full) {
            if is_of_project(&reason) {
                return Err(reason);
            }
            refused = reason;
            continue;
        }
        task.note = format!("{why}; `{agent}` {how}");
        let body = words::accepted(s, &task, &format!("queued: {}", task.note));
        draft.plan.changes.push(Change::Task(task.clone()));
        let kind = EffectKind::Accept { body };
        draft.intend(Some(&task), issue.number, format!("accept:{id}"), kind, 0);
        draft.plan.decisions.push(Decision {
            what: "pick".to_owned(),
            issue: issue.number,
            task: Some(id.to_string()),
            run: None,
            agent: Some(agent.to_string()),
            reason: task.note,
            source: "rank".to_owned(),
            overrode: None,
        });
        return Ok(agent);
    }
    Err(refused)
}

fn is_of_project(reason: &SkipReason) -> bool {
    !matches!(
        reason,
        SkipReason::AgentFull { .. }
            | SkipReason::Thinking { .. }
            | SkipReason::IssueHeld { .. }
            | SkipReason::NotTaken { .. }
    ) && !matches!(reason, SkipReason::StartsUsedUp { whose, .. } if whose != "the project")
}

/// Whether an issue bears the label that asks for it, where that asks for anything.
pub(super) fn is_wanted(s: &Snapshot<'_>, issue: &Issue) -> bool {
    let label = &s.settings.coordinator.label;
    issue.labels.iter().any(|l| l == label)
}

/// Whether a task is the coordinator's.
pub(super) fn is_pick(task: &Task) -> bool {
    protocol::pick(&task.origin).is_some()
}

/// Why a task of the coordinator that does not run is no longer wanted, if it is not.
pub(super) fn lapsed(s: &Snapshot<'_>, task: &Task) -> Option<String> {
    if !is_pick(task) {
        return None;
    }
    let issue = s.world.issues.get(&task.work.issue)?;
    let told = EffectKey(format!("result:{}", task.id));
    if !issue.open {
        return Some("the issue was closed".to_owned());
    }
    if !is_wanted(s, issue) {
        let label = &s.settings.coordinator.label;
        return Some(format!("the label `{label}` was taken off"));
    }
    if let Some(blockers) = why::blockers(s.world, issue.number, " now") {
        return Some(format!("the issue waits for {blockers}"));
    }
    if issue.is_unvouched() {
        return Some(why::unvouched(issue));
    }
    let told = s.world.effects.contains_key(&told);
    told.then(|| "it was no longer wanted when this was said".to_owned())
}
