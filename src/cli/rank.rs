//! `adf rank --stdin`: a graph of issues in, their ranks and cycles out.
//!
//! Invariant: at most [`input::TEXT_BYTES_MAX`] bytes and one are read; exit 0
//! says that a graph was ranked, cycles or not, 1 that there was none.

use super::table::table;
use super::{FAILED, OK, complain, say};
use crate::decide::graph::{Ranking, input, show};
use clap::ValueEnum;
use std::io::Read;

const AFTER: &str = r##"Reads  {"issues":[1,2,3],"dependencies":[{"issue":2,"depends_on":1}]}
and prints the issues by PageRank from dependants to what blocks them (damping 0.85, the rank of
issues that wait for nothing spread evenly, sum 1), as other implementations compute it.

Exit codes: 0 ranked, also when there are cycles · 1 no graph · 2 wrong usage"##;

/// Rank issues by what waits for them
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub struct Rank {
    /// Read the graph from stdin
    #[arg(long, required = true)]
    stdin: bool,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: RankFormat,
}

/// How ranks are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RankFormat {
    /// One line of JSON
    #[default]
    Json,
    /// The graph for Graphviz
    Dot,
    /// For people
    Table,
}

/// Ranks what stdin says.
#[must_use]
pub fn run(args: &Rank) -> u8 {
    let mut text = Vec::new();
    let most = u64::try_from(input::TEXT_BYTES_MAX).unwrap_or(u64::MAX);
    if let Err(error) = std::io::stdin().take(most + 1).read_to_end(&mut text) {
        complain(&format!("stdin cannot be read: {error}"));
        return FAILED;
    }
    let graph = match input::read(&text) {
        Ok(graph) => graph,
        Err(error) => {
            complain(&error.to_string());
            return FAILED;
        }
    };
    let ranking = graph.ranking();
    match args.format {
        RankFormat::Json => say(&serde_json::json!(ranking).to_string()),
        RankFormat::Dot => say(show::dot(&graph, &ranking).trim_end()),
        RankFormat::Table => say(&as_text(&ranking)),
    }
    OK
}

fn as_text(ranking: &Ranking) -> String {
    let rows = ranking.ranks.iter().enumerate().map(|(n, row)| {
        let mut blocks: Vec<String> = row.blocked_by.iter().map(|n| format!("#{n}")).collect();
        blocks.extend(
            row.blocked_by_unknown
                .iter()
                .map(|b| format!("{b} (unknown)")),
        );
        vec![
            (n + 1).to_string(),
            format!("#{}", row.issue),
            format!("{:.6}", row.rank),
            if row.ready { "ready" } else { "" }.to_owned(),
            numbers(&row.unblocks),
            blocks.join(" "),
        ]
    });
    let head = ["", "ISSUE", "RANK", "", "UNBLOCKS", "BLOCKED BY"];
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

fn numbers(issues: &[u64]) -> String {
    let named: Vec<String> = issues.iter().map(|n| format!("#{n}")).collect();
    named.join(" ")
}
