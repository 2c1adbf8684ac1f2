//! `adf smoke`: the full dispatch cycle, seen from a person's side, and cleaned up after.
//!
//! [`steps`] labels an issue or writes a mention as a person and waits for what a person would see;
//! [`clean`] takes away what it left; [`place`] is the world of `--embedded`.
//!
//! Invariant: a step is done when the forge shows it; whatever came of the steps,
//! the branch is deleted and pull request and issue are closed, or what is left is named.

mod ask;
mod clean;
mod place;
mod steps;

use super::{FAILED, Format, OK, USAGE, complain, load, own_path, runtime, say, say_json};
use crate::app::{self, AppError, Factory, Plain, Start};
use crate::clock::Clock;
use crate::config::{Config, SecretSource};
use crate::doctor::{Check, Severity, glance};
use crate::forge::Client;
use crate::model::{AgentName, settings::Agent};
use crate::store::StoreError;
use anyhow::{Context, anyhow, bail};
use secrecy::SecretString;
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;
use steps::{Steps, Trace};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How long a factory may take to stop.
const STOP_MAX: Duration = Duration::from_secs(30);

const AFTER: &str = "Exit codes: 0 every step was seen, and all was cleaned up · 1 not · 2 wrong usage · 78 the config has faults

Examples:
  adf smoke --embedded
  adf smoke --embedded --config /etc/adf/shop.toml
  adf smoke --config /etc/adf/shop.toml --as-token-file ~/my.token";

/// How often a factory that is started for this looks at its forge, at least.
const TICK: Duration = Duration::from_secs(2);

/// Try the full cycle, from a labelled issue or a mention to a pull request and its result, and clean up
///
/// Where the config's coordinator takes up labelled issues, one is opened and labelled, and it must choose an agent by
/// itself; where an agent coordinates, that one is mentioned and must call another; else, and with --agent, the agent
/// is mentioned.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub struct Smoke {
    /// The project's config
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Need nothing: an embedded forge and a scripted agent; with --config, its agents, prompts, roles and routing
    #[arg(long, conflicts_with = "as_token_file")]
    embedded: bool,
    /// A token of a person with write access, mode 0600: the factory does not obey itself
    #[arg(long, value_name = "FILE")]
    as_token_file: Option<PathBuf>,
    /// Mention this agent; default: whom the coordinator chooses, else developer, else the first
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// How long all of it may take
    #[arg(long, value_name = "SPAN", default_value = "30m", value_parser = humantime::parse_duration)]
    timeout: Duration,
    /// How it is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What smoke goes about with.
struct Cast {
    config: Config,
    /// The factory's own account.
    factory: Client,
    token: SecretString,
    /// Who mentions.
    person: Client,
    call: Call,
}

/// How the work is asked for.
enum Call {
    /// By the label of the coordinator.
    Label(String),
    /// By name.
    Mention(AgentName),
    /// By the agent that coordinates, which is to call the other.
    Dispatch(AgentName, AgentName),
}

/// Plays the cycle.
#[must_use]
pub fn run(args: &Smoke) -> u8 {
    if !args.embedded && (args.config.is_none() || args.as_token_file.is_none()) {
        complain(
            "a trial on a project needs --config FILE and --as-token-file FILE; `adf smoke --embedded` needs neither",
        );
        return USAGE;
    }
    let config = match args.config.as_deref().map(load).transpose() {
        Ok(config) => config,
        Err(code) => return code,
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(code) => return code,
    };
    let played = runtime.block_on(smoke(args, config));
    runtime.shutdown_timeout(Duration::from_secs(5));
    match played {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("{error:#}"));
            FAILED
        }
    }
}

async fn smoke(args: &Smoke, config: Option<Config>) -> anyhow::Result<u8> {
    let (_world, config, person) = match config {
        Some(config) if !args.embedded => {
            let path = args.as_token_file.clone().unwrap_or_default();
            (None, config, SecretSource::File { path }.read()?)
        }
        theirs => {
            let place = place::Embedded::new(theirs).await?;
            let (config, person) = (place.config.clone(), place.person.clone());
            (Some(place), config, person)
        }
    };
    let token = app::token(&config)?;
    let cast = Cast {
        factory: app::client(&config, token.clone(), &Clock::System)?,
        person: app::client(&config, person, &Clock::System)?,
        call: call(&config, args.agent.as_deref())?,
        token,
        config,
    };
    let mut steps = Steps::new(args.format);
    let mut trace = Trace::default();
    let played = play(args, &cast, &mut steps, &mut trace).await;
    let left = clean::clean(&cast, &trace, &mut steps).await;
    let mut failures: Vec<String> = left;
    if let Err(error) = &played {
        failures.insert(0, format!("{error:#}"));
    }
    tell(args.format, &steps, &trace, &failures);
    Ok(if failures.is_empty() { OK } else { FAILED })
}

