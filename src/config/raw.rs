//! The config as written: one struct per section, defaults included.
//!
//! `config.schema.json` is generated from these types, descriptions from their
//! comments, so what is said here is what the operator reads.
//!
//! Invariant: every key that is not required has a default, unknown keys are
//! refused, and no number can pass the schema and overflow its type.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf};

use super::raw_notify::Notify;
use super::raw_webhook::Webhook;

pub(super) use super::raw_agents::{Agent, AgentLimits, Provider, ProviderKind};
pub(super) use super::raw_coordinator::{Coordinator, CoordinatorMode};
pub(super) use super::raw_failures::Failures;
pub(super) use super::raw_guard::{Guard, GuardAllow};
pub(super) use super::raw_routing::Routing;
pub(super) use super::raw_status::Status;
pub(super) use super::raw_walls::{Accept, Bubblewrap, Port, Role, Walls};

/// How the name of a systemd credential is written.
pub(super) const CREDENTIAL: &str = r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$";
/// How the name of an environment variable is written.
pub(super) const VARIABLE: &str = r"^[A-Za-z_][A-Za-z0-9_]{0,99}$";

/// The config of one project of the factory, `adf.toml`. Paths are relative to the folder of this file.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "adf.toml")]
pub(super) struct Raw {
    /// The project.
    pub project: Project,
    /// The forge: a Gitea or Forgejo server and one repository on it.
    pub gitea: Gitea,
    /// Times.
    #[serde(default)]
    pub schedule: Schedule,
    /// Who may call agents.
    #[serde(default)]
    pub mentions: Mentions,
    /// The agents, each a role with a prompt and limits.
    #[serde(default)]
    pub agents: Vec<Agent>,
    /// The providers by name: how the executables of agents are started.
    #[serde(default)]
    pub providers: BTreeMap<String, Provider>,
    /// Limits of the whole project.
    #[serde(default)]
    pub limits: Limits,
    /// What agents may reach on this machine.
    #[serde(default)]
    pub walls: Walls,
    /// Roles by name: what agents of each may edit, and whether they run anything.
    #[serde(default)]
    pub roles: BTreeMap<String, Role>,
    /// What is delivered, and what is not.
    #[serde(default)]
    pub delivery: Delivery,
    /// How failures are told apart, and who hears of them.
    #[serde(default)]
    pub failures: Failures,
    /// What the guard denies besides its own rules, and exceptions from them.
    #[serde(default)]
    pub guard: Guard,
    /// Which provider and model a task gets by its words.
    #[serde(default)]
    pub routing: Routing,
    /// Who takes up issues that nobody gave to an agent.
    #[serde(default)]
    pub coordinator: Coordinator,
    /// What shows on an issue of the work on it.
    #[serde(default)]
    pub status: Status,
    /// Watches.
    #[serde(default)]
    pub nightwatch: Nightwatch,
    /// Deliveries of the forge's webhook.
    #[serde(default)]
    pub webhook: Webhook,
    /// Who is told besides the issues.
    #[serde(default)]
    pub notify: Notify,
    /// Backups, which `adf backup` makes.
    #[serde(default)]
    pub backup: Backup,
}

/// The project.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Project {
    /// The project's name: lower-case letters, digits and hyphens, beginning with a letter, at most 40.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9-]{0,39}$"))]
    pub name: String,
    /// Where the ledger, mirrors and run directories live. Default: `$STATE_DIRECTORY` when systemd sets it; else for a config in /etc/adf `/var/lib/adf/<file>`, where the shipped unit keeps it; else `adf-state/<name>` beside this file. Commands in a shell do not see what a unit sets: where one of your own keeps it elsewhere, write it here.
    #[serde(default)]
    #[schemars(length(min = 1, max = 1000))]
    pub state_dir: Option<PathBuf>,
}

/// The forge. The token comes from a systemd credential, an environment variable or a file, never from this file. Default: the credential `gitea-token`, else the environment variable `ADF_GITEA_TOKEN`.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Gitea {
    /// The root URL of the server, such as `https://git.example.org` or `https://example.org/gitea`.
    #[schemars(length(min = 1, max = 500))]
    pub url: String,
    /// The repository as `owner/name`.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$"))]
    pub repo: String,
    /// The name of the systemd credential (`LoadCredential=NAME:PATH`) that holds the token. With `token_file = PATH` beside it commands in a shell, to which systemd passes no credential, read it there.
    #[serde(default)]
    #[schemars(regex(pattern = CREDENTIAL))]
    pub token_credential: Option<String>,
    /// The name, without `$`, of the environment variable that holds the token.
    #[serde(default)]
    #[schemars(regex(pattern = VARIABLE))]
    pub token_env: Option<String>,
    /// A file of mode 0600 or stricter that holds the token.
    #[serde(default)]
    #[schemars(length(min = 1, max = 1000))]
    pub token_file: Option<PathBuf>,
    /// The file with the key that signs the factory's marks. Default: `marker.key` in the state directory.
    #[serde(default)]
    #[schemars(length(min = 1, max = 1000))]
    pub marker_key_file: Option<PathBuf>,
    /// How long to wait after an ambiguous answer of the forge before looking what it did.
    #[serde(default = "settle")]
    pub settle: Span,
    /// How many requests may be under way at once.
    #[serde(default = "forge_concurrency")]
    #[schemars(range(min = 1, max = 16))]
    pub concurrency: u32,
}

fn settle() -> Span {
    Span::from("3s")
}

fn forge_concurrency() -> u32 {
    4
}

