//! How many more tasks each agent could start: what runs, what waits for its turn, and what
//! the coordinator takes up.
//!
//! Invariant: counted as of this very plan. What an agent could not start anyway is better
//! left where it is: there the rank of the day decides, and nothing is promised.

use super::draft::Draft;
use super::turns;
use crate::model::{AgentName, Change, Task, TaskId};
use std::collections::BTreeMap;

/// What each agent has in hand.
pub(super) struct Hands(BTreeMap<AgentName, u32>);

impl Hands {
    /// What runs and what waits for its turn.
    pub fn of(draft: &Draft<'_>) -> Hands {
        let world = draft.s.world;
        let left = world.unsettled.iter();
        let tasks = left.filter_map(|id| world.tasks.get(id));
        let planned = draft.plan.changes.iter().filter_map(|change| match change {
            Change::Task(task) => Some(task),
            _ => None,
        });
        // The later one is what the plan makes of it.
        let tasks: BTreeMap<&TaskId, &Task> =
            tasks.chain(planned).map(|task| (&task.id, task)).collect();
        let waiting = tasks
            .values()
            .filter(|task| turns::waits(task, draft.s.now));
        let mut hands = Hands(draft.started.clone());
        let open = draft.open.iter().map(|run| &run.agent);
        for agent in open.chain(waiting.map(|task| &task.agent)) {
            hands.take(agent);
        }
        hands
    }

    /// Gives an agent one more.
    pub fn take(&mut self, agent: &AgentName) {
        *self.0.entry(agent.clone()).or_default() += 1;
    }

    /// How many an agent may run, when it has as many.
    pub fn full(&self, draft: &Draft<'_>, agent: &AgentName) -> Option<u32> {
        let settings = draft.s.settings.agents.get(agent)?;
        let limit = settings.limits.concurrency;
        (self.0.get(agent).copied().unwrap_or(0) >= limit).then_some(limit)
    }

    /// The most that one of them may run, when all that the coordinator may ask are full.
    pub fn all_full(&self, draft: &Draft<'_>) -> Option<u32> {
        let agents = draft.s.settings.coordinator.agents.iter();
        let there = agents.filter(|name| draft.s.settings.agents.contains_key(*name));
        let limits: Option<Vec<u32>> = there.map(|agent| self.full(draft, agent)).collect();
        limits?.into_iter().max()
    }
}
