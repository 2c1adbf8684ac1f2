//! What the operator wants, resolved: every default filled in, every
//! cross-check passed, no secret inside.
//!
//! Invariant: made only by `config::load`; nothing here is optional that has a
//! default, and there is no key without effect.

use super::guarding::Guard;
pub use super::notify::Notify;
use super::route::{Choice, Scenario};
pub use super::shown::{Showing, Stage, Status};
use super::{AgentName, Bubblewrap, FailureClass, Ports, RoleContext, Weakness};
use serde::Serialize;
use std::sync::{Arc, PoisonError, RwLock};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};

/// The whole config, resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Settings {
    /// The project's name, `[a-z][a-z0-9-]{0,39}`.
    pub project: String,
    /// Where the ledger, mirrors, workspaces and run directories live.
    pub state_dir: PathBuf,
    /// The forge.
    pub forge: ForgeSettings,
    /// Times.
    pub schedule: ScheduleSettings,
    /// Who may call.
    pub mentions: MentionSettings,
    /// Agents by name.
    pub agents: BTreeMap<AgentName, Agent>,
    /// Providers by name.
    pub providers: BTreeMap<String, Provider>,
    /// The project's limits.
    pub limits: ProjectLimits,
    /// What agents may reach on this machine.
    pub walls: Walls,
    /// What is delivered, and what is not.
    pub delivery: Delivery,
    /// How failures are told apart, and who hears of them.
    pub failures: Failures,
    /// What the guard denies besides its own rules, and exceptions from them.
    pub guard: Guard,
    /// Which provider and model a task gets by its words.
    pub routing: Routing,
    /// Who takes up what nobody asked for by name.
    pub coordinator: Coordinator,
    /// What shows on an issue of the work on it.
    pub status: Status,
    /// Watches.
    pub nightwatch: Nightwatch,
    /// Who is told besides the issues.
    pub notify: Notify,
    /// How old the last backup may be; `None`: nobody watches it.
    pub backup_max_age: Option<Duration>,
}

impl Settings {
    /// Whether an agent's role edits nothing, so that its report is its result.
    #[must_use]
    pub fn only_reads(&self, agent: &AgentName) -> bool {
        let agent = self.agents.get(agent);
        agent.is_some_and(|agent| !agent.role.may_edit())
    }
}

/// The forge, without the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForgeSettings {
    /// The root URL without a trailing slash, as `https://git.example.org`.
    pub url: String,
    /// The owner of the repository.
    pub owner: String,
    /// The name of the repository.
    pub repo: String,
    /// How long to wait after an ambiguous answer before looking.
    pub settle: Duration,
    /// How many requests may be under way at once.
    pub concurrency: u32,
}

/// Times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScheduleSettings {
    /// The tick.
    pub tick: Duration,
    /// Mentions are polled on every n-th tick.
    pub mentions_every: u32,
    /// The IANA name of the zone in which cron lines are meant.
    pub time_zone: String,
}

/// Who may call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MentionSettings {
    /// Only these logins, lower case; empty: all with write access.
    pub allow: Vec<String>,
    /// Mentions taken from one passage.
    pub max_per_passage: u32,
}

/// An agent: a role with a prompt and limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Agent {
    /// Its name.
    pub name: AgentName,
    /// What it is for, in one line; shown to other agents and people.
    pub description: String,
    /// The template of its prompt, already read from its file.
    pub prompt: String,
    /// Which provider starts it.
    pub provider: String,
    /// The model, passed to providers that take one.
    pub model: Option<String>,
    /// Its tier, if it has one.
    pub tier: Option<String>,
    /// Whether provider and model hold whatever routing says.
    pub pinned: bool,
    /// Tools it may use, passed to providers that take them.
    pub tools: Vec<String>,
    /// What it may edit and run.
    pub role: RoleContext,
    /// TCP ports it may connect to besides those of all agents.
    pub connect: Vec<Ports>,
    /// Its schedule, if it has one.
    pub cron: Option<Cron>,
    /// Executables that must start inside its walls.
    pub requires: Vec<String>,
    /// Its limits.
    pub limits: AgentLimits,
    /// Passages by people without write access enter its prompt.
    pub read_strangers: bool,
}

