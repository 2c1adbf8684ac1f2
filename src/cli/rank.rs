//! `adf rank`: open issues by what waits for them, of the project or of a graph on stdin.
//!
//! Invariant: touches nothing. The graph is the ledger's, or, where that has none, the
//! forge's as it is now; of stdin at most [`input::TEXT_BYTES_MAX`] bytes and one are read.
//! Exit 0 says that a graph was ranked, cycles or not, 1 that there was none.

use super::look::{look, progress};
use super::run::code;
use super::table::table;
use super::{FAILED, OK, complain, load, runtime, say};
use crate::clock::Clock;
use crate::config::Config;
use crate::decide::graph;
use crate::model::{BACKLOG, FactoryId, Snapshot, World};
use crate::redact::clip;
use crate::store::{self, StoreError};
use adf_graph::{IssueGraph, Ranking, Row, Standing, input, show};
use clap::ValueEnum;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

const AFTER: &str = "Ranks are by PageRank from dependants to what blocks them (damping 0.85, the rank of issues that wait \
for nothing spread evenly, sum 1), as other implementations compute it. An issue is ready when it is open, \
waits for nothing, nobody has it (a task, a pull request that waits, a person by label, another factory), \
and it bears the coordinator's label where that works; for the others the table says what is in the way first: `blocked`, `taken up` or `no label`.

With --stdin reads  {\"issues\":[1,2,3],\"dependencies\":[{\"issue\":2,\"depends_on\":1}]}

Examples:
  adf rank --config /etc/adf/shop.toml
  adf rank --format dot | dot -Tsvg > rank.svg
  adf rank --stdin < graph.json

Exit codes: 0 ranked, also when there are cycles · 1 no graph · 2 wrong usage · 69 the forge refuses · \
78 the config has faults";
/// Characters of a title that are shown.
const TITLE_CHARS: usize = 60;
/// Issues that are named in one place of a table.
const NAMED_MAX: usize = 12;

/// Rank open issues by what waits for them
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub struct Rank {
    /// The project's config
    #[arg(long, value_name = "FILE", default_value = "adf.toml")]
    config: PathBuf,
    /// Read the graph from stdin instead
    #[arg(long, conflicts_with = "config")]
    stdin: bool,
    /// Read the forge even if the ledger knows the graph
    #[arg(long, conflicts_with = "stdin")]
    fresh: bool,
    /// How to write it [default: human, with --stdin json]
    #[arg(long, value_enum)]
    format: Option<RankFormat>,
}

/// How ranks are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RankFormat {
    /// For people
    #[value(alias = "table")]
    Human,
    /// One line of JSON
    Json,
    /// The graph for Graphviz
    Dot,
}

/// Ranks the project's issues, or what stdin says.
#[must_use]
pub fn run(args: &Rank) -> u8 {
    let ranked = if args.stdin {
        stdin().map(|graph| (graph, BTreeMap::new()))
    } else {
        project(args)
    };
    let (graph, titles) = match ranked {
        Ok(ranked) => ranked,
        Err(code) => return code,
    };
    let usual = if args.stdin {
        RankFormat::Json
    } else {
        RankFormat::Human
    };
    let ranking = graph.ranking();
    match args.format.unwrap_or(usual) {
        RankFormat::Json => say(&serde_json::json!(ranking).to_string()),
        RankFormat::Dot => say(show::dot(&graph, &ranking).trim_end()),
        RankFormat::Human => say(&as_text(&ranking, &titles)),
    }
    OK
}

/// The graph that stands on stdin.
fn stdin() -> Result<IssueGraph, u8> {
    let mut text = Vec::new();
    let most = u64::try_from(input::TEXT_BYTES_MAX).unwrap_or(u64::MAX);
    if let Err(error) = std::io::stdin().take(most + 1).read_to_end(&mut text) {
        complain(&format!("stdin cannot be read: {error}"));
        return Err(FAILED);
    }
    input::read(&text).map_err(|error| {
        complain(&error.to_string());
        FAILED
    })
}

