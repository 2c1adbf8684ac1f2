//! Every text that people will see on the forge, final but for its mark.
//!
//! Invariant: somebody else's words enter quoted and stripped of marks, and a
//! text never says more than the factory established.

use super::ending::Ending;
use crate::mention::{self, marker::strip, neutral};
use crate::model::{
    Cycle, Exit, FailureClass, Mention, Outcome, Person, Refusal, Report, ReportStatus, Snapshot,
    Target, Task, TaskState, Work, counted,
};
use crate::redact::clip;
use std::fmt::Write;

/// Characters of a title kept in a pull request's title.
const TITLE_MAX: usize = 200;
/// Characters shown of what an agent asked of another.
const ASKED_MAX: usize = 1000;
/// Paths named in a pull request.
const PATHS_SHOWN: usize = 20;

/// Why an adopted task is not gone on with.
pub const CHANGED_WHILE_LOST: &str = "its instruction was edited, or lost with the ledger, so what was authorised is not known; write a new comment";

/// The comment that accepts a task and follows its work.
#[must_use]
pub fn accepted(s: &Snapshot<'_>, task: &Task, status: &str) -> String {
    let whom = match mention::pick(&task.origin) {
        // In code, so that nobody takes it for a call: the task is a row already.
        Some(_) => format!("`@adf:{} {}`\n\nBy rank", task.agent, task.instruction),
        None => whom(&task.requester),
    };
    let called = match task.chain.last() {
        Some(caller) => format!("`{caller}` has called `{}`, which", task.agent),
        None => format!("`{}`", task.agent),
    };
    let mut asked = String::new();
    if !task.chain.is_empty() {
        asked.push('\n');
        quote(&mut asked, &clip(&task.instruction, ASKED_MAX));
    }
    if let Some(author) = withheld_from(s, task) {
        let _ = writeln!(
            asked,
            "\nIt is not shown the text of this issue, because `{}` may not write here; what it is to know, say in a comment.",
            author.login
        );
    }
    format!(
        "{whom}: {called} has taken this up.\n{asked}\n**Status:** {status}\n\n<sub>task `{id}` · branch `{branch}`</sub>",
        status = strip(status),
        id = task.id,
        branch = task.branch,
    )
}

/// The author of the issue's text, where the task's agent is not shown it.
fn withheld_from<'a>(s: &Snapshot<'a>, task: &Task) -> Option<&'a Person> {
    let issue = s.world.issues.get(&task.work.issue)?;
    let agent = s.settings.agents.get(&task.agent)?;
    (issue.outsider && !agent.read_strangers).then_some(&issue.author)
}

/// Whom a comment is for.
pub(super) fn whom(requester: &Person) -> String {
    match requester.login.as_str() {
        "" => "For whom it concerns".to_owned(),
        login => format!("@{login}"),
    }
}

/// The status line of a task that is over.
#[must_use]
pub fn ended(task: &Task) -> String {
    match task.pull {
        Some(pull) => format!("{}, see #{pull}", task.state.word()),
        None => format!("{}: {}", task.state.word(), task.note),
    }
}

/// The comment that says once that a task waits for somebody.
#[must_use]
pub fn blocked(task: &Task, note: &str) -> String {
    format!(
        "`{}` cannot go on with task `{}`: {}\n\nNothing is lost. It goes on by itself once this is mended.",
        task.agent,
        task.id,
        strip(note)
    )
}

/// The one comment on issues that wait for each other.
#[must_use]
pub fn cycle(cycle: &Cycle, holds: bool) -> String {
    if !holds {
        let names = match cycle.issues.as_slice() {
            [] | [_] => String::new(),
            issues => {
                let names: Vec<String> = issues.iter().map(|n| format!("#{n}")).collect();
                format!(
                    " ({}{})",
                    names.join(", "),
                    if cycle.more > 0 { ", …" } else { "" }
                )
            }
        };
        return format!(
            "The dependencies here no longer form a cycle{names}: nothing is held up by it."
        );
    }
    format!(
        "{}, so none of this can be started, nor what waits for it. Take one of these dependencies off; the rest goes on by itself.\n\n<sub>This comment says what holds; `adf rank` shows all cycles.</sub>",
        cycle.words()
    )
}

/// The title of a task's pull request.
#[must_use]
pub fn pull_title(task: &Task, issue_title: &str) -> String {
    let title = clip(strip(issue_title).trim(), TITLE_MAX);
    let title = if title.is_empty() {
        "Work".to_owned()
    } else {
        title
    };
    format!("{title} (#{})", task.work.issue)
}

