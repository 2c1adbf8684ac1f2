//! One request to the API, and what every room asks of it.
//!
//! Who calls, with which scopes; the body's fields; pages of lists with the
//! counts and links that a stock server gives.
//!
//! Invariant: reading a call never fails on strange input: what cannot be
//! read is refused in the server's words.

use super::{
    Inner,
    answer::Answer,
    auth::{self, Actor},
    json::View,
    serve::Asked,
    state::{Permission, Repo, State},
};
use axum::{extract::Query, http::Uri};
use serde_json::Value;

/// Rows of a page when none are asked for.
pub(super) const PAGE_ROWS: usize = 30;

/// Rows of a page at most.
pub(super) const PAGE_ROWS_MAX: usize = 50;

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

/// Reads a request and checks its credential.
pub(super) fn begin<'a>(world: &'a Inner, asked: &'a Asked) -> Result<Call<'a>, Answer> {
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

/// An issue's number in a path; what is none finds nothing.
pub(super) fn number(text: &str) -> u64 {
    text.parse().unwrap_or(0)
}
