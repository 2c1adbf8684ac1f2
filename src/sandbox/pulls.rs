//! Pull requests: proposed, found, edited, read.
//!
//! Invariant: at most one open pull request for the same head and base; heads
//! and bases are branches of the same repository (forks are not played).

use super::{
    Inner,
    answer::Answer,
    bare,
    call::{Call, Told, number},
    compare, git,
    issues::{self, Draft},
    state::{Issue, Pull, Repo, State},
};
use crate::model::Time;
use serde_json::Value;
use std::cmp::Reverse;

/// `GET` and `POST /pulls`.
pub(super) fn all(call: &Call, repo: &str) -> Told {
    match call.method() {
        "GET" => list(call, repo),
        "POST" => create(call, repo),
        _ => Err(Answer::bare(405)),
    }
}

/// `GET /pulls/{n}`, `.diff`, `.patch`, and `PATCH`.
pub(super) fn one(call: &Call, repo: &str, n: &str) -> Told {
    if let Some(n) = n.strip_suffix(".diff") {
        return raw(call, repo, number(n), &["diff"]);
    }
    if let Some(n) = n.strip_suffix(".patch") {
        return raw(call, repo, number(n), &["format-patch", "--stdout"]);
    }
    let status = match call.method() {
        "GET" => 200,
        "PATCH" => {
            edit(call, repo, number(n))?;
            201
        }
        _ => return Err(Answer::bare(405)),
    };
    let state = call.world.state();
    let row = state.repo(repo)?;
    let (issue, pull) = find(row, number(n))?;
    Ok(Answer::json(
        status,
        call.view(&state).pull(row, issue, pull),
    ))
}

/// The issue and the pull request of a number.
pub(super) fn find(repo: &Repo, number: u64) -> Result<(&Issue, &Pull), Answer> {
    let issue = repo.issue(number).ok_or_else(Answer::not_found)?;
    let pull = issue.pull.as_ref().ok_or_else(Answer::not_found)?;
    Ok((issue, pull))
}

fn list(call: &Call, repo: &str) -> Told {
    let state = call.world.state();
    let row = state.repo(repo)?;
    let fits = |issue: &&Issue| {
        let base = issue.pull.as_ref().map(|pull| pull.base.as_str());
        let wanted = call.query("base_branch");
        base.is_some()
            && issues::of_state(call.query("state"), issue)
            && wanted.is_none_or(|wanted| base == Some(wanted))
            && call
                .query("poster")
                .is_none_or(|login| issue.author == login)
    };
    let mut rows: Vec<&Issue> = row.issues.iter().filter(fits).collect();
    match call.query("sort") {
        Some("oldest") => rows.sort_by_key(|it| (it.created, it.id)),
        Some("recentupdate") => rows.sort_by_key(|it| Reverse((it.updated, it.id))),
        Some("leastupdate") => rows.sort_by_key(|it| (it.updated, it.id)),
        _ => rows.sort_by_key(|it| Reverse((it.created, it.id))),
    }
    let view = call.view(&state);
    let row_of = |issue: &Issue| {
        issue
            .pull
            .as_ref()
            .map(|pull| view.pull_row(row, issue, pull))
    };
    let rows: Vec<Value> = rows.into_iter().filter_map(row_of).collect();
    Ok(call.page(rows, true))
}

/// `GET /pulls/{base}/{head}`: the oldest, whatever its state.
pub(super) fn by_ends(call: &Call, repo: &str, base: &str, head: &str) -> Told {
    let state = call.world.state();
    let row = state.repo(repo)?;
    let head = own_branch(row, head).ok_or_else(Answer::not_found)?;
    let mut issues = row.issues.iter();
    let found = issues.find_map(|issue| {
        let pull = issue.pull.as_ref()?;
        (pull.base == base && pull.head == head).then_some((issue, pull))
    });
    let (issue, pull) = found.ok_or_else(Answer::not_found)?;
    Ok(Answer::ok(call.view(&state).pull(row, issue, pull)))
}

/// The branch of `branch` or `owner:branch`; another owner's is none of ours.
fn own_branch<'a>(repo: &Repo, head: &'a str) -> Option<&'a str> {
    match head.split_once(':') {
        None => Some(head),
        Some((owner, branch)) => owner.eq_ignore_ascii_case(&repo.owner).then_some(branch),
    }
}

fn create(call: &Call, repo: &str) -> Told {
    let login = call.login()?.to_owned();
    let mut state = call.world.state();
    let row = state.repo(repo)?;
    call.not_archived(row)?;
    let head = call.required("head", "Head")?;
    let base = call.required("base", "Base")?;
    let title = call.required("title", "Title")?;
    let assignees = match call.texts("assignees") {
        Some(logins) => issues::checked(&state, row, &logins).map_err(|login| {
            let text = Answer::no_such_user(&login);
            Answer::error(422, format!("Assignee does not exist: [name: {text}]"))
        })?,
        None => Vec::new(),
    };
    let labels = issues::label_ids(row, call.field("labels"));
    let draft = Draft {
        author: login,
        title: title.to_owned(),
        body: call.text("body").unwrap_or_default().to_owned(),
        now: call.world.clock.now(),
    };
    let number = open(&mut state, repo, head, base, draft)?;
    if let Some(issue) = state.repo_mut(repo)?.issue_mut(number) {
        issue.assignees = assignees;
        issue.labels.extend(labels);
    }
    let row = state.repo(repo)?;
    let (issue, pull) = find(row, number)?;
    Ok(Answer::json(201, call.view(&state).pull(row, issue, pull)))
}