/// Runs the factory where none runs, and the steps.
async fn play(
    args: &Smoke,
    cast: &Cast,
    steps: &mut Steps,
    trace: &mut Trace,
) -> anyhow::Result<()> {
    if !args.embedded {
        ready(&cast.config)?;
    }
    let who = steps::who(cast).await?;
    let running = start(&cast.config).await?;
    steps.done(match running {
        Some(_) => "a factory is started for this, as `adf run` starts it",
        None => "a factory runs already, and is used",
    });
    let played = tokio::select! {
        biased;
        played = tokio::time::timeout(args.timeout, steps::play(cast, who, steps, trace)) => played,
        () = interrupted() => Ok(Err(anyhow!("interrupted; what was made is taken away"))),
    };
    let played = played.unwrap_or_else(|_| {
        let waited = humantime::format_duration(args.timeout);
        // Of an embedded world nothing is left that could be asked.
        let asked = trace.issue.filter(|_| !args.embedded);
        let why = asked.map(|issue| format!("`adf explain {issue}` says why"));
        let why = why.unwrap_or_else(|| "give it longer by --timeout".to_owned());
        Err(anyhow!(
            "step `{}` was not seen within {waited}; {why}",
            steps.waiting
        ))
    });
    if let Some((stop, factory)) = running {
        let _ = stop.send(()).await;
        let stopped = tokio::time::timeout(STOP_MAX, factory).await;
        stopped.context("the factory did not stop")??;
    }
    played
}

/// What would keep the work from being done is said before anything is made.
fn ready(config: &Config) -> anyhow::Result<()> {
    let adf = own_path().map_err(|_| anyhow!("the executable's path is not known"))?;
    let checks = glance(config, &super::doctor::how(adf));
    // Who tries it need not be the unit's user.
    let mut errors = checks
        .iter()
        .filter(|check| check.severity == Severity::Error && !check.name.starts_with("unit"));
    match errors.next() {
        Some(Check { found, remedy, .. }) => {
            let remedy = remedy.as_deref().unwrap_or("`adf doctor` says more");
            bail!("the work cannot begin: {found}; {remedy}")
        }
        None => Ok(()),
    }
}

/// SIGINT or SIGTERM; never, where neither can be heard.
async fn interrupted() {
    let heard = |kind| signal(kind).ok();
    let (Some(mut int), Some(mut term)) = (
        heard(SignalKind::interrupt()),
        heard(SignalKind::terminate()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = int.recv() => {}
        _ = term.recv() => {}
    }
}

type Running = (mpsc::Sender<()>, JoinHandle<()>);

/// A factory of our own; `None` where one holds the state.
async fn start(config: &Config) -> anyhow::Result<Option<Running>> {
    let start = Start {
        since: None,
        clock: Clock::System,
        adf: own_path().map_err(|_| anyhow!("the executable's path is not known"))?,
        waiting: Box::new(|_| {}),
    };
    let mut config = config.clone();
    let schedule = &mut config.settings.schedule;
    (schedule.tick, schedule.mentions_every) = (schedule.tick.min(TICK), 1);
    match app::build(&config, start).await {
        Ok(Factory { main, stop, .. }) => {
            let running = tokio::spawn(main.run(Box::new(Plain)));
            Ok(Some((stop, running)))
        }
        Err(AppError::Store(StoreError::Locked { .. })) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whom to ask, and how.
fn call(config: &Config, named: Option<&str>) -> anyhow::Result<Call> {
    let agents = &config.settings.agents;
    let coordinator = &config.settings.coordinator;
    if coordinator.builtin && named.is_none() {
        return Ok(Call::Label(coordinator.label.clone()));
    }
    if let (Some(by), None) = (&coordinator.agent, named)
        && let Some(doer) = doer(config, by)
    {
        return Ok(Call::Dispatch(by.clone(), doer));
    }
    let names: Vec<&str> = agents.keys().map(AgentName::as_str).collect();
    let wanted = named.unwrap_or("developer");
    match (agents.get_key_value(&AgentName::from(wanted)), named) {
        (Some((name, _)), _) => Ok(Call::Mention(name.clone())),
        (None, Some(name)) => bail!(
            "no agent is called `{name}`; there are: {}",
            names.join(", ")
        ),
        (None, None) => agents
            .keys()
            .next()
            .map(|name| Call::Mention(name.clone()))
            .context("the config names no agent; add one, or run `adf init`"),
    }
}

/// Whom a coordinator is to call: the developer, else somebody who edits, else anybody.
fn doer(config: &Config, by: &AgentName) -> Option<AgentName> {
    let others = config.settings.agents.values().filter(|a| a.name != *by);
    let fit = |agent: &&Agent| (agent.name.as_str() == "developer", agent.role.may_edit());
    others.max_by_key(fit).map(|agent| agent.name.clone())
}

fn tell(format: Format, steps: &Steps, trace: &Trace, failures: &[String]) {
    for failure in failures {
        complain(failure);
    }
    match format {
        Format::Json => say_json(&json!({
            "steps": steps.json(),
            "failures": failures,
            "ok": failures.is_empty(),
        })),
        Format::Human if failures.is_empty() => say(&format!(
            "\nThe cycle works, and nothing of it is left open{}.",
            stay(trace)
        )),
        Format::Human => {}
    }
}

/// What no forge lets go of.
fn stay(trace: &Trace) -> String {
    match (trace.issue, trace.pull) {
        (Some(issue), Some(pull)) => {
            format!(": the closed issue #{issue} and the closed pull request #{pull} stay")
        }
        (Some(issue), None) => format!(": the closed issue #{issue} stays"),
        _ => String::new(),
    }
}
