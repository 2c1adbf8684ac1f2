//! `adf providers`: whoever the config may start, whether it can work here, and
//! what its runs came to.
//!
//! Invariant: writes nothing, and spends no token unless asked to by `--probe`; what it
//! says of runs is the same fold by which `adf run` chooses.

use super::project::world_so_far;
use super::table::{moment, table};
use super::{
    ConfigArg, FAILED, Format, OK, complain, complain_plainly, load, own_path, runtime, say,
    say_json,
};
use crate::act::providers::{Ground, Login, Look, Versions};
use crate::act::supervise::given;
use crate::act::trial::{Answer, Means, WALL_MS, ask};
use crate::clock::Clock;
use crate::config::{Config, passed_on};
use crate::decide::health::{self, Breaker, Standing};
use crate::model::route::Choice;
use crate::model::settings::Provider;
use crate::model::{Time, World};
use crate::redact::clip;
use crate::routing;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

const AFTER: &str = "\
A pair is left alone after its provider refused a run for its quota or login: until the stated reset, else for a \
minute that doubles up to an hour; then one run finds out. With [routing] tasks go on with the next of their chain.

Examples:
  adf providers --config /etc/adf/shop.toml
  adf providers --probe --format json

Exit codes: 0 every program and login is there, also while a pair is left alone for a time · 1 one cannot work or does not answer, or not shown · 2 wrong usage · 78 the config has faults";

/// Characters of a reason that are shown in a table.
const REASON_CHARS: usize = 60;

/// Show every provider and model in use: program, version, login, breaker, last result
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub struct Providers {
    #[command(flatten)]
    config: ConfigArg,
    /// Also ask each of them one tiny thing, the way of a run: this costs tokens
    #[arg(long)]
    probe: bool,
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
    /// What came of `--probe`.
    #[serde(skip_serializing_if = "Option::is_none")]
    probe: Option<Answer>,
}

/// Prints the providers of a project.
#[must_use]
pub fn run(args: &Providers) -> u8 {
    let config = match load(&args.config.path) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let world = match world_so_far(&config.settings) {
        Ok(world) => world,
        Err(code) => return code,
    };
    let (runtime, adf) = match (runtime(), own_path()) {
        (Ok(runtime), Ok(adf)) => (runtime, adf),
        (Err(code), _) | (_, Err(code)) => return code,
    };
    let looks = runtime.block_on(looks(&config, &adf));
    let mut rows = rows(&config, &world, &looks);
    if args.probe
        && let Err(error) = runtime.block_on(probe(&config, &adf, &mut rows))
    {
        complain(&error);
        return FAILED;
    }
    let routed = config.settings.routing.decides;
    match args.format {
        Format::Json => say_json(&serde_json::json!({
            "project": config.settings.project, "routing": routed, "pairs": rows,
        })),
        Format::Human => say(&as_text(&rows, routed)),
    }
    let fails = |row: &Row| {
        let silent = row.probe.as_ref().is_some_and(|answer| !answer.ok);
        silent || row.look.trouble.is_some()
    };
    if rows.iter().any(fails) { FAILED } else { OK }
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

/// Asks each pair one tiny thing, one after the other.
async fn probe(config: &Config, adf: &Path, rows: &mut [Row]) -> Result<(), String> {
    let settings = &config.settings;
    let environment = passed_on(&settings.walls.environment);
    let given = given(adf).await.map_err(|e| e.to_string())?;
    let means = Means {
        settings,
        adf,
        given: &given,
        environment: &environment,
    };
    let Some(any) = settings.agents.values().next() else {
        return Err("the config has no agent as which a provider could be asked".to_owned());
    };
    let mut scripts: BTreeMap<String, Answer> = BTreeMap::new();
    let can = |row: &Row| row.look.trouble.is_none();
    let (count, most) = (rows.iter().filter(|row| can(row)).count(), WALL_MS / 1000);
    for (n, row) in rows.iter_mut().filter(|row| can(row)).enumerate() {
        // A script takes no model: it is asked once, whatever it is called with.
        if let Some(answer) = scripts.get(&row.provider) {
            row.probe = Some(answer.clone());
            continue;
        }
        let key = config.secrets.keys.get(&row.provider);
        let key = key.and_then(|source| source.read().ok());
        let own = settings
            .agents
            .values()
            .find(|a| a.provider == row.provider);
        let pair = row.pair();
        complain_plainly(&format!(
            "asking {pair} ({} of {count}), for at most {most} s",
            n + 1
        ));
        let answer = ask(&pair, own.unwrap_or(any), key.as_ref(), means).await;
        let provider = settings.providers.get(&row.provider);
        if matches!(provider, Some(Provider::Script { .. })) {
            scripts.insert(row.provider.clone(), answer.clone());
        }
        row.probe = Some(answer);
    }
    Ok(())
}

impl Row {
    fn pair(&self) -> Choice {
        Choice {
            provider: self.provider.clone(),
            model: self.model.clone(),
        }
    }
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
            probe: None,
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
        let found = row.look.binary.as_ref();
        let last = row.last_at.zip(row.last.as_ref());
        vec![
            row.pair().to_string(),
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
    let asked = rows.iter().filter_map(|row| {
        let Answer { ok, said } = row.probe.as_ref()?;
        let word = if *ok { "answers" } else { "does not answer" };
        Some(vec![row.pair().to_string(), word.to_owned(), said.clone()])
    });
    let asked: Vec<Vec<String>> = asked.collect();
    if !asked.is_empty() {
        parts.push(table(&["ASKED", "", "SAID"], asked));
    }
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
            format!("left alone until {}: {}", moment(*until), cropped(reason))
        }
        Breaker::HalfOpen {
            reason,
            trial: None,
        } => format!("one run may try it again: {}", cropped(reason)),
        Breaker::HalfOpen {
            reason,
            trial: Some(run),
        } => format!("run {run} finds out: {}", cropped(reason)),
    }
}

/// A reason as a table has room for it; JSON has it whole.
fn cropped(reason: &str) -> String {
    clip(reason, REASON_CHARS)
}
