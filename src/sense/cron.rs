//! Schedules become fires: one fact for each slot that comes due.
//!
//! Invariant: a slot fires at most once, and only while the factory is awake;
//! slots that passed while it was down are skipped, as crontab does.

use crate::model::{AgentName, Change, Fire, Time, settings::Settings};
use crate::schedule::{Schedule, ScheduleError};

/// All schedules of a project.
#[derive(Debug)]
pub struct CronSource {
    schedules: Vec<(AgentName, Schedule)>,
    seen: Time,
}

impl CronSource {
    /// The schedules of `settings`, awake from `now` on.
    ///
    /// # Errors
    /// A line or zone that does not parse; the config check refuses both before.
    pub fn new(settings: &Settings, now: Time) -> Result<CronSource, ScheduleError> {
        let mut schedules = Vec::new();
        for agent in settings.agents.values() {
            if let Some(cron) = &agent.cron {
                let schedule = Schedule::parse(&cron.line, &settings.schedule.time_zone)?;
                schedules.push((agent.name.clone(), schedule));
            }
        }
        Ok(CronSource {
            schedules,
            seen: now,
        })
    }

    /// The next slot of any schedule.
    #[must_use]
    pub fn next(&self) -> Option<Time> {
        self.schedules
            .iter()
            .filter_map(|(_, s)| s.next_after(self.seen))
            .min()
    }

    /// The latest slot of each schedule that came due up to `now`.
    pub fn due(&mut self, now: Time) -> Vec<Change> {
        let mut fires = Vec::new();
        for (agent, schedule) in &self.schedules {
            let mut slot = schedule.next_after(self.seen).filter(|t| *t <= now);
            while let Some(next) = slot
                .and_then(|t| schedule.next_after(t))
                .filter(|t| *t <= now)
            {
                slot = Some(next);
            }
            if let Some(slot) = slot {
                fires.push(Change::Fire(Fire {
                    agent: agent.clone(),
                    slot,
                }));
            }
        }
        self.seen = self.seen.max(now);
        fires
    }
}
