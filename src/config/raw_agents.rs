//! The config as written: agents and providers.
//!
//! Invariant: as for [`super::raw`]; an agent needs only a name, a provider its
//! kind and what that kind asks for.

use super::raw::{CREDENTIAL, Port, Span, VARIABLE};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf};

/// An agent: a role with a prompt and limits, called by `@adf:<name>`.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Agent {
    /// The agent's name: lower-case letters, digits and hyphens, beginning with a letter, at most 40.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9-]{0,39}$"))]
    pub name: String,
    /// What it is for, in one line; shown to people and to other agents.
    #[serde(default)]
    #[schemars(length(max = 300))]
    pub description: String,
    /// The template of its prompt. Default: a short built-in one.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub prompt: Option<String>,
    /// A file with the template of its prompt, instead of `prompt`.
    #[serde(default)]
    #[schemars(length(min = 1, max = 1000))]
    pub prompt_file: Option<PathBuf>,
    /// The provider that starts it, one of [providers]. Default: the only one.
    #[serde(default)]
    #[schemars(length(min = 1, max = 100))]
    pub provider: Option<String>,
    /// Its role, one of [roles] or of those that are shipped: what it may edit, and whether it runs anything. Default: the role of its name, else `developer`.
    #[serde(default)]
    #[schemars(length(min = 1, max = 100))]
    pub role: Option<String>,
    /// What it may edit, instead of what its role says: files, and folders with a trailing `/`, from the root of the repository.
    #[serde(default)]
    #[schemars(length(min = 1, max = 100), inner(length(min = 1, max = 1000)))]
    pub paths: Option<Vec<String>>,
    /// TCP ports that it may connect to besides those of [walls].
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub connect: Vec<Port>,
    /// The model, for providers that take one; an alias such as `sonnet` outlives a version.
    #[serde(default)]
    #[schemars(length(min = 1, max = 200))]
    pub model: Option<String>,
    /// Its tier, as routing files name tiers: what it works on when no word says otherwise, and the highest that a mention can ask of it.
    #[serde(default)]
    #[schemars(regex(pattern = r"^[a-z][a-z0-9-]{0,39}$"))]
    pub tier: Option<String>,
    /// Keep its provider and model whatever [routing] says.
    #[serde(default)]
    pub pinned: bool,
    /// Tools it may use, for providers that take them.
    #[serde(default)]
    #[schemars(length(max = 100), inner(length(min = 1, max = 200)))]
    pub tools: Vec<String>,
    /// When it starts by itself: a crontab line of 5 fields in the time zone of [schedule].
    #[serde(default)]
    #[schemars(length(min = 1, max = 1000))]
    pub cron: Option<String>,
    /// The number of the standing issue on which scheduled runs report; goes with `cron`.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub cron_issue: Option<u64>,
    /// What is asked at each slot of `cron`.
    #[serde(default)]
    #[schemars(length(min = 1, max = 10_000))]
    pub cron_instruction: Option<String>,
    /// Executables that must start inside its walls.
    #[serde(default)]
    #[schemars(length(max = 100), inner(length(min = 1, max = 1000)))]
    pub requires: Vec<String>,
    /// Let passages by people without write access into its prompt.
    #[serde(default)]
    pub read_strangers: bool,
    /// Its limits.
    #[serde(default)]
    pub limits: AgentLimits,
}

/// Limits of one agent.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AgentLimits {
    /// Wall time of a run.
    pub wall_time: Span,
    /// Steps of a run.
    #[schemars(range(min = 10, max = 10_000))]
    pub steps: u32,
    /// Starts in any hour.
    #[schemars(range(min = 1, max = 10_000))]
    pub starts_per_hour: u32,
    /// Starts in any day.
    #[schemars(range(min = 1, max = 100_000))]
    pub starts_per_day: u32,
    /// Runs at once.
    #[schemars(range(min = 1, max = 64))]
    pub concurrency: u32,
    /// Attempts at a task that fail before it is given up.
    #[schemars(range(min = 1, max = 100))]
    pub attempts: u32,
    /// How often it may call another agent in a run; 0: never.
    #[schemars(range(min = 0, max = 20))]
    pub mentions: u32,
    /// How many issues it may have opened in a run; 0: none.
    #[schemars(range(min = 0, max = 20))]
    pub issues: u32,
}

impl Default for AgentLimits {
    fn default() -> Self {
        AgentLimits {
            wall_time: Span::from("30m"),
            steps: 100,
            starts_per_hour: 6,
            starts_per_day: 30,
            concurrency: 1,
            attempts: 3,
            mentions: 3,
            issues: 2,
        }
    }
}

/// A provider: how an agent's executable is started.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Provider {
    /// What kind of executable it is: a model's CLI, or `script`, which is any that reads a prompt and works in its directory.
    pub kind: ProviderKind,
    /// The program and its arguments; no shell is involved. A program with a `/` is relative to the folder of this file, one without is looked up in PATH. Default for a model's CLI: its name.
    #[serde(default)]
    #[schemars(length(min = 1, max = 100), inner(length(min = 1, max = 4000)))]
    pub command: Option<Vec<String>>,
    /// The name of the systemd credential (`LoadCredential=NAME:PATH`) that holds the key of a model's CLI.
    #[serde(default)]
    #[schemars(regex(pattern = CREDENTIAL))]
    pub key_credential: Option<String>,
    /// The name, without `$`, of the environment variable that holds the key.
    #[serde(default)]
    #[schemars(regex(pattern = VARIABLE))]
    pub key_env: Option<String>,
    /// A file of mode 0600 or stricter that holds the key.
    #[serde(default)]
    #[schemars(length(min = 1, max = 1000))]
    pub key_file: Option<PathBuf>,
    /// Where the requests of a model's CLI go, as it expects it: with `/v1` for codex and opencode, without for claude and gemini. Default: the maker of the model.
    #[serde(default)]
    #[schemars(length(min = 1, max = 500))]
    pub base_url: Option<String>,
    /// What its CLI calls models, by the aliases of routing files, as glm = "zai/glm-5" for opencode; others are passed as they are.
    #[serde(default)]
    #[schemars(length(max = 100), inner(length(min = 1, max = 200)))]
    pub models: BTreeMap<String, String>,
}

// Comments on the variants would turn the plain list of kinds in the schema
// into one that says less when nothing matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ProviderKind {
    Script,
    Claude,
    Codex,
    Opencode,
    Gemini,
}
