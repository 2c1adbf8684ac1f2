//! Who may start now: slots, starts an hour and a day, one writer per issue.
//!
//! Invariant: a limit counts what runs, what this plan already starts, and, for
//! starts, every run of the ledger; a restart is no amnesty.

use super::{draft::Draft, operator};
use crate::model::settings::{Agent, ProjectLimits};
use crate::model::{AgentName, Exit, Repository, Run, SkipReason, Task, TaskState, Time};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Why `task` may not start a run now; `None` when it may.
pub(super) fn refusal(draft: &Draft<'_>, task: &Task) -> Option<SkipReason> {
    let s = draft.s;
    if s.draining {
        return Some(SkipReason::Draining);
    }
    if let Some(reason) = operator::held(s) {
        return Some(reason);
    }
    let Some(agent) = s.settings.agents.get(&task.agent) else {
        return Some(SkipReason::NoAgent {
            agent: task.agent.to_string(),
        });
    };
    if let Some(text) = s.unfit {
        return Some(SkipReason::Unfit {
            text: text.to_owned(),
        });
    }
    if let Some(note) = s.world.repository.as_ref().and_then(Repository::blocker) {
        return Some(SkipReason::Blocked { note });
    }
    if task.not_before > s.now {
        return Some(SkipReason::NotBefore {
            until: task.not_before,
            note: task.note.clone(),
        });
    }
    issue_held(draft, task)
        .or_else(|| slots(draft, agent))
        .or_else(|| starts(draft, None, &s.settings.limits, agent))
        .or_else(|| starts(draft, Some(&agent.name), &s.settings.limits, agent))
        .or_else(|| thinking(draft, agent))
}

/// The least time between two starts of an agent, by its tier.
fn thinking(draft: &Draft<'_>, agent: &Agent) -> Option<SkipReason> {
    let tier = agent.tier.as_ref()?;
    let least = *draft.s.settings.limits.think.get(tier)?;
    let started = draft.recent.iter().filter(|run| run.agent == agent.name);
    let now = draft
        .started
        .contains_key(&agent.name)
        .then_some(draft.s.now);
    let last = started.map(|run| run.created_at).chain(now).max()?;
    let until = last.plus(least);
    (until > draft.s.now).then(|| SkipReason::Thinking {
        agent: agent.name.to_string(),
        tier: tier.clone(),
        seconds: least.as_secs(),
        until,
    })
}

fn issue_held(draft: &Draft<'_>, task: &Task) -> Option<SkipReason> {
    if draft.taken.contains(&task.work.issue) {
        return Some(SkipReason::IssueHeld {
            task: "started just now".to_owned(),
        });
    }
    let open_run = draft.open.iter().find(|r| r.work == task.work);
    if let Some(run) = open_run {
        return Some(SkipReason::IssueHeld {
            task: run.task.to_string(),
        });
    }
    let holder = draft
        .busy
        .iter()
        .find(|other| other.id != task.id && other.work == task.work);
    holder.map(|other| SkipReason::IssueHeld {
        task: other.id.to_string(),
    })
}

fn slots(draft: &Draft<'_>, agent: &Agent) -> Option<SkipReason> {
    let s = draft.s;
    let count = |of: Option<&AgentName>| {
        let runs = draft
            .open
            .iter()
            .filter(|r| of.is_none_or(|a| r.agent == *a));
        let planned: u32 = draft
            .started
            .iter()
            .filter(|(name, _)| of.is_none_or(|a| *name == a))
            .map(|(_, n)| *n)
            .sum();
        u32::try_from(runs.count())
            .unwrap_or(u32::MAX)
            .saturating_add(planned)
    };
    let project = s.settings.limits.concurrency;
    if count(None) >= project {
        return Some(SkipReason::ProjectFull { limit: project });
    }
    let limit = agent.limits.concurrency;
    (count(Some(&agent.name)) >= limit).then_some(SkipReason::AgentFull { limit })
}

fn starts(
    draft: &Draft<'_>,
    of: Option<&AgentName>,
    project: &ProjectLimits,
    agent: &Agent,
) -> Option<SkipReason> {
    let (hourly, daily) = match of {
        None => (project.starts_per_hour, project.starts_per_day),
        Some(_) => (agent.limits.starts_per_hour, agent.limits.starts_per_day),
    };
    let spans = [("hour", HOUR, hourly), ("day", DAY, daily)];
    spans.into_iter().find_map(|(word, span, limit)| {
        let until = used_up(draft, of, span, limit)?;
        Some(SkipReason::StartsUsedUp {
            whose: of.map_or_else(|| "the project".to_owned(), ToString::to_string),
            span: word.to_owned(),
            limit,
            until,
        })
    })
}

/// When the next start is free, if the starts within `span` are used up.
fn used_up(draft: &Draft<'_>, of: Option<&AgentName>, span: Duration, limit: u32) -> Option<Time> {
    let since = draft.s.now.minus(span);
    let counted = |run: &&&Run| run.created_at > since && of.is_none_or(|a| run.agent == *a);
    let counted = draft.recent.iter().filter(counted);
    let mut times: Vec<Time> = counted.map(|run| run.created_at).collect();
    let planned: u32 = draft
        .started
        .iter()
        .filter(|(name, _)| of.is_none_or(|a| *name == a))
        .map(|(_, n)| *n)
        .sum();
    times.extend((0..planned).map(|_| draft.s.now));
    times.sort_unstable();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let excess = times.len().checked_sub(limit)?;
    times
        .get(excess)
        .map(|t| t.plus(span))
        .or(Some(draft.s.now.plus(span)))
}

/// Those of some runs that count as starts of the last day.
pub(super) fn recent<'a>(runs: impl Iterator<Item = &'a Run>, now: Time) -> Vec<&'a Run> {
    let since = now.minus(DAY);
    runs.filter(|run| run.created_at > since && !never_started(run))
        .collect()
}

/// Whether a task holds its issue.
pub(super) fn is_busy(task: &Task) -> bool {
    matches!(task.state, TaskState::Running | TaskState::Delivering)
}

fn never_started(run: &Run) -> bool {
    run.outcome()
        .is_some_and(|o| matches!(o.exit, Exit::NotStarted { .. }))
}
