//! Reviews: written in one go or begun, with comments on lines, and read.
//!
//! Invariant: a review that is not sent is shown to its writer alone, though it
//! is counted; a review that is sent moves its pull request, the edit of an
//! inline comment does not.

use super::{
    answer::{Answer, Body},
    call::{Call, Told, number},
    compare, git,
    pulls::find,
    state::{Comment, Inline, Review, State},
};
use crate::model::Time;
use serde_json::Value;

/// A review as it is written.
pub(super) struct Draft {
    pub author: String,
    pub event: String,
    pub body: String,
    /// Path, line (negative on the old side) and text.
    pub inline: Vec<(String, i64, String)>,
    pub now: Time,
}

/// `GET` and `POST /pulls/{n}/reviews`.
pub(super) fn all(call: &Call, repo: &str, n: &str) -> Told {
    match call.method() {
        "GET" => list(call, repo, number(n)),
        "POST" => create(call, repo, number(n)),
        _ => Err(Answer::bare(405)),
    }
}

fn list(call: &Call, repo: &str, number: u64) -> Told {
    let state = call.world.state();
    let row = state.repo(repo)?;
    let (issue, pull) = find(row, number).map_err(|_| missing(row.id))?;
    let view = call.view(&state);
    let me = call.actor.as_ref().map(|actor| actor.login.as_str());
    let rows = pull.reviews.iter().map(|review| {
        let shown = review.state != "PENDING" || me == Some(&review.author);
        shown.then(|| view.review(row, issue, review))
    });
    // A page is cut before what is hidden is left out, so it may be short.
    let mut answer = call.page(rows.map(Value::from).collect(), false);
    if let Body::Json(Value::Array(rows)) = &mut answer.body {
        rows.retain(|row| !row.is_null());
    }
    Ok(answer)
}

/// `GET /pulls/{n}/reviews/{id}/comments`, without pages.
pub(super) fn comments(call: &Call, repo: &str, n: &str, id: &str) -> Told {
    if call.method() != "GET" {
        return Err(Answer::bare(405));
    }
    let state = call.world.state();
    let row = state.repo(repo)?;
    let (issue, pull) = find(row, number(n)).map_err(|_| missing(row.id))?;
    let review = pull.reviews.iter().find(|it| it.id.to_string() == id);
    let review = review.ok_or_else(|| {
        let text = format!("review does not exist [id: {id}]");
        Answer::missing("GetReviewByID", Some(text))
    })?;
    let view = call.view(&state);
    let rows = review.inline.iter();
    Ok(Answer::ok(
        rows.map(|it| view.inline(row, issue, review, it)).collect(),
    ))
}

fn missing(repo: i64) -> Answer {
    let text = format!(
        "pull request does not exist [id: 0, issue_id: 0, head_repo_id: 0, base_repo_id: {repo}, head_branch: , base_branch: ]"
    );
    Answer::missing("GetPullRequestByIndex", Some(text))
}

fn create(call: &Call, repo: &str, number: u64) -> Told {
    let author = call.login()?.to_owned();
    let line = |comment: &Value, key: &str| comment[key].as_i64().unwrap_or(0);
    let inline = call.field("comments").as_array().into_iter().flatten();
    let inline = inline.map(|comment| {
        let text = |key: &str| comment[key].as_str().unwrap_or_default().to_owned();
        let at = match line(comment, "old_position") {
            0 => line(comment, "new_position"),
            old => -old,
        };
        (text("path"), at, text("body"))
    });
    let draft = Draft {
        author,
        event: call.text("event").unwrap_or_default().to_owned(),
        body: call.text("body").unwrap_or_default().to_owned(),
        inline: inline.collect(),
        now: call.world.clock.now(),
    };
    let mut state = call.world.state();
    let head = {
        let row = state.repo(repo)?;
        let (_, pull) = find(row, number).map_err(|_| missing(row.id))?;
        compare::ends(call.world, row, number, pull)
    };
    let id = add(&mut state, repo, number, &head, draft)?;
    let row = state.repo(repo)?;
    let (issue, pull) = find(row, number)?;
    let review = pull.reviews.iter().find(|it| it.id == id);
    let review = review.ok_or_else(Answer::internal)?;
    Ok(Answer::ok(call.view(&state).review(row, issue, review)))
}

/// Adds a review and gives its id.
pub(super) fn add(
    state: &mut State,
    repo: &str,
    number: u64,
    ends: &compare::Ends,
    draft: Draft,
) -> Result<i64, Answer> {
    let row = state.repo(repo)?;
    let (issue, _) = find(row, number)?;
    let own = issue.author == draft.author;
    let empty = draft.body.trim().is_empty();
    let refused = |text: String| Err(Answer::error(422, text));
    let word = match draft.event.as_str() {
        "APPROVED" if own => return refused("approve your own pull is not allowed".to_owned()),
        "REQUEST_CHANGES" if own => {
            return refused("reject your own pull is not allowed".to_owned());
        }
        "COMMENT" if empty && draft.inline.is_empty() => {
            return refused("review event COMMENT requires a body or a comment".to_owned());
        }
        word @ ("APPROVED" | "COMMENT") => word,
        word if empty => return refused(format!("review event {word} requires a body")),
        "REQUEST_CHANGES" => "REQUEST_CHANGES",
        _ => "PENDING",
    };
    let official = matches!(word, "APPROVED" | "REQUEST_CHANGES")
        && row.assignable().contains(draft.author.as_str());
    let git_dir = row.git_dir.clone();
    let mut inline = Vec::new();
    for (path, line, body) in draft.inline {
        let range = format!("{}..{}", ends.merge_base, ends.head);
        let diff = git::text(&git_dir, &["diff", &range, "--", &path]).unwrap_or_default();
        inline.push(Inline {
            said: Comment {
                id: state.next_id(),
                author: draft.author.clone(),
                body,
                created: draft.now,
                updated: draft.now,
            },
            hunk: hunk(&diff, line),
            path,
            line,
        });
    }
    let review = Review {
        id: state.next_id(),
        comment: state.next_id(),
        author: draft.author,
        state: word.to_owned(),
        body: draft.body,
        commit: ends.head.clone(),
        official,
        inline,
        created: draft.now,
        updated: draft.now,
    };
    let id = review.id;
    let issue = state.repo_mut(repo)?.issue_mut(number);
    let issue = issue.ok_or_else(Answer::internal)?;
    issue.updated = draft.now;
    if let Some(pull) = &mut issue.pull {
        pull.reviews.push(review);
    }
    Ok(id)
}

/// The first hunk of a file's diff, up to a line of its new or (negative) old side.
fn hunk(diff: &str, line: i64) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let (mut old, mut new) = (0, 0);
    for text in diff.lines().skip_while(|text| !text.starts_with("@@")) {
        if kept.is_empty() {
            let starts = text.split([' ', ',', '-', '+']).filter(|it| !it.is_empty());
            let mut starts = starts.filter_map(|it| it.parse::<i64>().ok());
            old = starts.next().unwrap_or(1) - 1;
            new = starts.nth(1).unwrap_or(1) - 1;
        } else {
            old += i64::from(!text.starts_with('+'));
            new += i64::from(!text.starts_with('-'));
        }
        kept.push(text);
        if kept.len() > 1 && ((line > 0 && new >= line) || (line < 0 && old >= -line)) {
            break;
        }
    }
    kept.join("\n")
}
