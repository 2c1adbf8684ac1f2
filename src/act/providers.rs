//! The providers of a config → whether each can work on this machine, looked at
//! for free: is its program there, does it start, is there a key.
//!
//! Invariant: no token is spent and no key is read here; a provider in use that
//! cannot work is an open alert in the ledger, and `decide::health` passes it over
//! until the alert is cleared. A missing key alone is shown and not held against it.

use super::machine::Machine;
use super::supervise::environment::SYSTEM_PATH;
use super::supervise::version::{Version, version};
use crate::model::alert::PROVIDER;
use crate::model::settings::{self, Settings};
use crate::model::{Alert, Change, Time};
use crate::provider::{self, place};
use crate::routing;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::MissedTickBehavior;

/// How often the providers in use are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// How the token of a subscription begins, which goes by another variable than a key.
const SUBSCRIPTION: &str = "sk-ant-oat";

/// How a provider would log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum Login {
    /// It needs none: a script, or an address of its own.
    NotNeeded,
    /// The config names a key, and it can be read.
    Key,
    /// A variable of `[walls] environment` holds one.
    Variable {
        /// Its name.
        name: String,
    },
    /// The config names none.
    Missing,
    /// The config names one that cannot be read.
    Unreadable {
        /// Why.
        why: String,
    },
}

/// What a look at a provider found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Look {
    /// Its program, where it was found.
    pub binary: Option<PathBuf>,
    /// What it tells of its version; nothing is asked of a script.
    pub version: Option<String>,
    /// How it would log in.
    pub login: Login,
    /// Why it cannot work, with the remedy.
    pub trouble: Option<String>,
}

/// What providers are looked up and started with.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// The factory's executable, whose folder comes first on an agent's PATH.
    pub adf: &'a Path,
    /// The variables that agents are given.
    pub environment: &'a BTreeMap<String, String>,
}

/// Versions that were told, by program as it was then.
#[derive(Debug, Default)]
pub struct Versions(BTreeMap<PathBuf, (Option<SystemTime>, Version)>);

impl Versions {
    /// Looks at a provider. `key`: whether its key can be read, where the config names one.
    pub async fn look(
        &mut self,
        (name, settings): (&str, &settings::Provider),
        key: Option<Result<(), String>>,
        ground: Ground<'_>,
    ) -> Look {
        let login = login(settings, key, ground.environment);
        let command = command(settings);
        let program = command.first().map_or("", String::as_str);
        let path = path(program, ground);
        let Some(binary) = place::find(program, &path) else {
            let trouble = format!(
                "provider `{name}` cannot work: there is no program `{program}` on the PATH of its agents; \
                 install it, or correct `command` in [providers.{name}] or PATH in `[walls] environment`"
            );
            return Look {
                binary: None,
                version: None,
                login,
                trouble: Some(trouble),
            };
        };
        let told = match settings.cli() {
            Some(_) => Some(self.of(&binary, command, &path).await),
            None => None,
        };
        let trouble = match (&told, &login) {
            (Some(Version::Dead(why)), _) => Some(format!(
                "provider `{name}` cannot work: `{program}` does not start: {why}; install it again"
            )),
            (_, Login::Unreadable { why }) => Some(format!(
                "provider `{name}` cannot work: its key cannot be read: {why}"
            )),
            _ => None,
        };
        Look {
            binary: Some(binary),
            version: told.map(|told| match told {
                Version::Told(line) => line,
                Version::Untold(why) | Version::Dead(why) => format!("not told: {why}"),
            }),
            login,
            trouble,
        }
    }

    /// The version of a program, asked again only when its file is another.
    async fn of(&mut self, binary: &Path, command: &[String], path: &str) -> Version {
        let changed = binary.metadata().and_then(|meta| meta.modified()).ok();
        if let Some((then, told)) = self.0.get(binary)
            && *then == changed
            && !matches!(told, Version::Dead(_))
        {
            return told.clone();
        }
        let told = version(command, path).await;
        self.0.insert(binary.to_owned(), (changed, told.clone()));
        told
    }
}