/// The text of a task's pull request.
#[must_use]
pub fn pull_body(task: &Task, outcome: &Outcome) -> String {
    let mut text = format!(
        "Work of `{}` for #{}, task `{}`.\n",
        task.agent, task.work.issue, task.id
    );
    facts(&mut text, outcome);
    if let Some(report) = &outcome.report {
        claim(&mut text, report);
    }
    text
}

/// The comment that ends a task.
#[must_use]
pub fn result(task: &Task, outcome: Option<&Outcome>, state: &TaskState, note: &str) -> String {
    let head = match (state, task.pull) {
        (TaskState::Done, Some(pull)) => format!("`{}` has delivered: #{pull}", task.agent),
        (TaskState::Done, None) if outcome.is_some_and(|o| o.work.is_none()) => {
            format!("`{}` is done: what it says below is the result", task.agent)
        }
        (TaskState::Failed(class), _) => {
            format!(
                "`{}` has failed ({}): {}",
                task.agent,
                class.word(),
                strip(note)
            )
        }
        (state, _) => format!("`{}`: {}: {}", task.agent, state.word(), strip(note)),
    };
    let mut text = format!("{head}\n");
    if let Some(outcome) = outcome {
        facts(&mut text, outcome);
        kept(&mut text, task, outcome.work.as_ref());
        if outcome.untaken {
            let _ = writeln!(
                text,
                "\nThere may be work in its workspace, which is kept as `work/{}` in the factory's state directory.",
                task.id
            );
        }
        if let Some(report) = &outcome.report {
            claim(&mut text, report);
        }
    }
    text
}

/// The end of a result that calls a person, and what would help.
pub(super) fn needed(task: &Task, why: &str) -> String {
    format!("\n{}: this needs a person: {why}.\n", whom(&task.requester))
}

/// What a person does once what an agent says stands in the way is gone.
pub(super) fn hand_over(task: &Task, label: &str) -> String {
    let again = match mention::pick(&task.origin) {
        Some(_) => format!(
            "take the label `{label}` off, so that the coordinator takes this up again, or write a new mention"
        ),
        None => format!("write a new mention such as `@adf:{} …`", task.agent),
    };
    format!(
        "the agent says above what stands in its way or what it must know. This task has ended; once that is seen to, {again}"
    )
}

/// The one comment on a row of failures.
pub(super) fn escalated(task: &Task, outcome: &Outcome, row: &str, next: &Ending) -> String {
    let class = outcome.class.map_or("", FailureClass::word);
    let mut text = format!(
        "{}: `{}` has failed {row}. Somebody should look.\n\nThe last time, in task `{}` ({class}): {}\n",
        whom(&task.requester),
        task.agent,
        task.id,
        neutral(&strip(&outcome.reason))
    );
    if let Some(failure) = &outcome.failure {
        if !failure.line.is_empty() {
            quote(&mut text, &failure.line);
        }
        let _ = writeln!(text, "\nFingerprint `{}`.", failure.fingerprint);
    }
    text.push_str(match next {
        Ending::Again { .. } | Ending::Wait { .. } => {
            "\nIt will be tried again by itself; `adf cancel` ends it, `adf failures` shows all of them.\n"
        }
        _ => "\nIt is not tried again by itself; `adf failures` shows all of them.\n",
    });
    text
}

/// What the factory established, whatever the agent says.
fn facts(text: &mut String, outcome: &Outcome) {
    let exit = match &outcome.exit {
        Exit::Code(0) => "ended by itself".to_owned(),
        Exit::Code(code) => format!("ended with exit code {code}"),
        Exit::Signal(signal) => format!("ended by signal {signal}"),
        Exit::WallTime => "was stopped at its wall time".to_owned(),
        Exit::Steps => "was stopped at its number of steps".to_owned(),
        Exit::Guard => {
            "was stopped because of the guard; `adf guard stats` shows what it denied".to_owned()
        }
        Exit::Interrupted => "was interrupted by the factory".to_owned(),
        Exit::NotStarted { .. } => "was not started".to_owned(),
    };
    let _ = writeln!(text, "\n**Established:** the agent {exit}.");
    let Some(work) = &outcome.work else {
        text.push_str(match outcome.untaken {
            true => "What it left was not taken in, so nothing is known here of its commits.\n",
            false => "There is no commit.\n",
        });
        return;
    };
    let _ = writeln!(
        text,
        "{} on `{}`, {}, +{} −{} lines.",
        counted(work.commits, "commit"),
        work.base,
        counted(work.paths_total, "file"),
        work.lines.0,
        work.lines.1
    );
    if work.uncommitted {
        let _ = writeln!(
            text,
            "The last commit holds what the agent left uncommitted."
        );
    }
    for path in work.paths.iter().take(PATHS_SHOWN) {
        let _ = writeln!(text, "- `{}`", path.replace('`', "'"));
    }
    let shown = u32::try_from(work.paths.len().min(PATHS_SHOWN)).unwrap_or(u32::MAX);
    if work.paths_total > shown {
        let _ = writeln!(text, "- and {} more", work.paths_total - shown);
    }
}

