//! Issues: listed, opened, edited, closed.
//!
//! Invariant: a person without write access cannot label, assign or edit other
//! people's issues, by request or by verb: both come through here.

use super::{
    answer::Answer,
    call::{Call, Told, number},
    state::{Issue, Permission, Repo, State},
};
use crate::model::Time;
use serde_json::Value;

/// What a new issue or pull request says.
pub(super) struct Draft {
    pub author: String,
    pub title: String,
    pub body: String,
    pub now: Time,
}

/// Adds an issue under the next number.
pub(super) fn add(state: &mut State, repo: &str, draft: Draft) -> Result<u64, Answer> {
    let id = state.next_id();
    let repo = state.repo_mut(repo)?;
    let number = repo
        .issues
        .iter()
        .map(|issue| issue.number)
        .max()
        .unwrap_or(0)
        + 1;
    repo.issues.push(Issue {
        id,
        number,
        author: draft.author,
        title: draft.title,
        body: draft.body,
        closed: None,
        milestone: None,
        labels: Default::default(),
        assignees: Vec::new(),
        depends_on: Vec::new(),
        comments: Vec::new(),
        pull: None,
        created: draft.now,
        updated: draft.now,
    });
    Ok(number)
}

/// `GET` and `POST /issues`.
pub(super) fn all(call: &Call, repo: &str) -> Told {
    match call.method() {
        "GET" => list(call, repo),
        "POST" => create(call, repo),
        _ => Err(Answer::bare(405)),
    }
}

/// `GET` and `PATCH /issues/{n}`.
pub(super) fn one(call: &Call, repo: &str, n: &str) -> Told {
    match call.method() {
        "GET" => {
            let state = call.world.state();
            let repo = state.repo(repo)?;
            let issue = repo.issue(number(n)).ok_or_else(Answer::not_found)?;
            Ok(Answer::ok(call.view(&state).issue(repo, issue)))
        }
        "PATCH" => {
            edit(call, repo, number(n))?;
            let state = call.world.state();
            let repo = state.repo(repo)?;
            let issue = repo.issue(number(n)).ok_or_else(Answer::not_found)?;
            Ok(Answer::json(201, call.view(&state).issue(repo, issue)))
        }
        _ => Err(Answer::bare(405)),
    }
}

fn list(call: &Call, repo: &str) -> Told {
    let (since, before) = (call.time("since")?, call.time("before")?);
    let state = call.world.state();
    let repo = state.repo(repo)?;
    let known = |key: &str| match call.query(key) {
        Some(login) if state.user(login).is_none() => Err(Answer::missing(
            "not found",
            Some(Answer::no_such_user(login)),
        )),
        login => Ok(login.map(str::to_ascii_lowercase)),
    };
    let (author, assignee) = (known("created_by")?, known("assigned_by")?);
    // Unknown names are dropped, and with the last of them the filter.
    let wanted: Vec<i64> = call
        .query("labels")
        .into_iter()
        .flat_map(|names| names.split(','))
        .filter_map(|name| repo.labels.iter().find(|label| label.name == name))
        .map(|label| label.id)
        .collect();
    let fits = |issue: &&Issue| {
        let updated = issue.updated.seconds();
        of_state(call.query("state"), issue)
            && match call.query("type") {
                Some("issues") => issue.pull.is_none(),
                Some("pulls") => issue.pull.is_some(),
                _ => true,
            }
            && since.is_none_or(|since| updated >= since)
            && before.is_none_or(|before| updated <= before)
            && author.as_ref().is_none_or(|login| issue.author == *login)
            && assignee
                .as_ref()
                .is_none_or(|login| issue.assignees.contains(login))
            && wanted.iter().all(|label| issue.labels.contains(label))
    };
    let mut rows: Vec<&Issue> = repo.issues.iter().filter(fits).collect();
    rows.sort_by_key(|issue| std::cmp::Reverse((issue.created.seconds(), issue.id)));
    let view = call.view(&state);
    let rows = rows
        .into_iter()
        .map(|issue| view.issue(repo, issue))
        .collect();
    Ok(call.page(rows, true))
}

/// Whether an issue is in the state that a list asks for.
pub(super) fn of_state(wanted: Option<&str>, issue: &Issue) -> bool {
    match wanted {
        Some("all") => true,
        Some("closed") => issue.closed.is_some(),
        _ => issue.closed.is_none(),
    }
}