fn command(settings: &settings::Provider) -> &[String] {
    match settings {
        settings::Provider::Script { command } => command,
        other => other.cli().map_or(&[], |cli| &cli.command),
    }
}

/// The PATH on which a run finds its program.
fn path(program: &str, ground: Ground<'_>) -> String {
    let system = ground.environment.get("PATH");
    let system = system.map_or(SYSTEM_PATH, String::as_str);
    let folders = [place::folder(program), ground.adf.parent()];
    let folders = folders
        .into_iter()
        .flatten()
        .map(|f| f.display().to_string());
    let mut all: Vec<String> = folders.filter(|folder| !folder.is_empty()).collect();
    all.push(system.to_owned());
    all.join(":")
}

fn login(
    settings: &settings::Provider,
    key: Option<Result<(), String>>,
    environment: &BTreeMap<String, String>,
) -> Login {
    match (settings.cli(), key) {
        (None, _) => Login::NotNeeded,
        (_, Some(Ok(()))) => Login::Key,
        (_, Some(Err(why))) => Login::Unreadable { why },
        (Some(cli), None) => {
            let provider = provider::of(settings);
            let names = ["", SUBSCRIPTION].map(|key| provider.key_variable(key));
            let mut names = names.into_iter().flatten();
            match names.find(|name| environment.contains_key(*name)) {
                Some(name) => Login::Variable {
                    name: name.to_owned(),
                },
                None if cli.base_url.is_some() => Login::NotNeeded,
                None => Login::Missing,
            }
        }
    }
}

/// Looks at once and then every minute, until it is dropped. `alerts` are those of the ledger.
pub async fn keep_looked(machine: Arc<Machine>, alerts: BTreeMap<String, Alert>) {
    let is_open = |alert: &Alert| alert.cleared_at.is_none() && alert.cause.starts_with(PROVIDER);
    let mut open: BTreeMap<String, Alert> = alerts;
    open.retain(|_, alert| is_open(alert));
    let mut versions = Versions::default();
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let settings = machine.who.settings.get();
        let troubles = machine.troubles(&settings, &mut versions).await;
        let changes = turns(&open, &troubles, machine.tools.clock.now());
        if changes.is_empty() {
            continue;
        }
        if let Err(error) = machine.tools.ledger.commit(changes.clone()).await {
            tracing::error!(target: "adf::ledger", %error, "an alert on a provider could not be written; it is tried again");
            continue;
        }
        for change in changes {
            if let Change::Alert(alert) = change {
                let over = alert.cleared_at.is_some();
                tracing::warn!(target: "adf::alert", cause = alert.cause, over, "{}", alert.text);
                open.insert(alert.cause.clone(), alert);
            }
        }
        open.retain(|_, alert| is_open(alert));
    }
}

impl Machine {
    /// Why providers in use cannot work, by the cause of their alert.
    async fn troubles(
        &self,
        settings: &Settings,
        versions: &mut Versions,
    ) -> BTreeMap<String, String> {
        let used: BTreeSet<String> = routing::pairs(settings)
            .into_iter()
            .map(|pair| pair.provider)
            .collect();
        let ground = Ground {
            adf: &self.tools.adf,
            environment: &self.tools.environment,
        };
        let mut troubles = BTreeMap::new();
        for (name, provider) in settings.providers.iter().filter(|(n, _)| used.contains(*n)) {
            let key = self.tools.keys.get(name).map(|_| Ok(()));
            let look = versions.look((name, provider), key, ground).await;
            troubles.extend(look.trouble.map(|why| (format!("{PROVIDER}{name}"), why)));
        }
        troubles
    }
}