/// Where work that was not proposed is kept.
fn kept(text: &mut String, task: &Task, work: Option<&Work>) {
    let Some(work) = work else { return };
    if !work.protected.is_empty() {
        let paths: Vec<String> = work
            .protected
            .iter()
            .map(|p| format!("`{}`", p.replace('`', "'")))
            .collect();
        let _ = writeln!(
            text,
            "\nIt holds or changes {}, which the factory does not push. The work is kept in the factory as `{}`; \
             somebody who may can take it over, or let paths through by `[delivery] allow_paths`.",
            paths.join(", "),
            work.head
        );
    } else if task.pull.is_none() && task.pushed.is_some() {
        let _ = writeln!(
            text,
            "\nThe work so far is kept on branch `{}`.",
            task.branch
        );
    } else if task.pull.is_none() {
        let _ = writeln!(
            text,
            "\nThe work is kept in the factory as `{}`.",
            work.head
        );
    }
}

/// The agent's own words, as a claim.
fn claim(text: &mut String, report: &Report) {
    let status = match report.status {
        ReportStatus::Done => "done",
        ReportStatus::Rejected => "rejected",
        ReportStatus::NeedsClarification => "needs clarification",
        ReportStatus::Blocked => "blocked",
    };
    let _ = writeln!(text, "\n**The agent says** ({status}):\n");
    quote(text, &report.summary);
    for line in &report.evidence {
        let line = neutral(&strip(line)).replace(['\n', '\r'], " ");
        let _ = writeln!(text, "> - {line}");
    }
}

/// An agent's words, quoted: they call nobody.
pub(super) fn quote(text: &mut String, words: &str) {
    for line in neutral(&strip(words)).lines() {
        let _ = writeln!(text, "> {line}");
    }
}

/// The one reply to a mention that is not taken.
#[must_use]
pub fn refusal(s: &Snapshot<'_>, mention: &Mention, why: &Refusal) -> String {
    let roster: Vec<String> = s.settings.agents.keys().map(|a| format!("`{a}`")).collect();
    let roster = if roster.is_empty() {
        "none yet".to_owned()
    } else {
        roster.join(", ")
    };
    let example = s
        .settings
        .agents
        .keys()
        .next()
        .map_or("agent", |a| a.as_str());
    let called = match &mention.target {
        Target::Agent {
            project: Some(project),
            agent,
        } => format!("{project}/{agent}"),
        Target::Agent {
            project: None,
            agent,
        } => agent.to_string(),
        Target::Malformed(text) => text.clone(),
    };
    let called = strip(&called).replace('`', "'");
    let text = match why {
        Refusal::Malformed => format!(
            "`{called}` is not a mention I can read. Write `@adf:` and an agent's name in lower case, then what to do, such as `@adf:{example} please …`. Agents here: {roster}."
        ),
        Refusal::UnknownAgent => format!("There is no agent `{called}` here. Agents: {roster}."),
        Refusal::OtherProject => format!(
            "`{called}` names another project; this factory serves `{}`. Write `@adf:{example} …`.",
            s.settings.project
        ),
        Refusal::NotAllowed => "You may not command the factory here: it listens to people with write access whom its config allows. Ask one of them to write the mention.".to_owned(),
        Refusal::Edited => "An edit starts nothing, because the forge does not say who made it. Write a new comment with the mention to have it done.".to_owned(),
        Refusal::OwnAccount => "This was written with the factory's own account, which it never obeys. Write it with yours.".to_owned(),
        Refusal::TooMany => format!(
            "More than {} mentions in one text are not taken. Write the rest in a new comment.",
            s.settings.mentions.max_per_passage
        ),
        Refusal::EmptyInstruction => format!("What should `{called}` do? Write a new comment with the mention and what to do after it."),
        Refusal::Closed => "This is closed, so nothing is started. Reopen it and write a new comment.".to_owned(),
        Refusal::ClaimedElsewhere => String::new(),
        Refusal::UnverifiedClaim => "A comment by the factory's account claims this, but its signature does not hold under this factory's key. Nothing is started. Delete that comment or restore the marker key, then write a new comment.".to_owned(),
    };
    format!("@{}: {text}", mention.author.login)
}
