//! `adf providers`: whoever the config may start, whether it can work here, and
//! what its runs came to.
//!
//! Invariant: spends no token and writes nothing; what it says of runs is the same
//! fold by which `adf run` chooses.

use super::table::{moment, table};
use super::{ConfigArg, FAILED, Format, OK, complain, load, own_path, runtime, say, say_json};
use crate::act::providers::{Ground, Login, Look, Versions};
use crate::clock::Clock;
use crate::config::{Config, passed_on};
use crate::decide::health::{self, Breaker, Standing};
use crate::model::route::Choice;
use crate::model::{Time, World};
use crate::routing;
use crate::store::{self, StoreError};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

const AFTER: &str = "\
A pair is left alone after its provider refused a run for its quota or login: until the stated reset, else for a
minute that doubles up to an hour; then one run finds out. With [routing] tasks go on with the next of their chain.

Exit codes: 0 all can work · 1 one cannot, or not shown · 2 wrong usage · 78 the config has faults";

/// Show every provider and model in use: program, version, login, breaker, last result
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub struct Providers {
    #[command(flatten)]
    config: ConfigArg,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// One pair as it is told.
#[derive(Debug, Serialize)]
struct Row {
    provider: String,
    model: Option<String>,
    kind: &'static str,
    agents: Vec<String>,
    #[serde(flatten)]
    look: Look,
    breaker: Breaker,
    refusals: u32,
    runs: u32,
    last_at: Option<Time>,
    last: Option<String>,
}

/// Prints the providers of a project.
#[must_use]
pub fn run(args: &Providers) -> u8 {
    let config = match load(&args.config.path) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let read = store::open_read_only(&config.settings.state_dir).and_then(|r| r.world());
    let world = match read {
        Ok(world) => world,
        // Before the first start there is nothing to tell of runs.
        Err(StoreError::NoLedger { .. }) => World::default(),
        Err(error) => {
            complain(&error.to_string());
            return FAILED;
        }
    };
    let (runtime, adf) = match (runtime(), own_path()) {
        (Ok(runtime), Ok(adf)) => (runtime, adf),
        (Err(code), _) | (_, Err(code)) => return code,
    };
    let looks = runtime.block_on(looks(&config, &adf));
    let rows = rows(&config, &world, &looks);
    let routed = config.settings.routing.decides;
    match args.format {
        Format::Json => say_json(&serde_json::json!({
            "project": config.settings.project, "routing": routed, "pairs": rows,
        })),
        Format::Human => say(&as_text(&rows, routed)),
    }
    if rows.iter().any(|row| row.look.trouble.is_some()) {
        FAILED
    } else {
        OK
    }
}

/// Looks at each provider of a config once.
async fn looks(config: &Config, adf: &Path) -> BTreeMap<String, Look> {
    let environment = passed_on(&config.settings.walls.environment);
    let ground = Ground {
        adf,
        environment: &environment,
    };
    let (mut looks, mut versions) = (BTreeMap::new(), Versions::default());
    for (name, provider) in &config.settings.providers {
        let key = config.secrets.keys.get(name);
        let key = key.map(|source| source.read().map(drop).map_err(|e| e.to_string()));
        let look = versions.look((name, provider), key, ground).await;
        looks.insert(name.clone(), look);
    }
    looks
}

fn rows(config: &Config, world: &World, looks: &BTreeMap<String, Look>) -> Vec<Row> {
    let settings = &config.settings;
    let mut standings = health::standings(world, Clock::System.now());
    let row = |pair: Choice| {
        let standing = standings.remove(&pair).unwrap_or_else(Standing::untried);
        let own = settings
            .agents
            .values()
            .filter(|a| a.provider == pair.provider);
        let own = own.filter(|a| a.model.is_none() || a.model == pair.model);
        Some(Row {
            kind: settings.providers.get(&pair.provider)?.kind(),
            agents: own.map(|a| a.name.to_string()).collect(),
            look: looks.get(&pair.provider)?.clone(),
            breaker: standing.breaker,
            refusals: standing.refusals,
            runs: standing.runs,
            last_at: standing.last_at,
            last: standing.last,
            provider: pair.provider,
            model: pair.model,
        })
    };
    routing::pairs(settings)
        .into_iter()
        .filter_map(row)
        .collect()
}

fn as_text(rows: &[Row], routed: bool) -> String {
    let head = [
        "PROVIDER/MODEL",
        "KIND",
        "PROGRAM",
        "VERSION",
        "LOGIN",
        "STATE",
        "RUNS",
        "LAST (UTC)",
    ];
    let cells = rows.iter().map(|row| {
        let pair = Choice {
            provider: row.provider.clone(),
            model: row.model.clone(),
        };
        let found = row.look.binary.as_ref();
        let last = row.last_at.zip(row.last.as_ref());
        vec![
            pair.to_string(),
            row.kind.to_owned(),
            found.map_or("not found".to_owned(), |path| path.display().to_string()),
            row.look.version.clone().unwrap_or_default(),
            login(&row.look.login),
            state(row),
            row.runs.to_string(),
            last.map_or(String::new(), |(at, what)| format!("{} {what}", moment(at))),
        ]
    });
    let mut parts = vec![table(&head, cells.collect())];
    let mut troubles: Vec<&str> = rows
        .iter()
        .filter_map(|r| r.look.trouble.as_deref())
        .collect();
    troubles.dedup();
    parts.extend(troubles.into_iter().map(str::to_owned));
    if !routed {
        parts.push(
            "The config has no [routing]: a task waits for its own provider and goes to no other."
                .to_owned(),
        );
    }
    parts.join("\n\n")
}

fn login(login: &Login) -> String {
    match login {
        Login::NotNeeded => "not needed".to_owned(),
        Login::Key => "key".to_owned(),
        Login::Variable { name } => format!("by {name}"),
        Login::Missing => "no key in the config".to_owned(),
        Login::Unreadable { .. } => "key cannot be read".to_owned(),
    }
}

fn state(row: &Row) -> String {
    if row.look.trouble.is_some() {
        return "cannot work".to_owned();
    }
    match &row.breaker {
        Breaker::Closed if row.runs == 0 => "not tried yet".to_owned(),
        Breaker::Closed => "well".to_owned(),
        Breaker::Open { reason, until } => {
            format!("left alone until {}: {reason}", moment(*until))
        }
        Breaker::HalfOpen {
            reason,
            trial: None,
        } => format!("one run may try it again: {reason}"),
        Breaker::HalfOpen {
            reason,
            trial: Some(run),
        } => format!("run {run} finds out: {reason}"),
    }
}