fn create(call: &Call, repo: &str) -> Told {
    let login = call.login()?.to_owned();
    let mut state = call.world.state();
    let row = state.repo(repo)?;
    call.not_archived(row)?;
    let title = call.required("title", "Title")?;
    let writer = call.may_write(row);
    let assignees = match call.texts("assignees") {
        Some(logins) if writer => checked(&state, row, &logins).map_err(|login| {
            let text = Answer::no_such_user(&login);
            Answer::error(422, format!("Assignee does not exist: [name: {text}]"))
        })?,
        _ => Vec::new(),
    };
    let labels = if writer {
        label_ids(row, call.field("labels"))
    } else {
        Vec::new()
    };
    let now = call.world.clock.now();
    let draft = Draft {
        author: login,
        title: title.to_owned(),
        body: call.text("body").unwrap_or_default().to_owned(),
        now,
    };
    let number = add(&mut state, repo, draft)?;
    let closed = call.field("closed").as_bool() == Some(true);
    if let Some(issue) = state.repo_mut(repo)?.issue_mut(number) {
        issue.assignees = assignees;
        issue.labels.extend(labels);
        issue.closed = closed.then_some(now);
    }
    let row = state.repo(repo)?;
    let issue = row.issue(number).ok_or_else(Answer::internal)?;
    Ok(Answer::json(201, call.view(&state).issue(row, issue)))
}

/// The ids of a body's list that are labels of this repository.
pub(super) fn label_ids(repo: &Repo, list: &Value) -> Vec<i64> {
    let ids = list
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_i64);
    ids.filter(|id| repo.labels.iter().any(|label| label.id == *id))
        .collect()
}

/// Logins as the server knows them; the first that cannot be assigned is the error.
pub(super) fn checked(
    state: &State,
    repo: &Repo,
    logins: &[String],
) -> Result<Vec<String>, String> {
    let assignable = repo.assignable();
    let known = logins.iter().map(|login| {
        let user = state
            .user(login)
            .filter(|user| assignable.contains(user.login.as_str()));
        user.map(|user| user.login.clone())
            .ok_or_else(|| login.clone())
    });
    known.collect()
}

/// Edits an issue or pull request by the body's fields; absent ones stay.
pub(super) fn edit(call: &Call, repo: &str, number: u64) -> Result<(), Answer> {
    let login = call.login()?.to_owned();
    let mut state = call.world.state();
    let row = state.repo(repo)?;
    let issue = row.issue(number).ok_or_else(Answer::not_found)?;
    let writer = call.may_write(row);
    if issue.author != login && !writer {
        return Err(Answer::bare(403));
    }
    let assignees = match call.texts("assignees") {
        Some(logins) if writer => {
            Some(checked(&state, row, &logins).map_err(|_| Answer::internal())?)
        }
        _ => None,
    };
    let closed = wanted_state(row, issue, call.text("state"), call.world.clock.now())?;
    let now = call.world.clock.now();
    let issue = state
        .repo_mut(repo)?
        .issue_mut(number)
        .ok_or_else(Answer::not_found)?;
    if let Some(title) = call.text("title").filter(|title| !title.is_empty()) {
        title.clone_into(&mut issue.title);
    }
    if let Some(body) = call.text("body") {
        body.clone_into(&mut issue.body);
    }
    if let Some(assignees) = assignees {
        issue.assignees = assignees;
    }
    if let Some(closed) = closed {
        issue.closed = closed;
    }
    issue.updated = now;
    Ok(())
}

/// When the issue is closed after an edit; `None` leaves it as it is.
pub(super) fn wanted_state(
    repo: &Repo,
    issue: &Issue,
    wanted: Option<&str>,
    now: Time,
) -> Result<Option<Option<Time>>, Answer> {
    let wanted = match wanted {
        None => return Ok(None),
        Some(word @ ("open" | "closed")) => word,
        Some(word) => return Err(Answer::error(412, format!("unknown state: {word}"))),
    };
    if issue
        .pull
        .as_ref()
        .is_some_and(|pull| pull.merged.is_some())
    {
        let text = "cannot change state of this pull request, it was already merged";
        return Err(Answer::error(412, text));
    }
    if wanted == "open" {
        return Ok(Some(None));
    }
    if repo.is_blocked(issue) {
        let text = "cannot close this issue or pull request because it still has open dependencies";
        return Err(Answer::error(412, text));
    }
    Ok(Some(issue.closed.or(Some(now))))
}

/// Whether somebody may change what `author` wrote.
pub(super) fn may_edit(repo: &Repo, author: &str, login: &str) -> bool {
    author == login || repo.right(Some(login)) >= Permission::Write
}