/// A schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cron {
    /// Five fields, as crontab means them.
    pub line: String,
    /// The standing issue on which scheduled runs report; without one the factory opens it.
    pub issue: Option<u64>,
    /// What is asked at each slot.
    pub instruction: String,
}

/// Limits of one agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AgentLimits {
    /// Wall time of a run.
    pub wall_time: Duration,
    /// Steps of a run.
    pub steps: u32,
    /// Starts in any hour.
    pub starts_per_hour: u32,
    /// Starts in any day.
    pub starts_per_day: u32,
    /// Runs at once.
    pub concurrency: u32,
    /// Attempts at a task that fail before it is given up.
    pub attempts: u32,
    /// Other agents it may call in a run.
    pub mentions: u32,
    /// Issues it may have opened in a run.
    pub issues: u32,
}

/// A provider: how an agent's executable is started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Provider {
    /// Any executable that reads a prompt and works in its directory.
    Script {
        /// Program and arguments; no shell is involved.
        command: Vec<String>,
    },
    /// Claude Code.
    Claude(Cli),
    /// Codex.
    Codex(Cli),
    /// opencode.
    Opencode(Cli),
    /// Gemini CLI.
    Gemini(Cli),
}

impl Provider {
    /// Whether its tool calls are judged before they run: those of a model are.
    #[must_use]
    pub fn is_guarded(&self) -> bool {
        !matches!(self, Provider::Script { .. })
    }
}

/// A model's command line, without its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cli {
    /// Program and the arguments that come before the factory's.
    pub command: Vec<String>,
    /// Where its requests go instead of to its maker.
    pub base_url: Option<String>,
    /// Whether the config names the place of a key.
    pub has_key: bool,
    /// What it calls models, by their aliases.
    pub models: BTreeMap<String, String>,
}

impl Provider {
    /// All kinds, as the config writes them.
    pub const KINDS: [&str; 5] = ["script", "claude", "codex", "opencode", "gemini"];

    /// Its kind, as the config writes it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Provider::Script { .. } => "script",
            Provider::Claude(_) => "claude",
            Provider::Codex(_) => "codex",
            Provider::Opencode(_) => "opencode",
            Provider::Gemini(_) => "gemini",
        }
    }

    /// The model's command line, if it is one.
    #[must_use]
    pub fn cli(&self) -> Option<&Cli> {
        match self {
            Provider::Script { .. } => None,
            Provider::Claude(cli)
            | Provider::Codex(cli)
            | Provider::Opencode(cli)
            | Provider::Gemini(cli) => Some(cli),
        }
    }
}

/// Which provider and model a task gets by its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Routing {
    /// Whether the config asks for it; else every agent runs with its own.
    pub decides: bool,
    /// The folder of the routing files; none: the shipped ones.
    pub dir: Option<PathBuf>,
    /// The scenarios, by name of file or as shipped.
    pub scenarios: Vec<Scenario>,
    /// Whom the project uses when nobody says otherwise.
    pub default: Option<Choice>,
}

/// Who takes up open issues that nobody gave to an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coordinator {
    /// Whether the factory does it by rank, with no model at all.
    pub builtin: bool,
    /// The label on issues that are wanted.
    pub label: String,
    /// Tasks of the coordinator that are not over, at most.
    pub open: u32,
    /// Whom it chooses from, by name.
    pub agents: Vec<AgentName>,
    /// The crontab line of the minutes in which the factory takes up issues; any without it.
    pub cron: Option<String>,
    /// The agent that coordinates by mentions, if one does.
    pub agent: Option<AgentName>,
    /// What the project is for, in its operator's words; that agent reads it each time.
    pub vision: Option<String>,
}