/// Opens a pull request and gives its number.
fn open(
    state: &mut State,
    repo: &str,
    head: &str,
    base: &str,
    draft: Draft,
) -> Result<u64, Answer> {
    let row = state.repo(repo)?;
    let head = own_branch(row, head).ok_or_else(Answer::not_found)?;
    bare::branch(&row.git_dir, base).ok_or_else(Answer::not_found)?;
    let sha = bare::branch(&row.git_dir, head).ok_or_else(Answer::not_found)?;
    if head == base {
        let text = "Invalid PullRequest: There are no changes between the head and the base";
        return Err(Answer::error(422, text));
    }
    let twin = |issue: &&Issue| {
        let pull = issue.pull.as_ref();
        issue.closed.is_none() && pull.is_some_and(|pull| pull.head == head && pull.base == base)
    };
    if let Some(issue) = row.issues.iter().find(twin) {
        let id = issue.pull.as_ref().map_or(0, |pull| pull.id);
        return Err(Answer::error(
            409,
            format!(
                "pull request already exists for these targets [id: {id}, issue_id: {}, head_repo_id: {repo_id}, base_repo_id: {repo_id}, head_branch: {head}, base_branch: {base}]",
                issue.id,
                repo_id = row.id
            ),
        ));
    }
    let number = issues::add(state, repo, draft)?;
    let id = state.next_id();
    let row = state.repo_mut(repo)?;
    if let Some(issue) = row.issue_mut(number) {
        issue.pull = Some(Pull {
            id,
            head: head.to_owned(),
            base: base.to_owned(),
            frozen: None,
            merged: None,
            reviews: Vec::new(),
        });
    }
    compare::keep_head(row, number, &sha);
    Ok(number)
}

fn edit(call: &Call, repo: &str, number: u64) -> Result<(), Answer> {
    find(call.world.state().repo(repo)?, number)?;
    issues::edit(call, repo, number)?;
    let mut state = call.world.state();
    let row = state.repo(repo)?;
    let base = call.text("base").map(str::to_owned);
    if base
        .as_ref()
        .is_some_and(|base| bare::branch(&row.git_dir, base).is_none())
    {
        return Err(Answer::not_found());
    }
    let labels = call.field("labels").is_array() && call.may_write(row);
    let labels = labels.then(|| issues::label_ids(row, call.field("labels")));
    if let Some(issue) = state.repo_mut(repo)?.issue_mut(number) {
        if let Some(labels) = labels {
            issue.labels = labels.into_iter().collect();
        }
        if let (Some(base), Some(pull)) = (base, &mut issue.pull) {
            pull.base = base;
        }
    }
    Ok(())
}

/// `GET /pulls/{n}/files`.
pub(super) fn files(call: &Call, repo: &str, n: &str) -> Told {
    let state = call.world.state();
    let row = state.repo(repo)?;
    let (_, pull) = find(row, number(n))?;
    let ends = compare::ends(call.world, row, number(n), pull);
    let view = call.view(&state);
    let rows = ends
        .files
        .iter()
        .map(|file| view.file(row, file, &ends.head));
    Ok(call.page(rows.collect(), true))
}

/// `GET /pulls/{n}/commits`, newest first.
pub(super) fn commits(call: &Call, repo: &str, n: &str) -> Told {
    let state = call.world.state();
    let row = state.repo(repo)?;
    let (_, pull) = find(row, number(n))?;
    let ends = compare::ends(call.world, row, number(n), pull);
    let range = format!("{}..{}", ends.merge_base, ends.head);
    let view = call.view(&state);
    let commits = bare::log(&row.git_dir, &range, None);
    let rows = commits.iter().map(|commit| view.commit(row, commit));
    Ok(call.page(rows.collect(), true))
}

fn raw(call: &Call, repo: &str, number: u64, verb: &[&str]) -> Told {
    let state = call.world.state();
    let row = state.repo(repo)?;
    let (_, pull) = find(row, number)?;
    let ends = compare::ends(call.world, row, number, pull);
    let range = format!("{}..{}", ends.merge_base, ends.head);
    let mut args = verb.to_vec();
    args.push(&range);
    let text = git::text(&row.git_dir, &args).map_err(|_| Answer::internal())?;
    Ok(Answer::text(200, text + "\n"))
}

/// After a push: open pull requests whose head moved.
pub(super) fn head_moved(world: &Inner, repo: &str, before: &bare::Branches, now: Time) {
    let mut state = world.state();
    let Ok(row) = state.repo_mut(repo) else {
        return;
    };
    let after = bare::branches(&row.git_dir);
    if after == *before {
        return;
    }
    row.updated = now;
    let mut moved = Vec::new();
    for issue in &mut row.issues {
        let Some(pull) = issue.pull.as_ref().filter(|_| issue.closed.is_none()) else {
            continue;
        };
        if let Some(sha) = after.get(&pull.head)
            && before.get(&pull.head) != Some(sha)
        {
            issue.updated = now;
            moved.push((issue.number, sha.clone()));
        }
    }
    for (number, sha) in moved {
        compare::keep_head(row, number, &sha);
    }
}
