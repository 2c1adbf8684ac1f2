//! `/api/v1`: which request is answered by which room.
//!
//! A call is checked in a stock server's order: credential, scope of the
//! token, the repository (moved, hidden), then the room's own rules.
//!
//! Invariant: a repository that the caller may not see is answered exactly
//! like one that does not exist.

use super::{
    Inner,
    answer::{Answer, Body},
    call::{Call, PAGE_ROWS, PAGE_ROWS_MAX, Told, begin},
    comments, hooks, issues, labels, links, merge, pulls, repos, reviews,
    serve::Asked,
    state::{Permission, State},
    statuses,
    text::percent_decode,
};
use serde_json::json;

/// Answers a request below `/api/`.
pub(super) fn answer(world: &Inner, asked: &Asked) -> Answer {
    let told = begin(world, asked).and_then(|call| call.route());
    let mut answer = told.unwrap_or_else(|refusal| refusal);
    let plain = answer.headers.iter().any(|(name, _)| *name == "location");
    if plain && asked.method != "GET" {
        answer.body = Body::Empty;
    }
    answer
}

impl Call<'_> {
    fn route(&self) -> Told {
        let path = self.asked.path.trim_start_matches("/api/");
        let parts: Vec<String> = path.split('/').map(percent_decode).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match (self.method(), parts.as_slice()) {
            ("GET", ["healthz"]) => Ok(self.health()),
            ("GET", ["v1", "version"]) => Ok(Answer::ok(json!({"version": self.world.version}))),
            ("GET", ["v1", "settings", "api"]) => Ok(Answer::ok(json!({
                "max_response_items": PAGE_ROWS_MAX, "default_paging_num": PAGE_ROWS,
                "default_git_trees_per_page": 1000, "default_max_blob_size": 10_485_760,
                "default_max_response_size": 104_857_600,
            }))),
            ("GET", ["v1", "user"]) => repos::me(self),
            ("GET", ["v1", "users", login]) => repos::person(self, login),
            ("GET", ["v1", "repositories", id]) => repos::by_id(self, id),
            (_, ["v1", "repos", owner, name, rest @ ..]) => self.in_repo(owner, name, rest),
            _ => Err(Answer::text(404, "404 page not found\n")),
        }
    }

    fn in_repo(&self, owner: &str, name: &str, rest: &[&str]) -> Told {
        let category = match rest.first() {
            Some(&("issues" | "labels")) => "issue",
            _ => "repository",
        };
        self.scope(category)?;
        let repo = self.find(owner, name)?;
        let repo = repo.as_str();
        match rest {
            ["issues", "comments", rest @ ..] => comments::repo_wide(self, repo, rest),
            ["issues"] => issues::all(self, repo),
            ["issues", number] => issues::one(self, repo, number),
            ["issues", number, "comments"] => comments::of_issue(self, repo, number),
            ["issues", number, "labels", rest @ ..] => labels::of_issue(self, repo, number, rest),
            ["issues", number, "dependencies"] => links::dependencies(self, repo, number),
            ["issues", number, "blocks"] => links::blocks(self, repo, number),
            ["labels"] => labels::all(self, repo),
            ["hooks"] => hooks::all(self, repo),
            ["pulls"] => pulls::all(self, repo),
            ["pulls", number] => pulls::one(self, repo, number),
            ["pulls", number, "files"] if is_number(number) => pulls::files(self, repo, number),
            ["pulls", number, "commits"] if is_number(number) => pulls::commits(self, repo, number),
            ["pulls", number, "merge"] if is_number(number) => merge::answer(self, repo, number),
            ["pulls", n, "reviews"] if is_number(n) => reviews::all(self, repo, n),
            ["pulls", n, "reviews", id, "comments"] if is_number(n) => {
                reviews::comments(self, repo, n, id)
            }
            ["pulls", base, head @ ..] => pulls::by_ends(self, repo, base, &head.join("/")),
            ["statuses", sha] => statuses::of_commit(self, repo, sha),
            ["commits", name @ .., "statuses"] => statuses::history(self, repo, &name.join("/")),
            ["commits", name @ .., "status"] => statuses::combined(self, repo, &name.join("/")),
            _ => repos::answer(self, repo, rest),
        }
    }

    /// The repository's present name, if the caller may see it.
    fn find(&self, owner: &str, name: &str) -> Result<String, Answer> {
        let state = self.world.state();
        if state.user(owner).is_none() {
            return Err(Answer::missing(
                "GetUserByName",
                Some(format!("user redirect does not exist [name: {owner}]")),
            ));
        }
        let full = format!("{owner}/{name}");
        let Ok(repo) = state.repo(&full) else {
            return Err(self.moved(&state, &full));
        };
        if self.right(repo) < Permission::Read {
            return Err(Answer::not_found());
        }
        Ok(repo.full_name())
    }

    fn moved(&self, state: &State, old: &str) -> Answer {
        let id = state.moved.get(&old.to_ascii_lowercase());
        let Some(repo) = id.and_then(|id| state.repos.iter().find(|repo| repo.id == *id)) else {
            return Answer::not_found();
        };
        let prefix = format!("/api/v1/repos/{old}");
        let rest = self.asked.path.get(prefix.len()..).unwrap_or_default();
        let mut place = format!("/api/v1/repos/{}{rest}", repo.full_name());
        if !self.asked.query.is_empty() {
            place = format!("{place}?{}", self.asked.query);
        }
        let shown = super::text::html(&place);
        Answer::html(
            301,
            format!("<a href=\"{shown}\">Moved Permanently</a>.\n\n"),
        )
        .with("location", place)
    }

    fn health(&self) -> Answer {
        let time = self.world.wire_time(self.world.clock.now());
        let pass = json!([{"status": "pass", "time": time}]);
        Answer::ok(json!({
            "status": "pass", "description": "embedded forge",
            "checks": {"cache:ping": pass, "database:ping": pass},
        }))
    }
}

fn is_number(text: &str) -> bool {
    text.parse::<u64>().is_ok()
}
