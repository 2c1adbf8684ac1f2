//! Open issues that are wanted become tasks, the highest ranked first, with no model.
//!
//! Invariant: an issue is taken once for each time that somebody changed it: the moment of
//! that change is in the task's origin, so any ledger gives the task the same name. Nothing
//! is taken that waits for something, that is claimed, or whose dependencies are not known
//! as of its last change; every [`OLDEST_EVERY`]th time the oldest goes first, so that none starves.
//! [`choose`](super::choose) says which agent.

use super::draft::Draft;
use super::graph::known;
use super::intake::{self, Parts};
use super::{admission, choose, operator, words};
use crate::mention as protocol;
use crate::model::plan::Decision;
use crate::model::{
    AgentName, Change, EffectKey, EffectKind, EffectState, Issue, MarkKind, Person, SkipReason,
    Snapshot, Task, TaskState, Time, WorkKey,
};
use std::collections::BTreeMap;

/// What is asked of the agent that is chosen; no word of it routes.
pub const INSTRUCTION: &str = "Do what this issue asks for, and nothing else.";
/// Issues left alone that a plan gives its reason for; `adf rank` shows all.
const SKIPS_MAX: usize = 50;
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
    let past = Past::of(draft);
    let mut ready: Vec<&Issue> = Vec::new();
    let mut left = Vec::new();
    for issue in s.world.issues.values() {
        if issue.is_pull || !issue.open || !is_wanted(s, issue) {
            continue;
        }
        match past.refusal(s, issue) {
            None => ready.push(issue),
            Some(why) => left.push((issue.number, why)),
        }
    }
    said(draft, left);
    let limit = usize::try_from(s.settings.coordinator.open).unwrap_or(usize::MAX);
    let room = limit.saturating_sub(past.open);
    if room == 0 {
        let why = format!("the coordinator's limit of open tasks, {limit}, is reached");
        let full = ready.iter().map(|issue| (issue.number, why.clone()));
        return said(draft, full.collect());
    }
    if !ready.is_empty() {
        pick(draft, &past, &ready, room);
    }
}

