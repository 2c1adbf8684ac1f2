//! `adf rank`: open issues by what waits for them, of the project or of a graph on stdin.
//!
//! Invariant: touches nothing. The graph is the ledger's, or, where that has none, the
//! forge's as it is now; of stdin at most [`input::TEXT_BYTES_MAX`] bytes and one are read.
//! Exit 0 says that a graph was ranked, cycles or not, 1 that there was none.

use super::look::{look, progress};
use super::run::code;
use super::table::{moment, table};
use super::{FAILED, OK, complain, complain_plainly, load, runtime, say, say_plainly};
use crate::clock::Clock;
use crate::config::Config;
use crate::decide::graph::{self, Hindered};
use crate::ipc::operator;
use crate::model::{BACKLOG, FactoryId, Snapshot, World};
use crate::redact::clip;
use crate::store::{self, StoreError};
use adf_graph::{IssueGraph, Ranking, Row, Standing, input, show};
use clap::ValueEnum;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

const AFTER: &str = "Ranks are by PageRank from dependants to what blocks them (damping 0.85, the rank of issues that wait \
for nothing spread evenly, sum 1), as other implementations compute it. An issue is ready when it is open, \
waits for nothing, nobody has it (a task, a pull request that waits, a person by label, another factory), \
and, where the coordinator works, it bears the label and `adf plan` has nothing against it.

What is in the way first, in the table and as `standing` in JSON (`ready` is true for the first alone):
  ready         ready         nothing; the coordinator takes it up when it has room
  blocked       blocked       it waits: `blocked_by`, or `blocked_by_unknown` for what is elsewhere, missing or hidden
  taken up      claimed       somebody has it
  taken before  taken_before  it was taken up as it is; somebody who may write has to change it
  needs a word  needs_a_word  its author may not write: somebody who may has to read it and comment
  no agent      no_agent      a label `adf:<agent>` names an agent that the coordinator does not have
  not read yet  stale         it moved, and what it waits for was not read since
  no label      unwanted      it does not bear the coordinator's label
`why` in JSON says it in words, with the remedy. `unblocks` are the issues that wait for it, `cycles` those that wait for \
each other, `ignored` the dependencies of issues that are not in the graph.

With --stdin reads  {\"issues\":[1,2,3],\"dependencies\":[{\"issue\":2,\"depends_on\":1}]}

Examples:
  adf rank --config /etc/adf/shop.toml
  adf rank --format dot | dot -Tsvg > rank.svg
  adf rank --stdin < graph.json

Exit codes: 0 ranked, also when there are cycles · 1 no graph · 2 wrong usage · 69 the forge refuses · \
78 the config has faults";
/// How long a running factory may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);
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
        stdin().map(|graph| (graph, Told::default()))
    } else {
        project(args)
    };
    let (graph, told) = match ranked {
        Ok(ranked) => ranked,
        Err(code) => return code,
    };
    let usual = if args.stdin {
        RankFormat::Json
    } else {
        RankFormat::Human
    };
    let mut ranking = graph.ranking();
    for row in &mut ranking.ranks {
        row.why = told.why.get(&row.issue).map(|(_, why)| why.clone());
    }
    match args.format.unwrap_or(usual) {
        RankFormat::Json => say_plainly(&serde_json::json!(ranking).to_string()),
        RankFormat::Dot => say_plainly(show::dot(&graph, &ranking).trim_end()),
        RankFormat::Human => say(&as_text(&ranking, &told.titles)),
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

/// What is told of issues beside their ranks.
#[derive(Default)]
struct Told {
    titles: BTreeMap<u64, String>,
    why: Hindered,
}

/// The graph of a project, with what is told of its issues.
fn project(args: &Rank) -> Result<(IssueGraph, Told), u8> {
    let config = load(&args.config)?;
    let (world, factory) = world(&config, args.fresh)?;
    let coordinator = &config.settings.coordinator;
    let wanted = coordinator.builtin.then_some(coordinator.label.as_str());
    let now = Clock::System.now();
    let snapshot = Snapshot::looked_at(now, &world, &config.settings, &factory);
    let why = graph::hindered(&snapshot);
    let graph = graph::graph(&world, &why, wanted).map_err(|error| {
        complain(&error.to_string());
        FAILED
    })?;
    let titles = world.issues.into_iter();
    let titles = titles.map(|(number, issue)| match issue.is_pull {
        true => (number, format!("(pull request) {}", issue.title)),
        false => (number, issue.title),
    });
    let titles = titles.collect();
    Ok((graph, Told { titles, why }))
}

/// What the ledger knows if it knows the graph, else what the forge says now.
fn world(config: &Config, fresh: bool) -> Result<(World, FactoryId), u8> {
    let settings = &config.settings;
    let known = store::open_own(&settings.state_dir, &settings.project)
        .and_then(|reader| Ok((reader.world()?, reader.factory()?)));
    match known {
        Ok((world, factory)) if !fresh && world.cursors.contains_key(BACKLOG) => {
            say_age(config, &world);
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

/// Says of when the ledger is where no factory reads on.
fn say_age(config: &Config, world: &World) {
    if operator::ask(&config.settings.state_dir, "status", ANSWER_MAX).is_ok() {
        return;
    }
    let read = world.links.values().map(|links| links.read_at);
    let last = read.chain(world.writers_at).max();
    let last = last.map_or_else(String::new, |at| format!("at {} UTC ", moment(at)));
    complain_plainly(&format!(
        "no factory is running: this is what was read {last}by the last that was; --fresh reads the forge now"
    ));
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
    parts.extend(reasons(ranking));
    parts.extend(
        ranking
            .ignored
            .iter()
            .map(|link| format!("left out: {link}")),
    );
    parts.join("\n")
}

/// Why issues that nobody has are not ready, the first of them by rank. What waits for issues
/// that can be seen has them in its row.
fn reasons(ranking: &Ranking) -> impl Iterator<Item = String> {
    let rows = ranking.ranks.iter().filter(|row| match row.standing {
        Standing::Blocked => !row.blocked_by_unknown.is_empty(),
        Standing::Ready | Standing::Claimed | Standing::Unwanted => false,
        _ => true,
    });
    let told = rows.filter_map(|row| Some(format!("#{}: {}", row.issue, row.why.as_ref()?)));
    told.take(NAMED_MAX)
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Ready => "ready",
        Standing::Blocked => "blocked",
        Standing::Claimed => "taken up",
        Standing::TakenBefore => "taken before",
        Standing::NeedsAWord => "needs a word",
        Standing::NoAgent => "no agent",
        Standing::Stale => "not read yet",
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
