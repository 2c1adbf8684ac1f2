//! Webhooks of a repository: kept and listed; nothing is delivered.
//!
//! Invariant: only admins see them, and a secret never comes back.

use super::{
    Forge,
    answer::Answer,
    call::{Call, Told},
    state::{Hook, Permission, Repo, State},
    verbs::Deed,
};
use serde_json::{Value, json};

const NO_ADMIN: &str = "user should be an owner or a collaborator with admin write of a repository";

/// `GET` and `POST /hooks`.
pub(super) fn all(call: &Call, repo: &str) -> Told {
    call.login()?;
    let mut state = call.world.state();
    if call.right(state.repo(repo)?) < Permission::Admin {
        return Err(Answer::error(403, NO_ADMIN));
    }
    match call.method() {
        "GET" => {
            let rows = state.repo(repo)?.hooks.iter().map(shown).collect();
            Ok(call.page(rows, true))
        }
        "POST" => {
            call.required("type", "Type")?;
            let config = call.field("config");
            let url = config.get("url").and_then(Value::as_str);
            let url = url.ok_or_else(|| Answer::error(422, "Missing config option: url"))?;
            let events = call.field("events");
            let events = events.as_array().into_iter().flatten();
            let events = events.filter_map(|it| Some(it.as_str()?.to_owned()));
            let hook = Hook {
                id: 0,
                url: url.to_owned(),
                active: *call.field("active") == json!(true),
                events: events.collect(),
            };
            let hook = add(&mut state, repo, hook)?;
            Ok(Answer::json(201, shown(&hook)))
        }
        _ => Err(Answer::bare(405)),
    }
}

fn add(state: &mut State, repo: &str, hook: Hook) -> Result<Hook, Answer> {
    let id = state.next_id();
    let hook = Hook { id, ..hook };
    let repo: &mut Repo = state.repo_mut(repo)?;
    repo.hooks.push(hook.clone());
    Ok(hook)
}

fn shown(hook: &Hook) -> Value {
    json!({
        "id": hook.id, "type": "gitea", "branch_filter": "", "active": hook.active,
        "config": {"content_type": "json", "url": hook.url}, "events": hook.events,
        "authorization_header": "",
    })
}

impl Forge {
    /// Makes a webhook, as an admin does on the repository's page of settings.
    ///
    /// # Errors
    /// When there is no such repository.
    pub fn add_hook(&self, repo: &str, url: &str, active: bool) -> Deed<i64> {
        let hook = Hook {
            id: 0,
            url: url.to_owned(),
            active,
            events: vec!["issues".to_owned(), "issue_comment".to_owned()],
        };
        Ok(add(&mut self.inner.state(), repo, hook)?.id)
    }

    /// Where a repository's webhooks deliver to.
    #[must_use]
    pub fn hooks(&self, repo: &str) -> Vec<String> {
        let state = self.inner.state();
        let repo = state.repo(repo).ok();
        repo.map_or_else(Vec::new, |repo| {
            repo.hooks.iter().map(|hook| hook.url.clone()).collect()
        })
    }
}
