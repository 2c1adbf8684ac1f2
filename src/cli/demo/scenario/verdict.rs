//! What was found against what was expected: the misses, and the object for scripts.
//!
//! Invariant: a scenario is well only when nothing is missing; each miss says
//! what was expected and what was found.

use super::look::{self, Left};
use super::{Scenario, beside};
use crate::cli::demo::place::Place;
use crate::model::{FailureClass, counted};
use crate::sandbox::Forge;
use serde_json::{Value, json};

/// What is kept of a run's output at most, with the note of the cut.
const OUTPUT_BYTES_MAX: u64 = (16 << 20) + 200;

/// What came of a scenario.
pub(in crate::cli::demo) struct Verdict {
    scenario: &'static Scenario,
    left: Left,
    runs: Vec<(&'static str, Option<FailureClass>)>,
    surviving: usize,
    stall: Option<u64>,
    misses: Vec<String>,
}

impl Verdict {
    /// Looks at everything. `surviving` processes were seen, `misses` on the way.
    pub(super) fn of(
        scenario: &'static Scenario,
        (forge, repo, account): (&Forge, &str, &str),
        place: &Place,
        surviving: usize,
        misses: Vec<String>,
    ) -> Verdict {
        let mut verdict = Verdict {
            scenario,
            left: look::left(forge, repo, account),
            runs: look::runs(&beside::states(place)),
            surviving,
            stall: look::longest_stall(place),
            misses,
        };
        verdict.judge(forge, repo, place);
        verdict
    }

    fn judge(&mut self, forge: &Forge, repo: &str, place: &Place) {
        let wanted = &self.scenario.expected;
        self.miss("on the forge", &wanted.traces, &self.left.traces.clone());
        let classes: Vec<Option<FailureClass>> = self.runs.iter().map(|run| run.1).collect();
        self.miss(
            "failure classes of the runs",
            &wanted.runs,
            &classes.as_slice(),
        );
        let open = self.runs.iter().filter(|run| run.0 != "ended").count();
        self.miss("runs that are not over", &0, &open);
        self.miss(
            "texts that are there twice",
            &0,
            &self.left.duplicates.clone(),
        );
        self.miss("processes that are left", &0, &self.surviving.clone());
        for words in wanted.says {
            if !self.left.comments.iter().any(|said| said.contains(words)) {
                let found = self.left.comments.join("\n---\n");
                self.missed("a comment", &format!("one that says {words:?}"), &found);
            }
        }
        for text in wanted.never {
            let places = look::places_of(text, forge, repo, place);
            if !places.is_empty() {
                self.missed(&format!("{text:?}"), "nowhere", &places.join(", "));
            }
        }
        if let Some((path, part)) = wanted.holds {
            for branch in self.left.branches.clone() {
                let file = forge.file_at(repo, &branch, path).unwrap_or_default();
                if !file.contains(part) {
                    self.missed(&format!("{path} on {branch}"), part, &file);
                }
            }
        }
        let kept = look::output_kept(place);
        if kept > OUTPUT_BYTES_MAX {
            let most = format!("at most {OUTPUT_BYTES_MAX} bytes");
            self.missed("the longest output on the disk", &most, &kept.to_string());
        }
    }

    fn miss<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, wanted: &T, found: &T) {
        if wanted != found {
            self.missed(what, &format!("{wanted:?}"), &format!("{found:?}"));
        }
    }

    fn missed(&mut self, what: &str, wanted: &str, found: &str) {
        let line = format!("{what}: expected {wanted}, found {found}");
        self.misses.push(line);
    }

    /// Whether all is as expected.
    pub(in crate::cli::demo) fn is_ok(&self) -> bool {
        self.misses.is_empty()
    }

    /// What is not as expected.
    pub(in crate::cli::demo) fn misses(&self) -> &[String] {
        &self.misses
    }

    /// One line for people.
    pub(in crate::cli::demo) fn line(&self) -> String {
        let traces = &self.left.traces;
        let runs: Vec<&str> = self.runs.iter().map(|r| word(*r)).collect();
        format!(
            "{} ({}, {}), {}, {}; runs: {}",
            counted(self.left.comments.len(), "comment"),
            counted(traces.results, "result"),
            counted(traces.replies, "reply"),
            counted(traces.branches, "branch"),
            counted(traces.pulls, "pull request"),
            if runs.is_empty() {
                "none".to_owned()
            } else {
                runs.join(", ")
            },
        )
    }

    /// The object for scripts.
    pub(in crate::cli::demo) fn json(&self) -> Value {
        let run = |(state, class): &(&str, Option<FailureClass>)| json!({"state": state, "failure_class": class.map(FailureClass::word)});
        json!({
            "scenario": self.scenario.name,
            "ok": self.is_ok(),
            "prs": self.left.pulls,
            "comments": self.left.comments.len(),
            "runs": self.runs.iter().map(run).collect::<Vec<_>>(),
            "duplicates": self.left.duplicates,
            "surviving_processes": self.surviving,
            "longest_stall_us": self.stall,
        })
    }
}

/// The end of a scenario that could not be played at all, in the form of one that was.
pub(in crate::cli::demo) fn unplayed(scenario: &Scenario, error: &anyhow::Error) -> Value {
    json!({
        "scenario": scenario.name,
        "ok": false,
        "error": format!("{error:#}"),
        "prs": [],
        "comments": 0,
        "runs": [],
        "duplicates": 0,
        "surviving_processes": 0,
        "longest_stall_us": 0,
    })
}

fn word((state, class): (&'static str, Option<FailureClass>)) -> &'static str {
    class.map_or(state, FailureClass::word)
}