/// What changes of the open alerts when these are the troubles.
fn turns(
    open: &BTreeMap<String, Alert>,
    troubles: &BTreeMap<String, String>,
    now: Time,
) -> Vec<Change> {
    let raised = troubles
        .iter()
        .filter_map(|(cause, why)| match open.get(cause) {
            Some(alert) if alert.text == *why => None,
            Some(alert) => Some(Alert {
                text: why.clone(),
                ..alert.clone()
            }),
            None => Some(Alert::raised(cause.clone(), why.clone(), now)),
        });
    let over = open
        .iter()
        .filter(|(cause, _)| !troubles.contains_key(*cause));
    let cleared = over.map(|(_, alert)| alert.cleared(now));
    raised.chain(cleared).map(Change::Alert).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::settings::{Cli, Provider};
    use std::os::unix::fs::PermissionsExt;

    fn claude(program: &Path, base_url: Option<&str>) -> Provider {
        Provider::Claude(Cli {
            command: vec![program.to_string_lossy().into_owned()],
            base_url: base_url.map(str::to_owned),
            has_key: false,
            models: BTreeMap::new(),
        })
    }

    fn executable(path: &Path, text: &str) {
        std::fs::write(path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[tokio::test]
    async fn a_program_that_is_gone_or_does_not_start_is_trouble_and_a_silent_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("claude");
        let none = BTreeMap::new();
        let ground = Ground {
            adf: Path::new("/usr/bin/adf"),
            environment: &none,
        };
        let mut versions = Versions::default();
        let cli = claude(&program, None);
        let gone = versions.look(("a", &cli), None, ground).await;
        let why = gone.trouble.unwrap();
        assert!(
            why.contains("there is no program") && why.contains("[providers.a]"),
            "{why}"
        );
        executable(&program, "#!/nowhere/node\n");
        let dead = versions
            .look(("a", &cli), None, ground)
            .await
            .trouble
            .unwrap();
        assert!(dead.contains("does not start"), "{dead}");
        executable(&program, "#!/bin/sh\nexit 1\n");
        let silent = versions.look(("a", &cli), None, ground).await;
        assert_eq!(silent.trouble, None);
        assert!(silent.version.unwrap().starts_with("not told"));
    }

    #[test]
    fn a_login_is_a_key_a_variable_or_not_needed_and_else_missing() {
        let cli = claude(Path::new("claude"), None);
        let of = |cli: &Provider, key, names: &[&str]| {
            let given = names.iter().map(|n| ((*n).to_owned(), "x".to_owned()));
            login(cli, key, &given.collect())
        };
        assert_eq!(of(&cli, Some(Ok(())), &[]), Login::Key);
        let why = "gone".to_owned();
        let unreadable = of(&cli, Some(Err(why.clone())), &[]);
        assert_eq!(unreadable, Login::Unreadable { why });
        for name in ["ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN"] {
            let wanted = Login::Variable {
                name: name.to_owned(),
            };
            assert_eq!(of(&cli, None, &["HOME", name]), wanted);
        }
        assert_eq!(of(&cli, None, &["OPENAI_API_KEY"]), Login::Missing);
        let local = claude(Path::new("claude"), Some("http://127.0.0.1:8080"));
        assert_eq!(of(&local, None, &[]), Login::NotNeeded);
        let script = Provider::Script {
            command: vec!["true".to_owned()],
        };
        assert_eq!(of(&script, None, &[]), Login::NotNeeded);
    }

    #[test]
    fn an_alert_is_raised_once_said_anew_when_it_is_another_and_cleared_with_its_cause() {
        let trouble = |why: &str| BTreeMap::from([("provider:a".to_owned(), why.to_owned())]);
        let raised = turns(&BTreeMap::new(), &trouble("gone"), Time(1));
        let [Change::Alert(alert)] = raised.as_slice() else {
            panic!("{raised:?}");
        };
        let open = BTreeMap::from([(alert.cause.clone(), alert.clone())]);
        assert_eq!(turns(&open, &trouble("gone"), Time(2)), []);
        let another = turns(&open, &trouble("dead"), Time(2));
        assert!(
            matches!(&another[..], [Change::Alert(a)] if a.text == "dead" && a.raised_at == Time(1))
        );
        let over = turns(&open, &BTreeMap::new(), Time(3));
        assert!(matches!(&over[..], [Change::Alert(a)] if a.cleared_at == Some(Time(3))));
    }
}
