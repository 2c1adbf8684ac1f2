//! What can be seen from outside a factory: the forge, the process table, the
//! log, the files.
//!
//! Invariant: looking changes nothing; what cannot be read counts as found, so
//! that no scenario passes because nobody could look.

use super::Traces;
use crate::cli::demo::place::Place;
use crate::model::{FailureClass, RunState};
use crate::sandbox::Forge;
use crate::sandbox::agent::THOUGHT;
use crate::store;
use aho_corasick::AhoCorasick;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How the factory's marks begin.
const MARK: &str = "<!-- adf:1 ";

/// What the factory's account has written and done on the forge.
pub(super) struct Left {
    /// In numbers.
    pub traces: Traces,
    /// The texts of its comments.
    pub comments: Vec<String>,
    /// The numbers of its pull requests.
    pub pulls: Vec<u64>,
    /// Its branches.
    pub branches: Vec<String>,
    /// Comments and pull requests that are there twice.
    pub duplicates: usize,
}

/// Looks at the forge.
pub(super) fn left(forge: &Forge, repo: &str, account: &str) -> Left {
    let mut comments = Vec::new();
    for issue in forge.issues(repo) {
        let own = forge.comments(repo, issue.number).into_iter();
        comments.extend(own.filter(|c| c.author == account).map(|c| c.body));
    }
    let mut seen = BTreeMap::<String, usize>::new();
    let mut count = |what: String| *seen.entry(what).or_default() += 1;
    let mut kinds = BTreeMap::<String, usize>::new();
    for mark in comments.iter().filter_map(|body| mark(body)) {
        let field = |name: &str| mark.split(' ').find_map(|field| field.strip_prefix(name));
        let (kind, key) = (field("kind="), field("key="));
        *kinds
            .entry(kind.unwrap_or_default().to_owned())
            .or_default() += 1;
        count(format!("{kind:?} {key:?}"));
    }
    let mut pulls = forge.pulls(repo);
    pulls.retain(|pull| pull.author == account);
    pulls.iter().for_each(|pull| count(pull.head.clone()));
    let branches = forge.branches(repo).into_iter().map(|(name, _)| name);
    let branches: Vec<String> = branches.filter(|name| name.starts_with("adf/")).collect();
    let kind = |name: &str| kinds.get(name).copied().unwrap_or(0);
    Left {
        traces: Traces {
            accepts: kind("accept"),
            results: kind("result"),
            replies: kind("reply"),
            branches: branches.len(),
            pulls: pulls.len(),
        },
        duplicates: seen.values().map(|times| times - 1).sum(),
        pulls: pulls.iter().map(|pull| pull.number).collect(),
        comments,
        branches,
    }
}

/// What stands in a comment's mark.
fn mark(body: &str) -> Option<&str> {
    let (_, rest) = body.split_once(MARK)?;
    Some(rest.split_once(" -->")?.0)
}

/// Each run of the ledgers, in order: its state and its failure class.
pub(super) fn runs(states: &[PathBuf]) -> Vec<(&'static str, Option<FailureClass>)> {
    let worlds = states
        .iter()
        .map(|state| store::open_read_only(state).and_then(|reader| reader.world()));
    let runs = worlds.flat_map(|world| world.unwrap_or_default().runs.into_values());
    let mut runs: Vec<_> = runs.collect();
    runs.sort_by_key(|run| (run.created_at, run.id.clone()));
    let state = |state: &RunState| match state {
        RunState::Starting => "starting",
        RunState::Working { .. } => "working",
        RunState::Ended { .. } => "ended",
    };
    runs.iter()
        .map(|run| (state(&run.state), run.outcome().and_then(|o| o.class)))
        .collect()
}

/// Where a text stands that must stand nowhere.
pub(super) fn places_of(text: &str, forge: &Forge, repo: &str, place: &Place) -> Vec<String> {
    let mut places = Vec::new();
    let finder = AhoCorasick::new([text]).ok();
    for issue in forge.issues(repo) {
        let comments = forge.comments(repo, issue.number).into_iter();
        let said = comments.map(|c| c.body).chain([issue.title, issue.body]);
        if said.into_iter().any(|said| said.contains(text)) {
            places.push(format!("#{}", issue.number));
        }
    }
    // An output holds what its agent thinks, but no secret.
    for file in record(place, text != THOUGHT) {
        let clean = |f: &AhoCorasick| std::fs::read(&file).is_ok_and(|bytes| !f.is_match(&bytes));
        if !finder.as_ref().is_some_and(clean) {
            places.push(file.display().to_string());
        }
    }
    places
}

/// The log, the ledger, what agents were told, and what they wrote.
fn record(place: &Place, with_outputs: bool) -> Vec<PathBuf> {
    let mut files = vec![place.log.clone()];
    files.extend(files_of(&place.state, 0));
    let of_runs = files_of(&place.state.join("runs"), 3).into_iter();
    files.extend(of_runs.filter(|f| with_outputs || !f.ends_with("output.log")));
    files
}

/// The bytes kept of the longest output.
pub(super) fn output_kept(place: &Place) -> u64 {
    let files = files_of(&place.state.join("runs"), 1).into_iter();
    let outputs = files.filter(|f| f.ends_with("output.log"));
    let length = |file: PathBuf| std::fs::metadata(file).map_or(0, |m| m.len());
    outputs.map(length).max().unwrap_or(0)
}

/// The longest that an event held the loop, as the factories said when they ended.
pub(super) fn longest_stall(place: &Place) -> Option<u64> {
    let log = std::fs::read_to_string(&place.log).unwrap_or_default();
    let events = log
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    events
        .filter_map(|event| event["longest_stall_us"].as_u64())
        .max()
}

/// Whether an agent has left a file of this name in its worktree.
pub(super) fn is_in_work(place: &Place, name: &str) -> bool {
    let trees = std::fs::read_dir(place.state.join("work"));
    trees.is_ok_and(|trees| trees.flatten().any(|tree| tree.path().join(name).exists()))
}

/// The plain files of a folder, and of those in it down to a depth.
fn files_of(dir: &Path, depth: usize) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut files = Vec::new();
    for entry in entries.flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_file() => files.push(entry.path()),
            Ok(kind) if kind.is_dir() && depth > 0 => {
                files.extend(files_of(&entry.path(), depth - 1));
            }
            _ => {}
        }
    }
    files
}

/// The processes that work in this folder or were told of it.
pub(super) fn processes_of(dir: &Path) -> Vec<i32> {
    let Ok(finder) = AhoCorasick::new([dir.as_os_str().as_encoded_bytes()]) else {
        return Vec::new();
    };
    let pids = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| {
        let proc = PathBuf::from(format!("/proc/{pid}"));
        let told =
            |file: &str| std::fs::read(proc.join(file)).is_ok_and(|bytes| finder.is_match(&bytes));
        let inside = || std::fs::read_link(proc.join("cwd")).is_ok_and(|cwd| cwd.starts_with(dir));
        told("cmdline") || told("environ") || inside()
    })
    .collect()
}
