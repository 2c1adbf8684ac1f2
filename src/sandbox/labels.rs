//! Labels of a repository and of its issues.
//!
//! Invariant: adding by a name that no label has does nothing and says 200,
//! as a stock server does; the caller must look.

use super::{
    answer::Answer,
    call::{Call, Told, number},
    state::{Label, State},
};
use serde_json::Value;

const NO_WRITE: &str = "user should have a permission to write to a repo";

/// `GET` and `POST /labels`; two may have the same name.
pub(super) fn all(call: &Call, repo: &str) -> Told {
    match call.method() {
        "GET" => {
            let state = call.world.state();
            let repo = state.repo(repo)?;
            let mut labels: Vec<&Label> = repo.labels.iter().collect();
            labels.sort_by(|a, b| a.name.cmp(&b.name));
            let view = call.view(&state);
            let rows = labels
                .into_iter()
                .map(|label| view.label(repo, label))
                .collect();
            Ok(call.page(rows, false))
        }
        "POST" => {
            call.login()?;
            let mut state = call.world.state();
            if !call.may_write(state.repo(repo)?) {
                return Err(Answer::error(403, NO_WRITE));
            }
            let name = call.required("name", "Name")?;
            let color = call.required("color", "Color")?;
            let description = call.text("description").unwrap_or_default();
            let id = add(&mut state, repo, name, color, description)?;
            let repo = state.repo(repo)?;
            let label = repo.labels.iter().find(|label| label.id == id);
            let label = label.ok_or_else(Answer::internal)?;
            Ok(Answer::json(201, call.view(&state).label(repo, label)))
        }
        _ => Err(Answer::bare(405)),
    }
}

/// Adds a label and gives its id.
pub(super) fn add(
    state: &mut State,
    repo: &str,
    name: &str,
    color: &str,
    description: &str,
) -> Result<i64, Answer> {
    let digits = color.trim_start_matches('#').to_ascii_lowercase();
    let valid = matches!(digits.len(), 3 | 6) && digits.chars().all(|c| c.is_ascii_hexdigit());
    if !valid {
        return Err(Answer::error(422, format!("invalid color: {color}")));
    }
    let id = state.next_id();
    state.repo_mut(repo)?.labels.push(Label {
        id,
        name: name.to_owned(),
        color: digits,
        description: description.to_owned(),
    });
    Ok(id)
}

/// `/issues/{n}/labels`.
pub(super) fn of_issue(call: &Call, repo: &str, n: &str, rest: &[&str]) -> Told {
    let mut state = call.world.state();
    let row = state.repo(repo)?;
    let number = number(n);
    let issue = row.issue(number).ok_or_else(Answer::not_found)?;
    match (call.method(), rest) {
        ("GET", []) => Ok(Answer::ok(call.view(&state).labels_of(row, issue))),
        ("POST", []) => {
            call.login()?;
            if !call.may_write(row) {
                return Err(Answer::error(403, "write permission is required"));
            }
            let ids = wanted(&row.labels, call.field("labels"))?;
            change(call, &mut state, repo, number, |own| own.extend(ids))?;
            let row = state.repo(repo)?;
            let issue = row.issue(number).ok_or_else(Answer::not_found)?;
            Ok(Answer::ok(call.view(&state).labels_of(row, issue)))
        }
        ("DELETE", [id]) => {
            call.login()?;
            if !call.may_write(row) {
                return Err(Answer::bare(403));
            }
            let label = row.labels.iter().find(|label| label.id.to_string() == *id);
            let id = label
                .map(|label| label.id)
                .ok_or_else(|| Answer::error(422, "label does not exist [label_id: 0]"))?;
            change(call, &mut state, repo, number, |own| {
                own.remove(&id);
            })?;
            Ok(Answer::bare(204))
        }
        _ => Err(Answer::bare(405)),
    }
}

fn change(
    call: &Call,
    state: &mut State,
    repo: &str,
    number: u64,
    change: impl FnOnce(&mut std::collections::BTreeSet<i64>),
) -> Result<(), Answer> {
    let issue = state.repo_mut(repo)?.issue_mut(number);
    let issue = issue.ok_or_else(Answer::not_found)?;
    let before = issue.labels.clone();
    change(&mut issue.labels);
    if issue.labels != before {
        issue.updated = call.world.clock.now();
    }
    Ok(())
}

/// The labels meant by a list of ids or of names; a mixture is refused.
fn wanted(labels: &[Label], list: &Value) -> Result<Vec<i64>, Answer> {
    let list = list.as_array().map_or(&[][..], Vec::as_slice);
    let names = list.iter().filter(|item| item.is_string()).count();
    if names != 0 && names != list.len() {
        let text = "labels should be an array of strings or integers";
        return Err(Answer::error(400, text));
    }
    let meant = |label: &&Label| {
        list.iter()
            .any(|item| item.as_i64() == Some(label.id) || item.as_str() == Some(&label.name))
    };
    Ok(labels.iter().filter(meant).map(|label| label.id).collect())
}
