//! Comments: said, read, edited, taken back.
//!
//! Invariant: an edit moves `updated` and keeps the id, the author and the
//! place in the list; the list is by creation, its filter by `updated`.

use super::{
    answer::Answer,
    call::{Call, Told, number},
    issues::may_edit,
    state::{Comment, Issue, Repo, State},
};
use crate::model::Time;
use serde_json::Value;

/// Adds a comment and gives its id.
pub(super) fn add(
    state: &mut State,
    repo: &str,
    number: u64,
    author: &str,
    body: &str,
    now: Time,
) -> Result<i64, Answer> {
    state
        .repo(repo)?
        .issue(number)
        .ok_or_else(Answer::internal)?;
    let id = state.next_id();
    let issue = state.repo_mut(repo)?.issue_mut(number);
    let issue = issue.ok_or_else(Answer::internal)?;
    issue.updated = now;
    issue.comments.push(Comment {
        id,
        author: author.to_owned(),
        body: body.to_owned(),
        created: now,
        updated: now,
    });
    Ok(id)
}

/// Rewrites a comment, if `editor` may.
pub(super) fn rewrite(
    state: &mut State,
    repo: &str,
    id: i64,
    editor: &str,
    body: &str,
    now: Time,
) -> Result<(), Answer> {
    let comment = allowed(state, repo, id, editor)?;
    body.clone_into(&mut comment.body);
    comment.updated = now;
    Ok(())
}

/// Deletes a comment, if `editor` may.
pub(super) fn remove(state: &mut State, repo: &str, id: i64, editor: &str) -> Result<(), Answer> {
    allowed(state, repo, id, editor)?;
    for issue in &mut state.repo_mut(repo)?.issues {
        issue.comments.retain(|comment| comment.id != id);
    }
    Ok(())
}

fn allowed<'a>(
    state: &'a mut State,
    repo: &str,
    id: i64,
    editor: &str,
) -> Result<&'a mut Comment, Answer> {
    let elsewhere = state.repos.iter().any(|repo| repo.said(id).is_some());
    let row = state.repo_mut(repo)?;
    let Some((_, comment)) = row.said(id) else {
        return Err(missing(elsewhere, id));
    };
    if !may_edit(row, &comment.author, editor) {
        return Err(Answer::bare(403));
    }
    let texts = row.issues.iter_mut().flat_map(|issue| {
        let pull = issue.pull.iter_mut();
        let inline = pull.flat_map(|pull| pull.reviews.iter_mut().flat_map(|it| &mut it.inline));
        let inline = inline.map(|inline| &mut inline.said);
        issue.comments.iter_mut().chain(inline)
    });
    let comment = { texts }.find(|comment| comment.id == id);
    comment.ok_or_else(|| missing(elsewhere, id))
}

/// A comment of another repository is a bare 404, one that nobody has a told one.
fn missing(elsewhere: bool, id: i64) -> Answer {
    if elsewhere {
        return Answer::bare(404);
    }
    let text = format!("comment does not exist [id: {id}, issue_id: 0]");
    Answer::missing("not found", Some(text))
}

/// `GET` and `POST /issues/{n}/comments`: a missing issue is a 500, and there are no pages.
pub(super) fn of_issue(call: &Call, repo: &str, n: &str) -> Told {
    match call.method() {
        "GET" => {
            let (since, before) = (call.time("since")?, call.time("before")?);
            let state = call.world.state();
            let repo = state.repo(repo)?;
            let issue = repo.issue(number(n)).ok_or_else(Answer::internal)?;
            let rows = issue.comments.iter().map(|comment| (issue, comment));
            let rows = told(call, &state, repo, rows, since, before);
            Ok(whole(rows))
        }
        "POST" => {
            let login = call.login()?;
            let mut state = call.world.state();
            call.not_archived(state.repo(repo)?)?;
            let body = call.required("body", "Body")?;
            let now = call.world.clock.now();
            let id = add(&mut state, repo, number(n), login, body, now)?;
            one(call, &state, repo, id, 201)
        }
        _ => Err(Answer::bare(405)),
    }
}

/// `/issues/comments`: the whole repository's, or one by id.
pub(super) fn repo_wide(call: &Call, repo: &str, rest: &[&str]) -> Told {
    let (method, id) = match rest {
        [] => (call.method(), None),
        [id] => (call.method(), id.parse::<i64>().ok()),
        _ => return Err(Answer::text(404, "404 page not found\n")),
    };
    match (method, id) {
        ("GET", None) => {
            let (since, before) = (call.time("since")?, call.time("before")?);
            let state = call.world.state();
            let repo = state.repo(repo)?;
            let issues = repo.issues.iter();
            let rows = issues.flat_map(|issue| issue.comments.iter().map(move |row| (issue, row)));
            let rows = told(call, &state, repo, rows, since, before);
            match call.query("page") {
                // Without a page number a stock server gives everything, whatever the limit.
                None | Some("0") => Ok(whole(rows)),
                Some(_) => Ok(call.page(rows, false)),
            }
        }
        ("GET", Some(id)) => {
            let state = call.world.state();
            let row = state.repo(repo)?;
            // What is no plain comment is there, and has no content here.
            if row.comment(id).is_none() && row.said(id).is_some() {
                return Ok(Answer::bare(204));
            }
            one(call, &state, repo, id, 200)
        }
        ("PATCH", Some(id)) => {
            let login = call.login()?;
            let mut state = call.world.state();
            call.not_archived(state.repo(repo)?)?;
            let body = call.required("body", "Body")?;
            let now = call.world.clock.now();
            rewrite(&mut state, repo, id, login, body, now)?;
            one(call, &state, repo, id, 200)
        }
        ("DELETE", Some(id)) => {
            remove(&mut call.world.state(), repo, id, call.login()?)?;
            Ok(Answer::bare(204))
        }
        _ => Err(Answer::bare(405)),
    }
}

fn one(call: &Call, state: &State, repo: &str, id: i64, status: u16) -> Told {
    let elsewhere = state.repos.iter().any(|repo| repo.said(id).is_some());
    let repo = state.repo(repo)?;
    let (issue, comment) = repo.said(id).ok_or_else(|| missing(elsewhere, id))?;
    let value = call.view(state).comment(repo, issue, comment);
    Ok(Answer::json(status, value))
}

/// By creation and id, filtered by the last change, both ends included.
fn told<'a>(
    call: &Call,
    state: &State,
    repo: &Repo,
    rows: impl Iterator<Item = (&'a Issue, &'a Comment)>,
    since: Option<i64>,
    before: Option<i64>,
) -> Vec<Value> {
    let mut rows: Vec<_> = rows
        .filter(|(_, comment)| {
            let updated = comment.updated.seconds();
            since.is_none_or(|since| updated >= since)
                && before.is_none_or(|before| updated <= before)
        })
        .collect();
    rows.sort_by_key(|(_, comment)| (comment.created.seconds(), comment.id));
    let view = call.view(state);
    rows.into_iter()
        .map(|(issue, comment)| view.comment(repo, issue, comment))
        .collect()
}

fn whole(rows: Vec<Value>) -> Answer {
    let count = rows.len().to_string();
    Answer::ok(Value::Array(rows)).with("x-total-count", count)
}
