//! Merging: the refusals of a stock server, then a real merge in the repository.
//!
//! Invariant: the base branch moves by compare-and-set, together with the pull
//! request's state, or neither moves.

use super::{
    answer::Answer,
    bare,
    call::{Call, Told, number},
    compare, git,
    json::{email, issue::is_draft},
    pulls,
    state::{Issue, Merged, Pull, Repo},
};
use crate::model::Time;

const STYLES: [&str; 6] = [
    "merge",
    "rebase",
    "rebase-merge",
    "squash",
    "fast-forward-only",
    "manually-merged",
];

/// Words that close an issue when they stand before its number in a merged text.
const CLOSING: [&str; 9] = [
    "close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved",
];

/// `GET` and `POST /pulls/{n}/merge`.
pub(super) fn answer(call: &Call, repo: &str, n: &str) -> Told {
    if call.method() == "GET" {
        let state = call.world.state();
        let (_, pull) = pulls::find(state.repo(repo)?, number(n))?;
        return match pull.merged {
            Some(_) => Ok(Answer::bare(204)),
            None => Err(Answer::not_found()),
        };
    }
    let login = call.login()?.to_owned();
    let mut state = call.world.state();
    let row = state.repo(repo)?;
    call.not_archived(row)?;
    let style = call.required("Do", "Do")?.to_owned();
    if !STYLES.contains(&style.as_str()) {
        return Err(Answer::error(422, "[Do]: In"));
    }
    let (issue, pull) = pulls::find(row, number(n)).map_err(|_| unknown(row))?;
    let ends = compare::ends(call.world, row, number(n), pull);
    refuse(call, row, issue, pull, &ends)?;
    let now = call.world.clock.now();
    let message = message(call, issue, pull, &style);
    let sha = merged(row, &ends, &style, &message, &login, now)?;
    git::text(
        &row.git_dir,
        &[
            "update-ref",
            &format!("refs/heads/{}", pull.base),
            &sha,
            &ends.base,
        ],
    )
    .map_err(|_| Answer::error(409, "merge push out of date"))?;
    if call.field("delete_branch_after_merge").as_bool() == Some(true) {
        // A branch that is already gone is as good as deleted.
        let _ = git::text(
            &row.git_dir,
            &["update-ref", "-d", &format!("refs/heads/{}", pull.head)],
        );
    }
    let closes = closed_by(&format!("{}\n{}", issue.title, issue.body));
    let row = state.repo_mut(repo)?;
    row.updated = now;
    for issue in &mut row.issues {
        if issue.number == number(n)
            && let Some(pull) = &mut issue.pull
        {
            pull.frozen = Some((ends.base.clone(), ends.head.clone()));
            pull.merged = Some(Merged {
                at: now,
                by: login.clone(),
                sha: sha.clone(),
            });
        } else if !closes.contains(&issue.number) || issue.pull.is_some() {
            continue;
        }
        issue.closed = issue.closed.or(Some(now));
        issue.updated = now;
    }
    Ok(Answer::bare(200))
}

fn unknown(repo: &Repo) -> Answer {
    let id = repo.id;
    let text = format!(
        "pull request does not exist [id: 0, issue_id: 0, head_repo_id: 0, base_repo_id: {id}, head_branch: , base_branch: ]"
    );
    Answer::missing("GetPullRequestByIndex", Some(text))
}

fn refuse(
    call: &Call,
    repo: &Repo,
    issue: &Issue,
    pull: &Pull,
    ends: &compare::Ends,
) -> Result<(), Answer> {
    let not_now = |text: &str| Err(Answer::error(405, text));
    if pull.merged.is_some() {
        return not_now("The PR is already merged");
    }
    if issue.closed.is_some() {
        return Err(Answer::not_found());
    }
    if !call.may_write(repo) {
        return not_now("User not allowed to merge PR");
    }
    if is_draft(&issue.title) {
        return not_now("Work in progress PRs cannot be merged");
    }
    if !ends.mergeable {
        return not_now("Please try again later");
    }
    if repo.is_blocked(issue) {
        return Err(Answer::internal());
    }
    let tested = call.text("head_commit_id").filter(|sha| !sha.is_empty());
    if tested.is_some_and(|sha| sha != ends.head) {
        return Err(Answer::error(409, "head out of date"));
    }
    Ok(())
}

fn message(call: &Call, issue: &Issue, pull: &Pull, style: &str) -> String {
    let default = match style {
        "squash" => format!("{} (#{})", issue.title, issue.number),
        _ => format!(
            "Merge pull request '{}' (#{}) from {} into {}",
            issue.title, issue.number, pull.head, pull.base
        ),
    };
    let title = call.text("MergeTitleField").filter(|text| !text.is_empty());
    let title = title.unwrap_or(&default);
    match call
        .text("MergeMessageField")
        .filter(|text| !text.is_empty())
    {
        Some(body) => format!("{title}\n\n{body}\n"),
        None => format!("{title}\n"),
    }
}

/// The commit that the base is to hold.
fn merged(
    repo: &Repo,
    ends: &compare::Ends,
    style: &str,
    message: &str,
    login: &str,
    now: Time,
) -> Result<String, Answer> {
    let dir = &repo.git_dir;
    if matches!(style, "rebase" | "fast-forward-only" | "manually-merged") {
        let text = "the embedded forge merges with this style only where it is a fast-forward";
        return match ends.merge_base == ends.base {
            true => Ok(ends.head.clone()),
            false => Err(Answer::error(405, text)),
        };
    }
    let tree = bare::merge_tree(dir, &ends.base, &ends.head).ok_or_else(Answer::internal)?;
    let mut args = vec!["commit-tree", &tree, "-m", message, "-p", &ends.base];
    if style != "squash" {
        args.extend(["-p", ends.head.as_str()]);
    }
    let (address, date) = (email(login), format!("{} +0000", now.seconds()));
    let env = [
        ("GIT_AUTHOR_NAME", login),
        ("GIT_AUTHOR_EMAIL", &address),
        ("GIT_AUTHOR_DATE", &date),
        ("GIT_COMMITTER_NAME", login),
        ("GIT_COMMITTER_EMAIL", &address),
        ("GIT_COMMITTER_DATE", &date),
    ];
    git::text_as(dir, &args, &env).map_err(|_| Answer::internal())
}

/// The issues that a merged text closes: `Closes #4`, `fixes: #5`.
fn closed_by(text: &str) -> Vec<u64> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let pairs = words.iter().zip(words.iter().skip(1));
    let closes = |word: &str| {
        let word = word.trim_end_matches(':').to_ascii_lowercase();
        CLOSING.contains(&word.as_str())
    };
    pairs
        .filter(|(word, _)| closes(word))
        .filter_map(|(_, next)| {
            let digits = next.strip_prefix('#')?;
            digits
                .trim_end_matches(|char: char| !char.is_ascii_digit())
                .parse()
                .ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::closed_by;

    #[test]
    fn a_keyword_before_a_number_closes_and_a_number_alone_does_not() {
        assert_eq!(closed_by("See #1. Closes #22, fixes: #3."), vec![22, 3]);
        assert_eq!(closed_by("closes nothing #4"), Vec::<u64>::new());
    }
}
