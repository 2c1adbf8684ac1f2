//! `adf failures`: by which rules runs fail, how they failed last, and what came of it.

use super::project::own_world;
use super::table::{moment, table};
use super::{ConfigArg, FAILED, Format, OK, complain, load, say, say_json};
use crate::decide::failures::{RuleRow, came_of_it, rules};
use crate::model::{Failed, Share, World};
use serde_json::{Value, json};

/// Show the rules that class failures, what they matched, and the last failures
#[derive(Debug, clap::Args)]
pub struct Failures {
    #[command(flatten)]
    config: ConfigArg,
    /// How many of the last failures are shown
    #[arg(long, value_name = "N", default_value_t = 20)]
    last: usize,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Prints the failures of a project.
#[must_use]
pub fn run(args: &Failures) -> u8 {
    let config = match load(&args.config.path) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let settings = &config.settings;
    let world = match own_world(settings) {
        Ok(world) => world,
        Err(error) => {
            complain(&error.to_string());
            return FAILED;
        }
    };
    let rules = rules(&world, &settings.failures.rules);
    let failures = world.failures();
    let last: Vec<&Failed<'_>> = failures.iter().rev().take(args.last).collect();
    match args.format {
        Format::Json => say_json(&as_json(&settings.project, &world, &rules, &last)),
        Format::Human => say(&as_text(&world, &rules, &last)),
    }
    OK
}

fn as_json(project: &str, world: &World, rules: &[RuleRow], last: &[&Failed<'_>]) -> Value {
    let share = world.unknown_share();
    json!({
        "project": project,
        "rules": rules,
        "failures": last.iter().map(|f| json!({
            "at": f.at, "task": f.run.task, "run": f.run.id, "issue": f.run.work.issue,
            "agent": f.run.agent, "class": f.class, "reason": f.outcome.reason,
            "rule": f.outcome.failure.as_ref().map(|x| &x.rule),
            "line": f.outcome.failure.as_ref().map(|x| &x.line),
            "fingerprint": f.outcome.failure.as_ref().map(|x| &x.fingerprint),
            "came_of_it": came_of_it(world, f),
        })).collect::<Vec<_>>(),
        "unknown": { "of": share.of, "unknown": share.unknown, "alert": share.is_high() },
    })
}

fn as_text(world: &World, rules: &[RuleRow], last: &[&Failed<'_>]) -> String {
    let rows = rules.iter().enumerate().map(|(n, rule)| {
        let by = json!(rule.source);
        vec![
            (n + 1).to_string(),
            rule.class.word().to_owned(),
            rule.rule.clone(),
            by.as_str().unwrap_or("no longer in force").to_owned(),
            rule.matches.to_string(),
            rule.last_match.map_or(String::new(), moment),
        ]
    });
    let head = ["#", "CLASS", "RULE", "BY", "MATCHES", "LAST (UTC)"];
    let mut parts = vec![table(&head, rows.collect())];
    if last.is_empty() {
        parts.push("no run has failed".to_owned());
        return parts.join("\n\n");
    }
    let rows = last.iter().map(|failed| {
        let failure = failed.outcome.failure.clone().unwrap_or_default();
        vec![
            moment(failed.at),
            format!("#{}", failed.run.work.issue),
            failed.run.id.to_string(),
            failed.class.word().to_owned(),
            failure.rule,
            failure.fingerprint,
            failure.line,
            came_of_it(world, failed),
        ]
    });
    let head = [
        "WHEN (UTC)",
        "ISSUE",
        "RUN",
        "CLASS",
        "RULE",
        "FINGERPRINT",
        "LINE",
        "CAME OF IT",
    ];
    parts.push(table(&head, rows.collect()));
    parts.push(share(world.unknown_share()));
    parts.join("\n\n")
}

fn share(share: Share) -> String {
    let Share { of, unknown } = share;
    let high = if share.is_high() {
        ": too many, add `[[failures.rules]]`"
    } else {
        ""
    };
    format!("{unknown} of the last {of} failures are UNKNOWN{high}")
}
