//! The few pages that a person opens: a repository, an issue, a pull request.
//!
//! A page asks for the viewer's token once (`?token=`), then a cookie carries
//! it, so that addresses stay clean.
//!
//! Invariant: everything shown is escaped; no page runs a script or changes
//! anything.

use super::{
    Inner,
    answer::Answer,
    bare,
    call::number,
    compare, git,
    json::issue::is_draft,
    serve::Asked,
    state::{Issue, Pull, Repo},
    text::html,
};
use std::fmt::Write as _;

/// The characters of a diff that are shown.
const DIFF_CHARS_MAX: usize = 200_000;

const COOKIE: &str = "forge_viewer";
const STYLE: &str = "body{font:16px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em}\
pre{background:#f4f4f4;padding:.7em;overflow:auto;white-space:pre-wrap}\
article{border:1px solid #ddd;margin:1em 0;padding:0 1em}small{color:#666}";

/// Answers a page.
pub(super) fn answer(world: &Inner, asked: &Asked) -> Answer {
    if asked.method != "GET" {
        return Answer::text(405, "these pages are only for reading\n");
    }
    let given = asked
        .query
        .split('&')
        .find_map(|pair| pair.strip_prefix("token="));
    if given == Some(world.viewer.as_str()) {
        let cookie = format!(
            "{COOKIE}={}; HttpOnly; SameSite=Strict; Path=/",
            world.viewer
        );
        return Answer::bare(303)
            .with("location", asked.path.clone())
            .with("set-cookie", cookie);
    }
    let wanted = format!("{COOKIE}={}", world.viewer);
    let cookies = asked.header("cookie").unwrap_or_default();
    if !cookies.split(';').any(|pair| pair.trim() == wanted) {
        let text = "this page asks for a token: open the address that the forge printed, with its ?token=…\n";
        return Answer::text(401, text);
    }
    page(world, &asked.path).unwrap_or_else(|| Answer::text(404, "no such page\n"))
}

fn page(world: &Inner, path: &str) -> Option<Answer> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let state = world.state();
    let (title, body) = match parts.as_slice() {
        [] => {
            let mut list = String::new();
            for repo in &state.repos {
                let name = html(&repo.full_name());
                let _ = write!(list, "<li><a href=\"/{name}\">{name}</a>");
            }
            ("Repositories".to_owned(), format!("<ul>{list}</ul>"))
        }
        [owner, name] => repository(state.repo(&format!("{owner}/{name}")).ok()?),
        [owner, name, "issues" | "pulls", n] => {
            let repo = state.repo(&format!("{owner}/{name}")).ok()?;
            conversation(world, repo, repo.issue(number(n))?)
        }
        _ => return None,
    };
    let title = html(&title);
    Some(Answer::html(
        200,
        format!(
            "<!doctype html><meta charset=utf-8><title>{title}</title><style>{STYLE}</style><p><a href=\"/\">all</a></p><h1>{title}</h1>{body}"
        ),
    ))
}

fn repository(repo: &Repo) -> (String, String) {
    let name = html(&repo.full_name());
    let mut list = String::new();
    for issue in &repo.issues {
        let kind = if issue.pull.is_some() {
            "pulls"
        } else {
            "issues"
        };
        let _ = write!(
            list,
            "<li>{} <a href=\"/{name}/{kind}/{number}\">#{number} {}</a>",
            standing(issue),
            html(&issue.title),
            number = issue.number
        );
    }
    let branches = bare::branches(&repo.git_dir);
    let branches: Vec<String> = branches.keys().map(|name| html(name)).collect();
    let body = format!("<ul>{list}</ul><p>Branches: {}</p>", branches.join(", "));
    (repo.full_name(), body)
}

fn standing(issue: &Issue) -> &'static str {
    match (&issue.pull, issue.closed) {
        (
            Some(Pull {
                merged: Some(_), ..
            }),
            _,
        ) => "merged",
        (_, Some(_)) => "closed",
        (Some(_), None) if is_draft(&issue.title) => "draft",
        (_, None) => "open",
    }
}

fn conversation(world: &Inner, repo: &Repo, issue: &Issue) -> (String, String) {
    let mut body = format!("<p>{} · by {}</p>", standing(issue), html(&issue.author));
    for on in &issue.depends_on {
        let _ = write!(body, "<p>waits for #{on}</p>");
    }
    let mut passage = |author: &str, text: &str, when: String| {
        let (author, text) = (html(author), html(text));
        let _ = write!(
            body,
            "<article><p><b>{author}</b> <small>{when}</small></p><pre>{text}</pre></article>"
        );
    };
    passage(&issue.author, &issue.body, world.wire_time(issue.created));
    for comment in &issue.comments {
        passage(
            &comment.author,
            &comment.body,
            world.wire_time(comment.updated),
        );
    }
    if let Some(pull) = &issue.pull {
        body.push_str(&changes(world, repo, issue, pull));
    }
    (format!("#{} {}", issue.number, issue.title), body)
}

fn changes(world: &Inner, repo: &Repo, issue: &Issue, pull: &Pull) -> String {
    let ends = compare::ends(world, repo, issue.number, pull);
    let range = format!("{}..{}", ends.merge_base, ends.head);
    let mut list = String::new();
    for commit in bare::log(&repo.git_dir, &range, None) {
        let sha: String = commit.sha.chars().take(10).collect();
        let subject = commit.message.lines().next().unwrap_or_default();
        let _ = write!(list, "<li><code>{sha}</code> {}", html(subject));
    }
    let diff = git::text(&repo.git_dir, &["diff", &range]).unwrap_or_default();
    let shown: String = diff.chars().take(DIFF_CHARS_MAX).collect();
    format!(
        "<h2>{} → {}</h2><ul>{list}</ul><pre>{}</pre>",
        html(&pull.head),
        html(&pull.base),
        html(&shown)
    )
}
