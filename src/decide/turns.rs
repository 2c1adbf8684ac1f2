//! Whose turn it is: tasks that may start go in an order that is fair to their agents.
//!
//! Invariant: what somebody asked for goes before what the factory took up by itself, and
//! of one agent the oldest first; between agents whoever has fewer at work and in front of
//! it, then whoever was started the longest ago. So a hundred tasks of one agent hold up
//! one of another by one.

use super::coordinate;
use super::draft::Draft;
use crate::model::{AgentName, Task, TaskState, Time};
use std::collections::BTreeMap;

/// Puts tasks in the order in which they are looked at.
pub(super) fn in_turn(draft: &Draft<'_>, tasks: &mut Vec<&Task>) {
    let class = |task: &Task| coordinate::is_pick(task);
    tasks.sort_by(|a, b| {
        let place = |task: &Task| (class(task), task.created_at);
        (place(a), &a.id).cmp(&(place(b), &b.id))
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
        let may = matches!(task.state, TaskState::Queued | TaskState::Blocked);
        let waits = may && task.not_before <= draft.s.now;
        let turn = if waits {
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
