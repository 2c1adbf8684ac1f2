//! The executables of agents and the keys of their models.
//!
//! Invariant: a model's CLI is asked for its version only, with a home of its own,
//! so no token is spent and no login is read; a script is not started at all.

use super::forge::secret;
use super::unit::Unit;
use crate::act::supervise::environment::SYSTEM_PATH;
use crate::act::supervise::version::version;
use crate::config::{Config, SecretError, passed_on};
use crate::doctor::How;
use crate::model::settings::{Provider, Settings};
use crate::prompt::needs::{BUILT_IN, What, needs};
use std::path::PathBuf;

/// An executable of a provider.
#[derive(Debug)]
pub struct Program {
    /// The provider.
    pub provider: String,
    /// As the config has it.
    pub program: String,
    /// Where it is.
    pub found: Option<PathBuf>,
    /// What it says of its version; `None` where it was not asked.
    pub version: Option<Result<String, String>>,
    /// Whether its key can be read; `None` where the config names none.
    pub key: Option<Result<(), SecretError>>,
}

/// What was found.
#[derive(Debug)]
pub struct Agents {
    /// By provider.
    pub programs: Vec<Program>,
    /// What agents require and is not on their PATH: agent, program.
    pub missing: Vec<(String, String)>,
    /// What prompts tell their agents to run and is not on their PATH.
    pub unfound: Vec<Unfound>,
}

/// A program that a prompt names, and that its agent would not find.
#[derive(Debug)]
pub struct Unfound {
    /// Whose prompt.
    pub agent: String,
    /// The line of its template.
    pub line: usize,
    /// The program.
    pub program: String,
}

impl Unfound {
    /// What is wrong, and what helps.
    #[must_use]
    pub fn told(&self) -> (String, String) {
        let Unfound {
            agent,
            line,
            program,
        } = self;
        let found = format!(
            "the prompt of `{agent}`, line {line}, tells it to run `{program}`, which is not on its PATH"
        );
        let remedy = format!(
            "install it where the system's programs are, or pass PATH in [walls] environment and name its folder in [walls] read; then list `{program}` in the agent's `requires`"
        );
        (found, remedy)
    }
}

/// The programs that prompts name, of agents that run any, and that are not there.
#[must_use]
pub fn unfound(settings: &Settings) -> Vec<Unfound> {
    let find = finder(settings);
    let mut missing = Vec::new();
    for agent in settings.agents.values().filter(|agent| agent.role.may_run) {
        for need in needs(&agent.prompt) {
            let What::Program(program) = need.what else {
                continue;
            };
            if !BUILT_IN.contains(&program.as_str()) && find(&program).is_none() {
                let (agent, line) = (agent.name.to_string(), need.line);
                missing.push(Unfound {
                    agent,
                    line,
                    program,
                });
            }
        }
    }
    missing
}

/// How a program is looked up for agents.
fn finder(settings: &Settings) -> impl Fn(&str) -> Option<PathBuf> {
    let passed = passed_on(&settings.walls.environment);
    move |name: &str| {
        let path = passed.get("PATH").map_or(SYSTEM_PATH, String::as_str);
        which::which_in(name, Some(path), "/").ok()
    }
}

fn command(provider: &Provider) -> Option<&Vec<String>> {
    match provider {
        Provider::Script { command } => Some(command),
        other => other.cli().map(|cli| &cli.command),
    }
}

/// Where the executables of providers are, those that are there.
#[must_use]
pub fn executables(settings: &Settings) -> Vec<PathBuf> {
    let find = finder(settings);
    let commands = settings.providers.values().filter_map(command);
    let found = commands.filter_map(|command| find(command.first()?));
    found.collect()
}

/// Looks them up, starts nothing.
#[must_use]
pub fn look(config: &Config, unit: Option<&Unit>) -> Agents {
    let settings = &config.settings;
    let find = finder(settings);
    let mut programs = Vec::new();
    for (name, provider) in &settings.providers {
        let Some(command) = command(provider) else {
            continue;
        };
        let program = command.first().cloned().unwrap_or_default();
        let key = config.secrets.keys.get(name);
        programs.push(Program {
            provider: name.clone(),
            found: find(&program),
            program,
            version: None,
            key: key.map(|key| secret(key, unit).map(drop)),
        });
    }
    let mut missing = Vec::new();
    for agent in settings.agents.values() {
        for name in agent.requires.iter().filter(|name| find(name).is_none()) {
            missing.push((agent.name.to_string(), name.clone()));
        }
    }
    Agents {
        programs,
        missing,
        unfound: unfound(settings),
    }
}

/// Looks them up and asks their versions.
pub async fn observe(config: &Config, how: &How, unit: Option<&Unit>) -> Agents {
    let settings = &config.settings;
    let mut agents = look(config, unit);
    let passed = passed_on(&settings.walls.environment);
    let path = passed.get("PATH").map_or(SYSTEM_PATH, String::as_str);
    for program in agents.programs.iter_mut().filter(|_| how.probes) {
        let cli = settings.providers.get(&program.provider);
        let cli = cli.and_then(Provider::cli);
        if let (Some(found), Some(cli)) = (&program.found, cli) {
            let mut command = cli.command.clone();
            command[0] = found.display().to_string();
            program.version = Some(version(&command, path).await.told());
        }
    }
    agents
}