/// Times.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Schedule {
    /// The tick: how often the factory looks even when nothing wakes it.
    pub tick: Span,
    /// Mentions are polled on every n-th tick.
    #[schemars(range(min = 1, max = 1000))]
    pub mentions_every: u32,
    /// The IANA name of the time zone in which cron lines are meant, such as `Europe/Berlin`.
    #[schemars(length(min = 1, max = 100))]
    pub time_zone: String,
}

impl Default for Schedule {
    fn default() -> Self {
        Schedule {
            tick: Span::from("60s"),
            mentions_every: 2,
            time_zone: "UTC".to_owned(),
        }
    }
}

/// Who may call agents.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Mentions {
    /// Only these logins; empty: everyone with write access to the repository.
    #[schemars(length(max = 1000), inner(regex(pattern = r"^[A-Za-z0-9_.-]{1,100}$")))]
    pub allow: Vec<String>,
    /// How many mentions are taken from one passage.
    #[schemars(range(min = 1, max = 100))]
    pub max_per_passage: u32,
}

impl Default for Mentions {
    fn default() -> Self {
        Mentions {
            allow: Vec::new(),
            max_per_passage: 10,
        }
    }
}

/// Limits of the whole project.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Limits {
    /// Runs at once.
    #[schemars(range(min = 1, max = 64))]
    pub concurrency: u32,
    /// Starts of runs in any hour.
    #[schemars(range(min = 1, max = 10_000))]
    pub starts_per_hour: u32,
    /// Starts of runs in any day.
    #[schemars(range(min = 1, max = 100_000))]
    pub starts_per_day: u32,
    /// Output kept of a run, head and tail, in bytes.
    #[schemars(range(min = 4_096, max = 1_099_511_627_776_u64))]
    pub output_bytes: u64,
    /// The largest bundle of commits taken from a run, in bytes.
    #[schemars(range(min = 4_096, max = 1_099_511_627_776_u64))]
    pub bundle_bytes: u64,
    /// Free disk below which nothing is started, in bytes.
    #[schemars(range(min = 1_048_576, max = 1_125_899_906_842_624_u64))]
    pub disk_free_bytes: u64,
    /// What the state directory may hold, in bytes. Above it, run directories of tasks that ended go before their time, the oldest first; while that is not enough, nothing is started.
    #[schemars(range(min = 67_108_864, max = 1_125_899_906_842_624_u64))]
    pub state_bytes: u64,
    /// How long run directories and undelivered workspaces of tasks that ended are kept. Work in them that was not pushed is kept as commits in `deliver.git` before they go.
    pub keep_runs: Span,
    /// How long an agent may go on after TERM before KILL.
    pub grace: Span,
    /// Think intervals: by tier, the least time between two starts of one agent of that tier, such as `{ planning = "10m" }`. A tier that is not named has none.
    #[schemars(length(max = 100))]
    pub think: BTreeMap<String, Span>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            concurrency: 2,
            starts_per_hour: 12,
            starts_per_day: 60,
            output_bytes: 16 << 20,
            bundle_bytes: 64 << 20,
            disk_free_bytes: 1 << 30,
            state_bytes: 64 << 30,
            keep_runs: Span::from("14d"),
            grace: Span::from("10s"),
            think: BTreeMap::new(),
        }
    }
}

/// What is delivered, and what is not.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Delivery {
    /// The branch that pull requests go to. Default: the repository's default branch.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}$"))]
    pub base: Option<String>,
    /// Paths that are never pushed, besides workflow files and settings of agents: a file, or a folder with a trailing `/`, from the root of the repository.
    #[schemars(length(max = 1000), inner(length(min = 1, max = 1000)))]
    pub protected_paths: Vec<String>,
    /// Paths that are pushed though they are workflow files or settings of agents, or hold what looks like a secret (a secret of the factory itself never is): a file, or a folder with a trailing `/`.
    #[schemars(length(max = 1000), inner(length(min = 1, max = 1000)))]
    pub allow_paths: Vec<String>,
    /// Labels put on the factory's pull requests.
    #[schemars(length(max = 20), inner(length(min = 1, max = 50)))]
    pub labels: Vec<String>,
    /// Assign the pull request to who asked for it.
    pub assign_requester: bool,
}

impl Default for Delivery {
    fn default() -> Self {
        Delivery {
            base: None,
            protected_paths: Vec::new(),
            allow_paths: Vec::new(),
            labels: vec!["adf".to_owned()],
            assign_requester: true,
        }
    }
}

/// Watches.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Nightwatch {
    /// Probes of the outside world; the factory's own signs are always watched.
    pub enabled: bool,
    /// A run without progress for so long raises an alert.
    pub stalled_after: Span,
    /// A forge that could not be read for so long raises an alert.
    pub forge_away_after: Span,
}

impl Default for Nightwatch {
    fn default() -> Self {
        Nightwatch {
            enabled: true,
            stalled_after: Span::from("15m"),
            forge_away_after: Span::from("10m"),
        }
    }
}

/// Backups, which `adf backup` makes: their age is watched.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Backup {
    /// Whether an old backup, or none, is an alert.
    pub watched: bool,
    /// How old the last backup may be.
    pub max_age: Span,
}

impl Default for Backup {
    fn default() -> Self {
        Backup {
            watched: true,
            max_age: Span::from("36h"),
        }
    }
}

/// A duration: numbers with the units ms, s, m, h, d, as "60s", "2m" or "1h30m".
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct Span(
    #[schemars(regex(pattern = r"^([0-9]{1,9}(ms|s|m|h|d))+$"), length(max = 50))] pub String,
);

impl From<&str> for Span {
    fn from(text: &str) -> Self {
        Span(text.to_owned())
    }
}
