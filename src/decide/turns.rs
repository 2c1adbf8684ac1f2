//! Whose turn it is: tasks that may start go in an order that is fair to their agents.
//!
//! Invariant: what somebody asked for goes before what the factory took up by itself, of
//! one agent the oldest first; of its own the highest ranked as of now goes first, and none
//! starves, because nothing is taken up while something that was could start. Between agents
//! goes whoever has fewer at work and in front of it, then whoever was started the longest
//! ago. So a hundred tasks of one agent hold up one of another by one.

use super::coordinate;
use super::draft::Draft;
use super::graph;
use crate::model::{AgentName, Task, TaskState, Time};
use std::collections::{BTreeMap, BTreeSet};

/// Puts tasks in the order in which they are looked at.
pub(super) fn in_turn(draft: &Draft<'_>, tasks: &mut Vec<&Task>) {
    let class = |task: &Task| coordinate::is_pick(task);
    let of_picks = places(draft, tasks);
    tasks.sort_by_cached_key(|task| {
        let place = of_picks.get(&task.work.issue);
        let place = place.copied().filter(|_| class(task)).unwrap_or_default();
        (
            class(task),
            place,
            task.created_at,
            task.work.issue,
            &task.id,
        )
    });
    let mut ahead: BTreeMap<(bool, &AgentName), usize> = BTreeMap::new();
    for run in &draft.open {
        for class in [false, true] {
            *ahead.entry((class, &run.agent)).or_default() += 1;
        }
    }
    let mut started: BTreeMap<&AgentName, Time> = BTreeMap::new();
    for run in &draft.recent {
        let last = started.entry(&run.agent).or_default();
        *last = run.created_at.max(*last);
    }
    let mut turns: Vec<((bool, usize, Time), &Task)> = Vec::with_capacity(tasks.len());
    for task in tasks.iter() {
        let class = class(task);
        let turn = if waits(task, draft.s.now) {
            let ahead = ahead.entry((class, &task.agent)).or_default();
            let last = started.get(&task.agent).copied().unwrap_or_default();
            *ahead += 1;
            (class, *ahead, last)
        } else {
            // It takes nobody's place any more.
            (class, 0, Time::default())
        };
        turns.push((turn, task));
    }
    turns.sort_by_key(|(turn, _)| *turn);
    *tasks = turns.into_iter().map(|(_, task)| task).collect();
}

/// Whether a task could be started now, for all that it says itself.
pub(super) fn waits(task: &Task, now: Time) -> bool {
    let may = matches!(task.state, TaskState::Queued | TaskState::Blocked);
    may && task.not_before <= now
}

/// The ranks as of now of issues that the coordinator's waiting tasks are about; none while
/// there is nothing to choose between, because ranks cost more than the rest of most plans.
fn places(draft: &Draft<'_>, tasks: &[&Task]) -> BTreeMap<u64, usize> {
    let world = draft.s.world;
    let of_picks = tasks.iter().filter(|task| coordinate::is_pick(task));
    let waiting = of_picks.filter(|task| waits(task, draft.s.now));
    let issues: BTreeSet<u64> = waiting.map(|task| task.work.issue).collect();
    if issues.len() < 2 {
        return BTreeMap::new();
    }
    let graph = graph::graph(world, &BTreeMap::new(), None);
    let ranked = graph.map_or_else(|_| Vec::new(), |graph| graph.by_rank());
    let places = ranked.into_iter().zip(0..);
    places.filter(|(issue, _)| issues.contains(issue)).collect()
}
