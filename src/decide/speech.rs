//! What people read of what agents want: questions, new issues, and why a call
//! came to nothing.
//!
//! Invariant: as for [`super::words`]; an agent's words call nobody and carry no mark.

use super::words::{quote, whom};
use crate::mention::{marker::strip, neutral};
use crate::model::{Call, NewIssue, Question, Task};
use std::time::Duration;

/// The comment that asks people; with what the agent does when nobody answers, if it said so.
pub(super) fn question(task: &Task, asked: &str, with: Option<&Question>) -> String {
    let mut text = format!("{}: `{}` asks:\n\n", whom(&task.requester), task.agent);
    quote(&mut text, asked);
    if let Some(question) = with {
        let wait = Duration::from_secs(u64::from(question.deadline_minutes) * 60);
        text.push_str(&format!(
            "\nIf nobody answers within {}, this is what it does:\n\n",
            humantime::format_duration(wait)
        ));
        quote(&mut text, &question.default);
    }
    text.push_str(&format!(
        "\nThe next comment here by somebody who may command the factory is taken as the answer, unless it calls an agent or begins \
         with `@` and another name: talk among yourselves like that.\n\n<sub>task `{}`</sub>",
        task.id
    ));
    text
}

/// Title and text of an issue that an agent had opened.
pub(super) fn new_issue(caller: &Task, issue: &NewIssue) -> (String, String) {
    let title = neutral(&strip(&issue.title));
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let body = format!(
        "{}\n\n---\n<sub>Opened for the agent `{}`, which came upon it in #{} (task `{}`). Nobody works on it yet: write a mention to have it done.</sub>",
        neutral(&strip(&issue.body)).trim(),
        caller.agent,
        caller.work.issue,
        caller.id
    );
    (title, body)
}

/// The one comment on a call that is not taken.
pub(super) fn call_refused(caller: &Task, call: &Call, why: &str) -> String {
    let called = call.agent.replace('`', "'");
    format!(
        "{}: `{}` called `{}`, but nothing is started: {}.",
        whom(&caller.requester),
        caller.agent,
        neutral(&strip(&called)),
        neutral(&strip(why))
    )
}