/// Makes tasks of the first of what is ready.
fn pick(draft: &mut Draft<'_>, past: &Past, ready: &[&Issue], room: usize) {
    let s = draft.s;
    let ranked = match known::graph(s.world, None) {
        Ok(graph) => graph.by_rank(),
        Err(error) => {
            let why = error.to_string();
            return draft.skip("coordinator", None, SkipReason::NotTaken { note: why });
        }
    };
    let mut waiting: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for links in s.world.links.values() {
        for blocker in links.on.iter().filter(|b| b.repo.is_none()) {
            waiting.entry(blocker.number).or_default().push(links.issue);
        }
    }
    let of_issue: BTreeMap<u64, &Issue> = ready.iter().map(|i| (i.number, *i)).collect();
    let places = ranked.iter().enumerate();
    let mut order: Vec<(usize, &Issue)> = places
        .filter_map(|(place, n)| Some((place + 1, *of_issue.get(n)?)))
        .collect();
    let (mut taken, mut load) = (0, past.load.clone());
    while taken < room && !order.is_empty() {
        let oldest = (past.picks + taken) % OLDEST_EVERY == OLDEST_EVERY - 1;
        let numbers = order.iter().enumerate();
        let first = numbers.min_by_key(|(_, (_, issue))| issue.number);
        let at = first.map_or(0, |(at, _)| at);
        let (place, issue) = order.remove(if oldest { at } else { 0 });
        let mut why = format!("rank {place} of {} open", ranked.len());
        let blocked = waiting.get(&issue.number).map_or(&[][..], Vec::as_slice);
        let open = |n: &&u64| s.world.issues.get(n).is_some_and(|i| i.open);
        let blocked: Vec<String> = blocked
            .iter()
            .filter(open)
            .map(|n| format!("#{n}"))
            .collect();
        if !blocked.is_empty() {
            why.push_str(&format!(", {} wait for it", blocked.join(" ")));
        }
        if oldest {
            why.push_str(", the oldest that is ready");
        }
        match one(draft, past, issue, &load, why) {
            Ok(agent) => {
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

/// Makes a task of an issue for the agent that it is for, or says why not now.
fn one(
    draft: &mut Draft<'_>,
    past: &Past,
    issue: &Issue,
    load: &BTreeMap<AgentName, usize>,
    why: String,
) -> Result<AgentName, SkipReason> {
    let s = draft.s;
    let repo = s.world.repository.as_ref().map(|r| r.id);
    let repo = repo.ok_or(SkipReason::NotSynced)?;
    let nth = past.nth(issue);
    let origin = protocol::pick_origin(issue.number, issue.changed_at, nth);
    let id = protocol::task_id(repo, &origin);
    let (agents, how) = choose::agents(draft, issue, load);
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
        if let Some(reason) = admission::refusal(draft, &task) {
            if is_of_project(&reason) {
                return Err(reason);
            }
            refused = reason;
            continue;
        }
        task.note = format!("{why}; `{agent}` {how}");
        let body = words::accepted(&task, &format!("queued: {}", task.note));
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
        SkipReason::AgentFull { .. } | SkipReason::IssueHeld { .. } | SkipReason::NotTaken { .. }
    ) && !matches!(reason, SkipReason::StartsUsedUp { whose, .. } if whose != "the project")
}

fn is_wanted(s: &Snapshot<'_>, issue: &Issue) -> bool {
    let label = &s.settings.coordinator.label;
    issue.labels.iter().any(|l| l == label)
}

/// Says of some issues why they are left alone, of the rest how many they are.
fn said(draft: &mut Draft<'_>, left: Vec<(u64, String)>) {
    let more = left.len().saturating_sub(SKIPS_MAX);
    for (issue, why) in left.into_iter().take(SKIPS_MAX) {
        draft.skip(
            "coordinator",
            Some(issue),
            SkipReason::NotTaken { note: why },
        );
    }
    if more > 0 {
        let why = format!("{more} more issues, each for a reason that `adf rank` shows");
        draft.skip("coordinator", None, SkipReason::NotTaken { note: why });
    }
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
    let blockers = s.world.waits_for(issue.number);
    if !blockers.is_empty() {
        return Some(format!("the issue waits for {} now", blockers.join(", ")));
    }
    let told = s.world.effects.contains_key(&told);
    told.then(|| "it was no longer wanted when this was said".to_owned())
}

/// What was done about issues before.
struct Past {
    /// Issues with work that is not over, and by which task.
    busy: BTreeMap<u64, String>,
    /// Issues whose work waits to be merged, and where.
    review: BTreeMap<u64, u64>,
    /// By issue, the latest change for which it was taken, in seconds.
    taken: BTreeMap<u64, i64>,
    /// How often an issue was let go again before anything was done, by that change.
    let_go: BTreeMap<(u64, i64), u32>,
    /// The coordinator's tasks that are not over.
    open: usize,
    /// All that it ever took.
    picks: usize,
    /// Tasks that are not over, by agent.
    load: BTreeMap<AgentName, usize>,
}

impl Past {
    fn of(draft: &Draft<'_>) -> Past {
        let s = draft.s;
        let mut past = Past {
            busy: BTreeMap::new(),
            review: BTreeMap::new(),
            taken: BTreeMap::new(),
            let_go: BTreeMap::new(),
            open: 0,
            picks: 0,
            load: BTreeMap::new(),
        };
        for task in s.world.tasks.values() {
            past.add(s, task);
        }
        // What this very plan has accepted, and mentions that are still to be decided.
        for change in &draft.plan.changes {
            if let Change::Task(task) = change
                && !task.state.is_final()
            {
                past.busy.insert(task.work.issue, task.id.to_string());
            }
        }
        let pending = s.world.pending.iter();
        for mention in pending.filter_map(|id| s.world.mentions.get(id)) {
            if !mention.older {
                past.busy.insert(mention.issue, mention.task.to_string());
            }
        }
        past.claims(s);
        past
    }

    fn add(&mut self, s: &Snapshot<'_>, task: &Task) {
        let WorkKey { issue, .. } = task.work;
        if !task.state.is_final() {
            self.busy.insert(issue, task.id.to_string());
            *self.load.entry(task.agent.clone()).or_default() += 1;
            // What waits for a person takes nobody's place.
            let waits =
                task.state == TaskState::NeedsClarification || task.not_before == Time::NEVER;
            self.open += usize::from(is_pick(task) && !waits);
        } else if let (TaskState::Done, Some(pull)) = (&task.state, task.pull)
            && s.world.issues.get(&pull).is_none_or(|pull| pull.open)
        {
            self.review.insert(issue, pull);
        }
        let Some((issue, at, nth)) = protocol::pick(&task.origin) else {
            return;
        };
        self.picks += 1;
        if was_let_go(s, task) {
            let most = self.let_go.entry((issue, at)).or_default();
            *most = nth.max(*most);
        } else {
            let latest = self.taken.entry(issue).or_insert(at);
            *latest = at.max(*latest);
        }
    }

    /// What other factories, or this one before its ledger was lost, say they took.
    fn claims(&mut self, s: &Snapshot<'_>) {
        for (id, marks) in &s.world.marks {
            if s.world.tasks.contains_key(id) {
                continue;
            }
            for mark in marks.iter().filter(|m| m.kind == MarkKind::Accept) {
                if let Some((issue, at, _)) = protocol::pick(&mark.origin) {
                    let latest = self.taken.entry(issue).or_insert(at);
                    *latest = at.max(*latest);
                }
            }
        }
    }

    /// Why an issue is not ready to be taken; `None` when it is.
    fn refusal(&self, s: &Snapshot<'_>, issue: &Issue) -> Option<String> {
        let number = issue.number;
        if let Some(task) = self.busy.get(&number) {
            return Some(format!("task {task} is about it"));
        }
        if let Some(pull) = self.review.get(&number) {
            return Some(format!("its work waits in #{pull}"));
        }
        let person = &s.settings.failures.label;
        if issue.labels.contains(person) {
            return Some(format!("it needs a person, says the label `{person}`"));
        }
        if self
            .taken
            .get(&number)
            .is_some_and(|at| *at >= issue.changed_at.seconds())
        {
            return Some("it was taken up before and nobody has changed it since".to_owned());
        }
        let links = s.world.links.get(&number);
        if !links.is_some_and(|links| links.cover(issue.updated_at)) {
            return Some("what it depends on was not read since it moved".to_owned());
        }
        let blockers = s.world.waits_for(number);
        (!blockers.is_empty()).then(|| format!("it waits for {}", blockers.join(", ")))
    }

    /// The number of the next attempt to take an issue as it is.
    fn nth(&self, issue: &Issue) -> u32 {
        let key = (issue.number, issue.changed_at.seconds());
        self.let_go.get(&key).map_or(1, |nth| nth.saturating_add(1))
    }
}

/// Whether a task ended before it was begun because it had lapsed, and not because an
/// operator or another factory ended it.
fn was_let_go(s: &Snapshot<'_>, task: &Task) -> bool {
    let accepted = EffectKey(format!("accept:{}", task.id));
    let accepted = s.world.effects.get(&accepted).map(|e| &e.state);
    task.state == TaskState::Cancelled
        && !task.adopted
        && !s.world.cancelled.contains_key(&task.id)
        && matches!(accepted, Some(EffectState::Done { .. }))
        && s.world.runs_of(&task.id).next().is_none()
}
