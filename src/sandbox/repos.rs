//! Accounts, repositories, their people and branches.
//!
//! Invariant: read-only; what people do to a repository's settings is a verb.

use super::{
    answer::Answer,
    bare::{self, Commit},
    call::{Call, Told},
    json::View,
    state::{Permission, Repo},
};
use serde_json::{Value, json};
use std::cmp::Reverse;

/// `GET /user`.
pub(super) fn me(call: &Call) -> Told {
    let login = call.login()?;
    call.scope("user")?;
    let state = call.world.state();
    let user = call.view(&state).own_user(login);
    user.map(Answer::ok).ok_or_else(Answer::not_found)
}

/// `GET /users/{login}`.
pub(super) fn person(call: &Call, login: &str) -> Told {
    call.scope("user")?;
    let state = call.world.state();
    if state.user(login).is_none() {
        let message = format!("user redirect does not exist [name: {login}]");
        return Err(Answer::error(404, message));
    }
    Ok(Answer::ok(call.view(&state).user(login)))
}

/// `GET /repositories/{id}`.
pub(super) fn by_id(call: &Call, id: &str) -> Told {
    call.login()?;
    call.scope("repository")?;
    let state = call.world.state();
    let mut repos = state.repos.iter();
    let repo = repos
        .find(|repo| repo.id.to_string() == id && call.right(repo) >= Permission::Read)
        .ok_or_else(Answer::not_found)?;
    Ok(Answer::ok(call.view(&state).repo(repo)))
}

/// What lies directly below `/repos/{owner}/{name}`.
pub(super) fn answer(call: &Call, repo: &str, rest: &[&str]) -> Told {
    let state = call.world.state();
    let repo = state.repo(repo)?;
    let view = call.view(&state);
    match (call.method(), rest) {
        ("GET", []) => Ok(Answer::ok(view.repo(repo))),
        ("GET", ["branches"]) => Ok(branches(call, view, repo)),
        ("GET", ["branches", name @ ..]) => {
            let name = name.join("/");
            let sha = bare::branch(&repo.git_dir, &name);
            let commit = sha.and_then(|sha| commit(repo, &sha));
            let commit = commit.ok_or_else(Answer::not_found)?;
            Ok(Answer::ok(view.branch(repo, &name, &commit)))
        }
        ("GET", ["assignees"]) => {
            call.login()?;
            let logins = repo.assignable();
            let mut users: Vec<_> = logins
                .iter()
                .filter_map(|login| state.user(login))
                .collect();
            // The owner comes last, as a stock server appends it.
            users.sort_by_key(|user| (user.login == repo.owner, user.id));
            let users: Value = users.iter().map(|user| view.user(&user.login)).collect();
            Ok(Answer::ok(users))
        }
        ("GET", ["collaborators", login, "permission"]) => {
            let asker = call.login()?;
            if !asker.eq_ignore_ascii_case(login) && call.right(repo) < Permission::Admin {
                return Err(Answer::error(
                    403,
                    "Only admins can query all permissions, repo admins can query all repo permissions, collaborators can query only their own",
                ));
            }
            let user = state
                .user(login)
                .ok_or_else(|| Answer::error(404, Answer::no_such_user(login)))?;
            let word = repo.right(Some(&user.login)).word();
            let user = view.user(&user.login);
            Ok(Answer::ok(
                json!({"permission": word, "role_name": word, "user": user}),
            ))
        }
        _ => Err(Answer::text(404, "404 page not found\n")),
    }
}

fn commit(repo: &Repo, sha: &str) -> Option<Commit> {
    bare::log(&repo.git_dir, sha, Some(1)).into_iter().next()
}

/// Newest commit first; an empty repository has `null`.
fn branches(call: &Call, view: View, repo: &Repo) -> Answer {
    let mut rows: Vec<(String, Commit)> = bare::branches(&repo.git_dir)
        .into_iter()
        .filter_map(|(name, sha)| Some((name, commit(repo, &sha)?)))
        .collect();
    if rows.is_empty() {
        return Answer::ok(Value::Null).with("x-total-count", "0");
    }
    rows.sort_by_key(|(_, commit)| Reverse(commit.seconds));
    let rows = rows
        .iter()
        .map(|(name, commit)| view.branch(repo, name, commit))
        .collect();
    call.page(rows, true)
}
