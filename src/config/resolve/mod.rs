//! Raw → settings: defaults, paths, and what no schema can say.
//!
//! Each part takes its section as written and returns it as the factory uses
//! it; faults are collected on the way, so that a part always returns something.
//!
//! Invariant: what is returned may be used only if no error was collected.

mod agents;
mod coordinator;
mod failures;
mod forge;
mod guard;
mod limits;
mod notify;
mod prompts;
mod providers;
mod roles;
mod routing;
mod status;
mod walls;
mod webhook;

use super::fault::Faults;
use super::raw::Raw;
use super::secret::SecretSources;
use super::span;
use crate::model::Time;
use crate::model::settings::{MentionSettings, Nightwatch, ScheduleSettings, Settings};
use crate::schedule;
pub use forge::default_state_dir;
pub(super) use forge::state_dir;
pub use prompts::{EDITOR_PROMPT, READER_PROMPT, WRITER_PROMPT};
pub use webhook::WebhookSettings;

use std::path::{Component, Path, PathBuf};

/// What every part needs.
pub(super) struct Resolver<'f, 'd> {
    pub faults: &'f mut Faults<'d>,
    /// The folder of the config file, absolute.
    pub base: &'f Path,
    /// The config file, absolute.
    pub config: &'f Path,
    /// The state directory that systemd made, if it did.
    pub state_directory: Option<PathBuf>,
    /// The moment: exceptions end.
    pub now: Time,
}

impl Resolver<'_, '_> {
    /// The whole config.
    pub(super) fn resolve(
        &mut self,
        raw: Raw,
    ) -> (Settings, SecretSources, Option<WebhookSettings>) {
        let state_dir = self.state_dir(&raw.project);
        let mut secrets = self.secrets(&raw.gitea, &state_dir);
        let webhook = self.webhook(&raw.webhook);
        let schedule = self.schedule(&raw.schedule);
        let (providers, keys) = self.providers(raw.providers);
        secrets.keys = keys;
        let (notify, sinks) = self.notify(raw.notify, &schedule.time_zone);
        secrets.sinks = sinks;
        let limits = self.project_limits(&raw.limits);
        let routing = self.routing(&raw.routing, &providers);
        let roles = self.roles(raw.roles);
        let around = agents::Around {
            providers: &providers,
            roles: &roles,
            routing: &routing,
            zone: &schedule.time_zone,
            limits: &limits,
            environment: &raw.walls.environment,
        };
        let mut agents = self.agents(raw.agents, &around);
        self.idle_think(&limits, &agents);
        let guard = self.guard(raw.guard, &agents);
        let coordinator = self.coordinator(&raw.coordinator, &mut agents, &schedule.time_zone);
        let taken = [
            (raw.coordinator.label.as_str(), "the label of wanted issues"),
            (raw.failures.label.as_str(), "the label that calls a person"),
        ];
        let status = self.status(raw.status, &taken);
        let settings = Settings {
            project: raw.project.name,
            forge: self.forge(&raw.gitea),
            schedule,
            mentions: mentions(raw.mentions.allow, raw.mentions.max_per_passage),
            agents,
            providers,
            limits,
            walls: self.walls(raw.walls, &state_dir, &secrets, webhook.as_ref()),
            delivery: self.delivery(raw.delivery),
            failures: self.failures(raw.failures),
            guard,
            routing,
            coordinator,
            status,
            nightwatch: Nightwatch {
                enabled: raw.nightwatch.enabled,
                stalled_after: span::resolve(
                    &raw.nightwatch.stalled_after,
                    span::STALLED,
                    "/nightwatch/stalled_after",
                    self.faults,
                ),
                forge_away_after: span::resolve(
                    &raw.nightwatch.forge_away_after,
                    span::AWAY,
                    "/nightwatch/forge_away_after",
                    self.faults,
                ),
            },
            notify,
            backup_max_age: self.backup_max_age(&raw.backup),
            state_dir,
        };
        (settings, secrets, webhook)
    }

    /// How old the last backup may be, where that is watched.
    fn backup_max_age(&mut self, raw: &super::raw::Backup) -> Option<std::time::Duration> {
        let at = "/backup/max_age";
        if !raw.watched && self.faults.doc.has(at) {
            let message = "`max_age` has no effect when backups are not watched".to_owned();
            self.faults
                .key_error(at, message, "take it out, or write watched = true");
        }
        let age = span::resolve(&raw.max_age, span::BACKUP_AGE, at, self.faults);
        raw.watched.then_some(age)
    }

    fn schedule(&mut self, raw: &super::raw::Schedule) -> ScheduleSettings {
        let mut time_zone = raw.time_zone.clone();
        if let Err(error) = schedule::Zone::named(&time_zone) {
            let help = "an IANA name, with its case, such as UTC or Europe/Berlin";
            self.faults
                .error("/schedule/time_zone", error.to_string(), help);
            // Cron lines are still checked, and not blamed for the zone.
            time_zone = "UTC".to_owned();
        }
        ScheduleSettings {
            tick: span::resolve(&raw.tick, span::TICK, "/schedule/tick", self.faults),
            mentions_every: raw.mentions_every,
            time_zone,
        }
    }

    /// A path of the config: relative ones start at the config's folder.
    fn path(&mut self, path: &Path, pointer: &str) -> PathBuf {
        if path.starts_with("~") || path.to_string_lossy().contains('$') {
            let message = format!("`{}` is not expanded", path.display());
            let help =
                "neither `~` nor variables mean anything inside a config file; write the path out";
            self.faults.error(pointer, message, help);
        }
        lexical(&self.base.join(path))
    }
}

fn mentions(allow: Vec<String>, max_per_passage: u32) -> MentionSettings {
    let mut allow: Vec<String> = allow.iter().map(|login| login.to_lowercase()).collect();
    allow.sort();
    allow.dedup();
    MentionSettings {
        allow,
        max_per_passage,
    }
}

/// Without `.` and `..`, as far as the text alone can tell.
#[must_use]
pub fn lexical(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}
