//! Executables of agents, keys of their models, and who may do the routed work.

use super::secret;
use crate::doctor::observe::agents::{Agents, Program};
use crate::doctor::{About, Check};
use crate::model::settings::{Provider, Settings};

const ABOUT: About = About::Machine;

/// What is found of the agents, judged.
#[must_use]
pub fn checks(settings: &Settings, seen: &Agents) -> Vec<Check> {
    let mut checks: Vec<Check> = seen.programs.iter().map(program).collect();
    for program in &seen.programs {
        checks.extend(login(settings, program));
    }
    for (agent, name) in &seen.missing {
        let found = format!("agent `{agent}` requires `{name}`, which is not on its PATH");
        let remedy =
            "install it, or pass PATH in [walls] environment and name its folder in [walls] read";
        checks.push(Check::error(ABOUT, "agent.requires", found, remedy));
    }
    for unfound in &seen.unfound {
        let (found, remedy) = unfound.told();
        checks.push(Check::warning(ABOUT, "agent.prompt", found, remedy));
    }
    checks.push(routing(settings, seen));
    checks
}

fn program(program: &Program) -> Check {
    const NAME: &str = "agent.program";
    let (name, provider) = (&program.program, &program.provider);
    match (&program.found, &program.version) {
        (None, _) => {
            let found = format!("provider `{provider}`: `{name}` is not there or not executable");
            let remedy = format!(
                "install it, or correct [providers.{provider}] command; a name without `/` is looked up in the system's PATH"
            );
            Check::error(ABOUT, NAME, found, remedy)
        }
        (Some(path), Some(Err(why))) => {
            let found = format!("provider `{provider}`: {}: {why}", path.display());
            Check::error(
                ABOUT,
                NAME,
                found,
                "start it by hand; install it again if it fails there too",
            )
        }
        (Some(path), Some(Ok(version))) => {
            let found = format!("provider `{provider}`: {} ({version})", path.display());
            Check::ok(ABOUT, NAME, found)
        }
        (Some(path), None) => Check::ok(
            ABOUT,
            NAME,
            format!("provider `{provider}`: {}", path.display()),
        ),
    }
}

fn login(settings: &Settings, program: &Program) -> Option<Check> {
    const NAME: &str = "agent.login";
    let provider = &program.provider;
    let cli = settings.providers.get(provider).and_then(Provider::cli)?;
    Some(match &program.key {
        Some(Err(error)) => {
            let remedy = format!(
                "write the key of its model where [providers.{provider}] names it, with mode 0600"
            );
            let mut check = secret(NAME, error, &remedy, &remedy);
            check.found = format!("provider `{provider}`: {}", check.found);
            check
        }
        Some(Ok(())) => Check::ok(
            ABOUT,
            NAME,
            format!("provider `{provider}`: its key can be read"),
        ),
        None if cli.base_url.is_some() => Check::note(
            ABOUT,
            NAME,
            format!("provider `{provider}` has a base_url and no key"),
        ),
        None => {
            let found = format!(
                "provider `{provider}` names no key, and agents do not see your own login: each has a home of its own"
            );
            let remedy =
                format!("name key_file, key_env or key_credential in [providers.{provider}]");
            Check::warning(About::Config, NAME, found, remedy)
        }
    })
}

/// Each scenario must have somebody who can do its work.
fn routing(settings: &Settings, seen: &Agents) -> Check {
    const NAME: &str = "routing";
    if !settings.routing.decides {
        return Check::ok(
            About::Config,
            NAME,
            "every agent keeps its own provider and model",
        );
    }
    let is_there = |wanted: &str| {
        seen.programs.iter().any(|program| {
            let kind = settings
                .providers
                .get(&program.provider)
                .map(Provider::kind);
            program.found.is_some() && (program.provider == wanted || kind == Some(wanted))
        })
    };
    let scenarios = &settings.routing.scenarios;
    let idle = scenarios.iter().find(|scenario| {
        let mut chain = scenario.chain.iter();
        !chain.any(|choice| is_there(&choice.provider))
    });
    match idle {
        Some(scenario) => {
            let found = format!(
                "no provider of the chain of `{}` is on this machine",
                scenario.name
            );
            let remedy = "add one of them to [providers], or name one that is there in the routing file's chain";
            Check::warning(About::Config, NAME, found, remedy)
        }
        None => Check::ok(
            About::Config,
            NAME,
            format!(
                "{} scenarios, each with a provider that is there",
                scenarios.len()
            ),
        ),
    }
}