/// The graph of a project, with the titles of its issues.
fn project(args: &Rank) -> Result<(IssueGraph, BTreeMap<u64, String>), u8> {
    let config = load(&args.config)?;
    let (world, factory) = world(&config, args.fresh)?;
    let coordinator = &config.settings.coordinator;
    let wanted = coordinator.builtin.then_some(coordinator.label.as_str());
    let claimed = graph::claimed(&Snapshot::looked_at(
        Clock::System.now(),
        &world,
        &config.settings,
        &factory,
    ));
    let graph = graph::graph(&world, &claimed, wanted).map_err(|error| {
        complain(&error.to_string());
        FAILED
    })?;
    let titles = world.issues.into_iter();
    let titles = titles.map(|(number, issue)| match issue.is_pull {
        true => (number, format!("(pull request) {}", issue.title)),
        false => (number, issue.title),
    });
    Ok((graph, titles.collect()))
}

/// What the ledger knows if it knows the graph, else what the forge says now.
fn world(config: &Config, fresh: bool) -> Result<(World, FactoryId), u8> {
    let settings = &config.settings;
    let known = store::open_own(&settings.state_dir, &settings.project)
        .and_then(|reader| Ok((reader.world()?, reader.factory()?)));
    match known {
        Ok((world, factory)) if !fresh && world.cursors.contains_key(BACKLOG) => {
            return Ok((world, factory));
        }
        Ok(_) | Err(StoreError::NoLedger { .. }) => {}
        Err(error) => {
            complain(&error.to_string());
            return Err(FAILED);
        }
    }
    let looked = runtime()?.block_on(look(config, None, Some(&progress)));
    let failed = |error: crate::app::AppError| {
        complain(&error.to_string());
        code(&error)
    };
    let look = looked.map_err(failed)?;
    match look.polled {
        Ok(()) => Ok((look.world, look.factory)),
        Err(crate::sense::SenseError::Forge(error)) => Err(failed(error.into())),
        Err(error) => {
            complain(&error.to_string());
            Err(FAILED)
        }
    }
}

fn as_text(ranking: &Ranking, titles: &BTreeMap<u64, String>) -> String {
    let title = |row: &Row| {
        let title = titles.get(&row.issue);
        title.map_or_else(String::new, |title| clip(title, TITLE_CHARS))
    };
    let rows = ranking.ranks.iter().enumerate().map(|(n, row)| {
        let known = row.blocked_by.iter().map(|n| format!("#{n}"));
        let unknown = row.blocked_by_unknown.iter();
        let unknown = unknown.map(|b| format!("{b} (unknown)"));
        vec![
            (n + 1).to_string(),
            format!("#{}", row.issue),
            format!("{:.6}", row.rank),
            standing(row.standing).to_owned(),
            numbers(&row.unblocks),
            some(known.chain(unknown)),
            title(row),
        ]
    });
    let head = ["", "ISSUE", "RANK", "", "UNBLOCKS", "BLOCKED BY", "TITLE"];
    let mut parts = vec![table(&head, rows.collect())];
    let cycles = ranking.cycles.iter();
    parts.extend(cycles.map(|cycle| format!("cycle: {}", numbers(cycle))));
    parts.extend(
        ranking
            .ignored
            .iter()
            .map(|link| format!("left out: {link}")),
    );
    parts.join("\n")
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Ready => "ready",
        Standing::Blocked => "blocked",
        Standing::Claimed => "taken up",
        Standing::Unwanted => "no label",
    }
}

fn numbers(issues: &[u64]) -> String {
    some(issues.iter().map(|n| format!("#{n}")))
}

/// The first of many, and how many more there are; JSON has them all.
fn some(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.collect();
    let more = names.len().saturating_sub(NAMED_MAX);
    names.truncate(NAMED_MAX);
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    names.join(" ")
}
