//! What an agent that coordinates sees of the open issues: a text, by rank.
//!
//! Invariant: bounded in lines and in each line, and data: every title and name in it is
//! somebody's words, cut and on one line, so it goes between a prompt's fences only.
//! What is ready is what [`super::coordinate`] would call so.

use super::graph;
use super::past::Past;
use crate::model::{Issue, Snapshot};
use crate::redact::clip;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Issues that are shown.
const ISSUES_MAX: usize = 60;
/// Characters shown of a title, or of a milestone's.
const TITLE_CHARS_MAX: usize = 120;
/// Cycles that are shown.
const CYCLES_MAX: usize = 10;

/// The open issues by rank, each with what stands in its way.
#[must_use]
pub fn view(s: &Snapshot<'_>) -> String {
    let (world, label) = (s.world, s.settings.coordinator.label.as_str());
    let past = Past::known(s);
    let graph = match graph::graph(world, &BTreeMap::new(), Some(label)) {
        Ok(graph) => graph,
        Err(error) => return format!("The issues cannot be ranked: {error}\n"),
    };
    let ranking = graph.ranking();
    let rows = ranking.ranks.iter();
    let issues = rows.filter_map(|row| Some((row, world.issues.get(&row.issue)?)));
    let issues: Vec<_> = issues.filter(|(_, issue)| !issue.is_pull).collect();
    let mut text = format!("{} open issues, the highest ranked first.\n", issues.len());
    for (row, issue) in issues.iter().take(ISSUES_MAX) {
        let waits = world.waits_for(issue.number);
        let held = past.holder(s, issue);
        let stands = match held {
            Some(held) => held.short(),
            None if !waits.is_empty() => format!("waits for {}", waits.join(", ")),
            None if issue.labels.iter().any(|l| l == label) => "ready, wanted".to_owned(),
            None => "ready".to_owned(),
        };
        let _ = write!(text, "#{} ({stands}", issue.number);
        if let Some(waiting) = graph::waiting(&row.unblocks) {
            let _ = write!(text, "; {waiting}");
        }
        text.push_str(&planned(issue));
        let _ = writeln!(text, "): {}", line(&issue.title));
    }
    if issues.len() > ISSUES_MAX {
        let _ = writeln!(text, "and {} more", issues.len() - ISSUES_MAX);
    }
    for cycle in ranking.cycles.iter().take(CYCLES_MAX) {
        let named: Vec<String> = cycle.iter().map(|n| format!("#{n}")).collect();
        let _ = writeln!(text, "{} wait for one another", named.join(" "));
    }
    text
}

fn planned(issue: &Issue) -> String {
    issue
        .milestone
        .as_ref()
        .map_or_else(String::new, |planned| {
            let due = planned.due.as_ref();
            let due = due.map_or_else(String::new, |day| format!(" due {day}"));
            format!("; milestone {}{due}", line(&planned.title))
        })
}

fn line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    clip(&words.join(" "), TITLE_CHARS_MAX)
}
