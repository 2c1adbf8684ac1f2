//! Dependencies: what blocks what.
//!
//! Invariant: only a repeated link and a direct reverse are refused (with 500);
//! longer cycles, and an issue that waits for itself, stand, as recorded.

use super::{
    answer::Answer,
    call::{Call, Told, number},
    state::{Issue, Repo, State},
};
use crate::model::Time;
use serde_json::Value;

/// `/issues/{n}/dependencies`: what blocks {n}.
pub(super) fn dependencies(call: &Call, repo: &str, n: &str) -> Told {
    let number = number(n);
    let mut state = call.world.state();
    let row = state.repo(repo)?;
    if call.method() == "GET" {
        let issue = row.issue(number).ok_or_else(|| missing(row, number))?;
        let depends = issue.depends_on.iter().filter_map(|n| row.issue(*n));
        return Ok(list(call, &state, row, depends.collect()));
    }
    call.login()?;
    call.not_archived(row)?;
    row.issue(number).ok_or_else(|| missing(row, number))?;
    let owner = call.text("owner").unwrap_or_default();
    let name = call.text("repo").unwrap_or_default();
    if owner != row.owner || name != row.name {
        let text =
            format!("repository does not exist [id: 0, uid: 0, owner_name: {owner}, name: {name}]");
        return Err(Answer::missing("IsErrRepoNotExist", Some(text)));
    }
    let on = call.field("index").as_u64().unwrap_or(0);
    row.issue(on).ok_or_else(|| missing(row, on))?;
    if !call.may_write(row) {
        return Err(Answer::not_found());
    }
    let now = call.world.clock.now();
    match call.method() {
        "POST" => add(&mut state, repo, number, on, now)?,
        "DELETE" => remove(&mut state, repo, number, on, now)?,
        _ => return Err(Answer::bare(405)),
    }
    let row = state.repo(repo)?;
    let issue = row.issue(number).ok_or_else(Answer::internal)?;
    Ok(Answer::json(201, call.view(&state).issue(row, issue)))
}

/// `GET /issues/{n}/blocks`: what {n} blocks.
pub(super) fn blocks(call: &Call, repo: &str, n: &str) -> Told {
    let number = number(n);
    let state = call.world.state();
    let row = state.repo(repo)?;
    row.issue(number).ok_or_else(|| missing(row, number))?;
    let waiting = row
        .issues
        .iter()
        .filter(|issue| issue.depends_on.contains(&number));
    match call.method() {
        "GET" => Ok(list(call, &state, row, waiting.collect())),
        _ => Err(Answer::bare(405)),
    }
}

/// Makes `number` wait for `on`.
pub(super) fn add(
    state: &mut State,
    repo: &str,
    number: u64,
    on: u64,
    now: Time,
) -> Result<(), Answer> {
    let row = state.repo_mut(repo)?;
    let waits = |from: u64, to: u64| {
        row.issue(from)
            .is_some_and(|it| it.depends_on.contains(&to))
    };
    if waits(number, on) || waits(on, number) {
        return Err(Answer::internal());
    }
    if let Some(issue) = row.issue_mut(number) {
        issue.depends_on.push(on);
    }
    touch(row, [number, on], now);
    Ok(())
}

/// Makes an issue depend on another no longer.
pub(super) fn remove(
    state: &mut State,
    repo: &str,
    number: u64,
    on: u64,
    now: Time,
) -> Result<(), Answer> {
    let row = state.repo_mut(repo)?;
    let issue = row.issue_mut(number).ok_or_else(Answer::internal)?;
    if !issue.depends_on.contains(&on) {
        return Err(Answer::internal());
    }
    issue.depends_on.retain(|it| *it != on);
    touch(row, [number, on], now);
    Ok(())
}

/// A stock server notes the change under both issues, which moves both.
fn touch(repo: &mut Repo, numbers: [u64; 2], now: Time) {
    for number in numbers {
        if let Some(issue) = repo.issue_mut(number) {
            issue.updated = now;
        }
    }
}

fn missing(repo: &Repo, number: u64) -> Answer {
    let text = format!(
        "issue does not exist [id: 0, repo_id: {}, index: {number}]",
        repo.id
    );
    Answer::missing("IsErrIssueNotExist", Some(text))
}

/// Newest first, in pages, without a count.
fn list(call: &Call, state: &State, repo: &Repo, mut issues: Vec<&Issue>) -> Answer {
    issues.sort_by_key(|issue| (std::cmp::Reverse(issue.created.seconds()), issue.id));
    let view = call.view(state);
    let rows: Vec<Value> = issues
        .into_iter()
        .map(|issue| view.issue(repo, issue))
        .collect();
    let mut answer = call.page(rows, false);
    answer.headers.clear();
    answer
}
