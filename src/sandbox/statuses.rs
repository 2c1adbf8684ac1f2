//! Commit statuses.
//!
//! Invariant: every post adds a row; the newest of a context counts.

use super::{
    answer::Answer,
    bare,
    call::{Call, Told},
    state::{Repo, Status},
};
use serde_json::{Value, json};
use std::cmp::Reverse;

/// `GET` and `POST /statuses/{sha}`; a commit that is not there is a 500 to a post.
pub(super) fn of_commit(call: &Call, repo: &str, sha: &str) -> Told {
    if call.method() == "GET" {
        return history(call, repo, sha);
    }
    let login = call.login()?.to_owned();
    let mut state = call.world.state();
    let row = state.repo(repo)?;
    if !call.may_write(row) {
        let text = "user should have a permission to write to a repo";
        return Err(Answer::error(403, text));
    }
    let sha = bare::resolve(&row.git_dir, sha).ok_or_else(Answer::internal)?;
    let text = |key: &str| call.text(key).unwrap_or_default().to_owned();
    let status = Status {
        sha: sha.clone(),
        state: text("state"),
        context: text("context"),
        description: text("description"),
        target_url: text("target_url"),
        creator: login,
        created: call.world.clock.now(),
    };
    state.repo_mut(repo)?.statuses.push(status);
    let row = state.repo(repo)?;
    let (index, status) = own(row, &sha).pop().ok_or_else(Answer::internal)?;
    Ok(Answer::json(
        201,
        call.view(&state).status(row, status, index),
    ))
}

/// A commit's statuses, counted from 1, oldest first.
fn own<'a>(repo: &'a Repo, sha: &str) -> Vec<(usize, &'a Status)> {
    let rows = repo.statuses.iter().filter(|status| status.sha == sha);
    rows.enumerate()
        .map(|(at, status)| (at + 1, status))
        .collect()
}

/// `GET /statuses/{sha}` and `/commits/{ref}/statuses`.
pub(super) fn history(call: &Call, repo: &str, name: &str) -> Told {
    let state = call.world.state();
    let repo = state.repo(repo)?;
    let sha = bare::resolve(&repo.git_dir, name).unwrap_or_default();
    let mut rows = own(repo, &sha);
    rows.sort_by_key(|(index, status)| (Reverse(status.created.seconds()), *index));
    let view = call.view(&state);
    let rows = rows
        .into_iter()
        .map(|(index, status)| view.status(repo, status, index))
        .collect();
    Ok(call.page(rows, true))
}

/// `GET /commits/{ref}/status`: the newest of each context, and what they come to.
pub(super) fn combined(call: &Call, repo: &str, name: &str) -> Told {
    let state = call.world.state();
    let row = state.repo(repo)?;
    let sha = bare::resolve(&row.git_dir, name).ok_or_else(Answer::not_found)?;
    let newest = newest(row, &sha);
    let rows: Vec<Value> = newest
        .iter()
        .map(|(index, status)| call.view(&state).status(row, status, *index))
        .collect();
    let api = format!("{}/api/v1/repos/{}", call.world.base, row.full_name());
    Ok(Answer::ok(json!({
        "state": verdict(&newest), "sha": sha, "total_count": rows.len(),
        "statuses": if rows.is_empty() { Value::Null } else { json!(rows) },
        "repository": call.view(&state).repo(row),
        "commit_url": format!("{api}/commits/{sha}"), "url": format!("{api}/commits/{sha}/status"),
    }))
    .with("x-total-count", newest.len().to_string()))
}

fn newest<'a>(repo: &'a Repo, sha: &str) -> Vec<(usize, &'a Status)> {
    let mut seen = Vec::new();
    let mut rows = own(repo, sha);
    rows.reverse();
    rows.retain(|(_, status)| {
        let new = !seen.contains(&status.context);
        seen.push(status.context.clone());
        new
    });
    rows
}

/// The rule of 1.25: any failure fails, all good is good, the rest waits.
fn verdict(rows: &[(usize, &Status)]) -> &'static str {
    let any = |words: &[&str]| {
        rows.iter()
            .any(|(_, it)| words.contains(&it.state.as_str()))
    };
    let all = |words: &[&str]| {
        rows.iter()
            .all(|(_, it)| words.contains(&it.state.as_str()))
    };
    match rows {
        [] => "",
        _ if any(&["failure", "error"]) => "failure",
        _ if all(&["success", "warning", "skipped"]) => "success",
        _ => "pending",
    }
}
