//! `adf guard stats`: what the guard denied, by rule, agent and run.
//!
//! Invariant: told from the ledger alone, whether the factory runs or not.

use crate::cli::table::{moment, table};
use crate::cli::{ConfigArg, FAILED, Format, OK, complain, load, say, say_json};
use crate::model::GuardDenial;
use crate::store;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Show what the guard denied, by rule, agent and run
#[derive(Debug, clap::Args)]
pub struct Stats {
    #[command(flatten)]
    config: ConfigArg,
    /// How many of the last denials are shown
    #[arg(long, value_name = "N", default_value_t = 10)]
    last: usize,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Prints what was denied.
#[must_use]
pub fn run(args: &Stats) -> u8 {
    let config = match load(&args.config.path) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let settings = &config.settings;
    let read = store::open_own(&settings.state_dir, &settings.project);
    let denials = match read.and_then(|reader| reader.guard_denials()) {
        Ok(denials) => denials,
        Err(error) => {
            complain(&error.to_string());
            return FAILED;
        }
    };
    match args.format {
        Format::Json => say_json(&as_json(&config.settings.project, &denials, args.last)),
        Format::Human => say(&as_text(&denials, args.last)),
    }
    OK
}

/// What of a denial is counted.
type Part = fn(&GuardDenial) -> &str;

/// The parts of a denial that are counted.
const PARTS: [(&str, Part); 3] = [
    ("rule", |d| &d.rule),
    ("agent", |d| d.agent.as_str()),
    ("run", |d| d.run.as_str()),
];

/// How often each value of a part was denied, the most frequent first.
fn counted(denials: &[GuardDenial], part: Part) -> Vec<(&str, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for denial in denials {
        *counts.entry(part(denial)).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    counts
}

fn newest(denials: &[GuardDenial], last: usize) -> impl Iterator<Item = &GuardDenial> {
    denials.iter().rev().take(last)
}

fn as_json(project: &str, denials: &[GuardDenial], last: usize) -> Value {
    let mut told = json!({"project": project, "denials": denials.len()});
    for (name, part) in PARTS {
        let rows = counted(denials, part).into_iter();
        told[format!("by_{name}")] = rows
            .map(|(value, n)| json!({name: value, "denials": n}))
            .collect();
    }
    told["last"] = json!(newest(denials, last).collect::<Vec<_>>());
    told
}

fn as_text(denials: &[GuardDenial], last: usize) -> String {
    if denials.is_empty() {
        return "the guard has denied nothing".to_owned();
    }
    let mut parts: Vec<String> = PARTS
        .iter()
        .map(|(name, part)| {
            let rows = counted(denials, *part).into_iter();
            let rows = rows.map(|(value, n)| vec![value.to_owned(), n.to_string()]);
            table(&[&name.to_uppercase(), "DENIALS"], rows.collect())
        })
        .collect();
    let rows = newest(denials, last).map(|denial| {
        vec![
            moment(denial.at),
            denial.run.to_string(),
            denial.rule.clone(),
            denial.tool.clone(),
            denial.what.lines().next().unwrap_or_default().to_owned(),
        ]
    });
    let head = ["LAST (UTC)", "RUN", "RULE", "TOOL", "WHAT"];
    parts.push(table(&head, rows.collect()));
    parts.join("\n\n")
}