impl Coordinator {
    /// Whether anybody wants to know what open issues wait for.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.builtin || self.agent.is_some()
    }
}

/// Limits of the project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProjectLimits {
    /// Runs at once.
    pub concurrency: u32,
    /// Starts in any hour.
    pub starts_per_hour: u32,
    /// Starts in any day.
    pub starts_per_day: u32,
    /// Output kept of a run, in bytes, head and tail.
    pub output_bytes: u64,
    /// The largest bundle taken from a run, in bytes.
    pub bundle_bytes: u64,
    /// Free disk below which nothing is started, in bytes.
    pub disk_free_bytes: u64,
    /// What the state directory may hold before nothing is started, in bytes.
    pub state_bytes: u64,
    /// How long run directories and undelivered workspaces of tasks that ended are kept.
    pub keep_runs: Duration,
    /// How long an agent may go on after TERM before KILL.
    pub grace: Duration,
    /// By tier, the least time between two starts of an agent of it.
    pub think: BTreeMap<String, Duration>,
}

/// What agents may reach on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Walls {
    /// Refuse to start agents when the kernel cannot enforce the walls.
    pub required: bool,
    /// Paths agents may read and execute besides the system's and the toolchains'.
    pub read: Vec<PathBuf>,
    /// Paths agents may also write: named caches.
    pub write: Vec<PathBuf>,
    /// Names of environment variables passed on to agents.
    pub environment: Vec<String>,
    /// Walls that may be missing.
    pub accept: BTreeSet<Weakness>,
    /// TCP ports agents may connect to.
    pub connect: Vec<Ports>,
    /// TCP ports agents may listen on.
    pub listen: Vec<Ports>,
    /// Processes and threads at once.
    pub processes: u64,
    /// Address space of each process, in bytes.
    pub memory_bytes: Option<u64>,
    /// Git's settings and hooks in a workspace cannot be changed.
    pub seal_git: bool,
    /// Who makes the view of the files.
    pub bubblewrap: Bubblewrap,
    /// Whether there is any network; without one, bubblewrap is used.
    pub network: bool,
}

/// What is delivered, and what is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// The branch pull requests go to; `None`: the repository's default.
    pub base: Option<String>,
    /// Paths never pushed besides workflow files: exact, or a folder with a trailing `/`.
    pub protected_paths: Vec<String>,
    /// Paths that are pushed though they would be held back unasked.
    pub allow_paths: Vec<String>,
    /// Labels put on the factory's pull requests.
    pub labels: Vec<String>,
    /// Assign the pull request to who asked.
    pub assign_requester: bool,
}

/// How failures are told apart, and who hears of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failures {
    /// The label on issues whose work needs a person.
    pub label: String,
    /// The operator's rules over words, in order, before the shipped ones.
    pub rules: Vec<FailureRule>,
}

/// A rule over the words of an output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailureRule {
    /// What an output with one of the phrases means.
    pub class: FailureClass,
    /// Its name, unique.
    pub name: String,
    /// Whole words that stand on one line, whatever case and punctuation.
    pub phrases: Vec<String>,
}

/// Watches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Nightwatch {
    /// Outside probes; the factory's own signs are always watched.
    pub enabled: bool,
    /// A run without progress for so long raises an alert.
    pub stalled_after: Duration,
    /// A forge that could not be read for so long raises an alert.
    pub forge_away_after: Duration,
}

/// The settings in force, shared; a reload replaces them as a whole.
#[derive(Debug)]
pub struct Current(RwLock<Arc<Settings>>);

impl From<Arc<Settings>> for Current {
    fn from(settings: Arc<Settings>) -> Current {
        Current(RwLock::new(settings))
    }
}

impl Current {
    /// The settings as they are now. What holds on to them keeps them as they were.
    #[must_use]
    pub fn get(&self) -> Arc<Settings> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts others in force.
    pub fn set(&self, settings: Arc<Settings>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = settings;
    }
}
