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
    auth::{self, Actor},
    comments, issues,
    json::View,
    labels, links, merge, pulls, repos,
    serve::Asked,
    state::{Permission, Repo, State},
    statuses,
    text::percent_decode,
};
use axum::{extract::Query, http::Uri};
use serde_json::{Value, json};

/// Rows of a page when none are asked for, and at most.
const PAGE_ROWS: usize = 30;
const PAGE_ROWS_MAX: usize = 50;

/// What a room answers; a refusal is an answer too.
pub(super) type Told = Result<Answer, Answer>;

/// One request to the API, its credential checked.
pub(super) struct Call<'a> {
    pub world: &'a Inner,
    pub asked: &'a Asked,
    pub actor: Option<Actor>,
    query: Vec<(String, String)>,
    body: Value,
}

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

fn begin<'a>(world: &'a Inner, asked: &'a Asked) -> Result<Call<'a>, Answer> {
    let actor = auth::actor(&world.state(), asked.header("authorization"))?;
    let uri: Uri = format!("/?{}", asked.query)
        .parse()
        .map_err(|_| Answer::error(400, "the query cannot be read"))?;
    let query = Query::try_from_uri(&uri).map(|Query(pairs)| pairs);
    let body = match asked.body.as_slice() {
        [] => Ok(Value::Null),
        bytes => serde_json::from_slice(bytes),
    };
    Ok(Call {
        world,
        asked,
        actor,
        query: query.map_err(|_| Answer::error(400, "the query cannot be read"))?,
        body: body.map_err(|error| Answer::error(422, error.to_string()))?,
    })
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
            ["pulls"] => pulls::all(self, repo),
            ["pulls", number] => pulls::one(self, repo, number),
            ["pulls", number, "files"] if is_number(number) => pulls::files(self, repo, number),
            ["pulls", number, "commits"] if is_number(number) => pulls::commits(self, repo, number),
            ["pulls", number, "merge"] if is_number(number) => merge::answer(self, repo, number),
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

    pub fn method(&self) -> &str {
        &self.asked.method
    }

    /// Refuses a token that is not for this; nobody's call passes.
    pub fn scope(&self, category: &str) -> Result<(), Answer> {
        let write = !matches!(self.method(), "GET" | "HEAD");
        self.actor
            .as_ref()
            .map_or(Ok(()), |actor| actor.require(category, write))
    }

    /// Who calls; nobody is refused.
    pub fn login(&self) -> Result<&str, Answer> {
        let actor = self.actor.as_ref();
        actor
            .map(|actor| actor.login.as_str())
            .ok_or_else(|| Answer::error(401, "token is required"))
    }

    pub fn right(&self, repo: &Repo) -> Permission {
        repo.right(self.actor.as_ref().map(|actor| actor.login.as_str()))
    }

    pub fn may_write(&self, repo: &Repo) -> bool {
        self.right(repo) >= Permission::Write
    }

    /// Refuses a write to an archived repository.
    pub fn not_archived(&self, repo: &Repo) -> Result<(), Answer> {
        match repo.archived {
            None => Ok(()),
            Some(_) => Err(Answer::error(
                423,
                format!("{} is archived", repo.full_name()),
            )),
        }
    }

    pub fn view<'s>(&'s self, state: &'s State) -> View<'s> {
        View {
            world: self.world,
            state,
            actor: self.actor.as_ref(),
        }
    }

    pub fn query(&self, key: &str) -> Option<&str> {
        let found = self.query.iter().find(|(name, _)| name == key);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// A part of the body; an absent one is null.
    pub fn field(&self, key: &str) -> &Value {
        &self.body[key]
    }

    /// A text of the body.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.body[key].as_str()
    }

    /// A text that must not be empty; `name` is the server's name for it.
    pub fn required(&self, key: &str, name: &str) -> Result<&str, Answer> {
        self.text(key)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| Answer::required(name))
    }

    /// A list of texts in the body.
    pub fn texts(&self, key: &str) -> Option<Vec<String>> {
        let list = self.body[key].as_array()?;
        Some(
            list.iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
        )
    }

    /// A time of the query, in whole seconds.
    pub fn time(&self, key: &str) -> Result<Option<i64>, Answer> {
        let Some(text) = self.query(key) else {
            return Ok(None);
        };
        chrono::DateTime::parse_from_rfc3339(text)
            .map(|time| Some(time.timestamp()))
            .map_err(|_| {
                Answer::error(
                    422,
                    format!("parsing time \"{text}\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"{text}\" as \"2006\""),
                )
            })
    }

    /// One page of a list, with the whole count and, where a stock server has it, links.
    pub fn page(&self, rows: Vec<Value>, links: bool) -> Answer {
        let number = |key: &str| self.query(key).and_then(|text| text.parse::<usize>().ok());
        let page = number("page").unwrap_or(1).max(1);
        let limit = match number("limit") {
            None | Some(0) => PAGE_ROWS,
            Some(limit) => limit.min(PAGE_ROWS_MAX),
        };
        let total = rows.len();
        let start = (page - 1).saturating_mul(limit);
        let rows: Vec<Value> = rows.into_iter().skip(start).take(limit).collect();
        let answer = Answer::ok(Value::Array(rows)).with("x-total-count", total.to_string());
        let pages = total.div_ceil(limit);
        if links && pages > 1 {
            return answer.with("link", self.links(page.min(pages), pages));
        }
        answer
    }

    /// The `Link` header, its parameters in a stock server's order.
    fn links(&self, page: usize, pages: usize) -> String {
        let mut pairs: Vec<(&str, &str)> = self
            .query
            .iter()
            .filter(|(key, _)| key != "page")
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        pairs.sort_unstable();
        let url = |page: usize, rel: &str| {
            let page = page.to_string();
            let mut pairs = pairs.clone();
            pairs.push(("page", &page));
            pairs.sort_unstable();
            let query: Vec<String> = pairs
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            format!(
                "<{}{}?{}>; {rel}",
                self.world.base,
                self.asked.path,
                query.join("&")
            )
        };
        let mut links = Vec::new();
        if page < pages {
            links.push(url(page + 1, "rel=\"next\""));
            links.push(url(pages, "rel=\"last\""));
        }
        if page > 1 {
            links.push(url(1, "rel=\"first\""));
            links.push(url(page - 1, "rel=\"prev\""));
        }
        links.join(",")
    }
}

fn is_number(text: &str) -> bool {
    text.parse::<u64>().is_ok()
}

/// An issue's number in a path; what is none finds nothing.
pub(super) fn number(text: &str) -> u64 {
    text.parse().unwrap_or(0)
}
