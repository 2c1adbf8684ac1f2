//! Limits: of the project and of each agent, and the two warnings about them:
//! a limit far above its default, and one that another limit makes idle.
//!
//! Invariant: no limit is zero but where zero forbids (`mentions`, `issues`);
//! the schema sees to the numbers, [`span`] to the times.

use super::Resolver;
use crate::config::document::child;
use crate::config::raw::{self, Span};
use crate::config::{explain, span};
use crate::model::AgentName;
use crate::model::settings::{Agent, AgentLimits, ProjectLimits};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A limit this many times looser than its default is warned about.
const LOOSE_FACTOR: u64 = 10;

impl Resolver<'_, '_> {
    pub(super) fn project_limits(&mut self, raw: &raw::Limits) -> ProjectLimits {
        let at = "/limits";
        let usual = raw::Limits::default();
        self.loosened(
            at,
            &[
                (
                    "concurrency",
                    raw.concurrency.into(),
                    usual.concurrency.into(),
                ),
                (
                    "starts_per_hour",
                    raw.starts_per_hour.into(),
                    usual.starts_per_hour.into(),
                ),
                (
                    "starts_per_day",
                    raw.starts_per_day.into(),
                    usual.starts_per_day.into(),
                ),
                ("output_bytes", raw.output_bytes, usual.output_bytes),
                ("bundle_bytes", raw.bundle_bytes, usual.bundle_bytes),
                ("grace", seconds(&raw.grace), seconds(&usual.grace)),
                ("state_bytes", raw.state_bytes, usual.state_bytes),
                (
                    "keep_runs",
                    seconds(&raw.keep_runs),
                    seconds(&usual.keep_runs),
                ),
            ],
        );
        // The one that is looser when it is smaller.
        let (free, usual_free) = (raw.disk_free_bytes, usual.disk_free_bytes);
        if free.saturating_mul(LOOSE_FACTOR) < usual_free {
            self.warn_loose(at, "disk_free_bytes", free, usual_free);
        }
        self.idle(
            at,
            "starts_per_hour",
            raw.starts_per_hour,
            "starts_per_day",
            raw.starts_per_day,
        );
        ProjectLimits {
            concurrency: raw.concurrency,
            starts_per_hour: raw.starts_per_hour,
            starts_per_day: raw.starts_per_day,
            output_bytes: raw.output_bytes,
            bundle_bytes: raw.bundle_bytes,
            disk_free_bytes: raw.disk_free_bytes,
            state_bytes: raw.state_bytes,
            keep_runs: span::resolve(
                &raw.keep_runs,
                span::KEEP_RUNS,
                "/limits/keep_runs",
                self.faults,
            ),
            grace: span::resolve(&raw.grace, span::GRACE, "/limits/grace", self.faults),
            think: self.think(&raw.think),
        }
    }

    fn think(&mut self, raw: &BTreeMap<String, Span>) -> BTreeMap<String, Duration> {
        let of_tier = |(tier, least): (&String, &Span)| {
            let at = child("/limits/think", tier);
            let least = span::resolve(least, span::THINK, &at, self.faults);
            (tier.clone(), least)
        };
        raw.iter().map(of_tier).collect()
    }

    /// A think interval of a tier that no agent is of has no effect.
    pub(super) fn idle_think(
        &mut self,
        limits: &ProjectLimits,
        agents: &BTreeMap<AgentName, Agent>,
    ) {
        let tiers: BTreeSet<&str> = agents.values().filter_map(|a| a.tier.as_deref()).collect();
        let tiers: Vec<String> = tiers.into_iter().map(str::to_owned).collect();
        for tier in limits.think.keys().filter(|tier| !tiers.contains(tier)) {
            let message = format!("no agent is of the tier `{tier}`");
            let help = explain::offer(explain::nearest(tier, &tiers), &tiers, "tiers");
            self.faults
                .error(&child("/limits/think", tier), message, help);
        }
    }

    pub(super) fn agent_limits(
        &mut self,
        at: &str,
        raw: &raw::AgentLimits,
        project: &ProjectLimits,
    ) -> AgentLimits {
        let usual = raw::AgentLimits::default();
        self.loosened(
            at,
            &[
                (
                    "wall_time",
                    seconds(&raw.wall_time),
                    seconds(&usual.wall_time),
                ),
                ("steps", raw.steps.into(), usual.steps.into()),
                (
                    "starts_per_hour",
                    raw.starts_per_hour.into(),
                    usual.starts_per_hour.into(),
                ),
                (
                    "starts_per_day",
                    raw.starts_per_day.into(),
                    usual.starts_per_day.into(),
                ),
                (
                    "concurrency",
                    raw.concurrency.into(),
                    usual.concurrency.into(),
                ),
                ("attempts", raw.attempts.into(), usual.attempts.into()),
            ],
        );
        let of_project = "the project's limit";
        self.idle(
            at,
            "starts_per_hour",
            raw.starts_per_hour,
            of_project,
            project.starts_per_hour,
        );
        self.idle(
            at,
            "starts_per_day",
            raw.starts_per_day,
            of_project,
            project.starts_per_day,
        );
        self.idle(
            at,
            "concurrency",
            raw.concurrency,
            of_project,
            project.concurrency,
        );
        AgentLimits {
            wall_time: span::resolve(
                &raw.wall_time,
                span::WALL_TIME,
                &child(at, "wall_time"),
                self.faults,
            ),
            steps: raw.steps,
            starts_per_hour: raw.starts_per_hour,
            starts_per_day: raw.starts_per_day,
            concurrency: raw.concurrency,
            attempts: raw.attempts,
            mentions: raw.mentions,
            issues: raw.issues,
        }
    }

    /// Limits by key, each with its value and its default.
    fn loosened(&mut self, at: &str, limits: &[(&str, u64, u64)]) {
        for &(key, value, usual) in limits {
            if value > usual.saturating_mul(LOOSE_FACTOR) {
                self.warn_loose(at, key, value, usual);
            }
        }
    }

    fn warn_loose(&mut self, at: &str, key: &str, value: u64, usual: u64) {
        self.faults.warning(
            &child(at, key),
            format!("{value} is more than {LOOSE_FACTOR} times looser than the default, {usual}"),
            "the defaults are such that nothing can burn a budget over a weekend; make sure this one is meant",
        );
    }

    /// A limit that was written down and that another makes idle.
    fn idle(&mut self, at: &str, key: &str, value: u32, other: &str, limit: u32) {
        let pointer = child(at, key);
        if value > limit && self.faults.doc.has(&pointer) {
            self.faults.warning(
                &pointer,
                format!("{value} has no effect: {other} of {limit} is reached first"),
                format!("write {limit} or less, or raise the other"),
            );
        }
    }
}

fn seconds(span: &Span) -> u64 {
    span::parse(span).map_or(0, |time| time.as_secs())
}
