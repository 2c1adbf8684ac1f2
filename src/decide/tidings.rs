//! What there is to tell operators: what needs a person now, and what was done.
//!
//! Invariant: each thing has a name and a print that changes only with the thing
//! itself, and somebody's words enter disarmed: no mention, link, tag or control
//! character of theirs works in the forge or in a chat.

use crate::mention::{digest, marker::strip, neutral};
use crate::model::alert::Alert;
use crate::model::notice::{FORGE, SINK};
use crate::model::notify::Way;
use crate::model::{EffectKind, EffectState, Snapshot, Subject, Task, TaskId, TaskState, Time};
use crate::redact::clip;
use std::fmt::Write;
use std::time::Duration;

/// Characters of a line.
const LINE_MAX: usize = 400;
/// Lines of a notice; what is more is counted.
const LINES_MAX: usize = 10;
/// How long a failure that called a person is new.
const CALLED_WITHIN: Duration = Duration::from_hours(24);

/// One thing that needs a person.
pub(super) struct Matter {
    pub subject: Subject,
    pub line: String,
    pub since: Time,
}

impl Matter {
    /// Whether it is the trouble of the very sink that would be told: of a webhook that it
    /// could not be told, of an issue besides that there is no forge.
    pub fn is_of(&self, sink: &str, by: &Way) -> bool {
        let cause = self.subject.of.strip_prefix("alert:").unwrap_or_default();
        cause.strip_prefix(SINK) == Some(sink) || cause == FORGE && matches!(by, Way::Issue { .. })
    }
}

/// What needs a person, the oldest first.
pub(super) fn matters(s: &Snapshot<'_>) -> Vec<Matter> {
    let alerts = s.world.alerts.values().filter(|a| a.cleared_at.is_none());
    let mut found: Vec<Matter> = alerts.map(alert).collect();
    let unsettled = s.world.unsettled.iter();
    let tasks = unsettled.filter_map(|id| s.world.tasks.get(id));
    found.extend(tasks.filter_map(|task| held_up(s, task)));
    let called = s.world.called_since(s.now.minus(CALLED_WITHIN));
    found.extend(called.filter_map(|(at, id)| call(s, at, id)));
    found.sort_by(|a, b| (a.since, &a.subject.of).cmp(&(b.since, &b.subject.of)));
    found
}

fn alert(alert: &Alert) -> Matter {
    Matter {
        subject: Subject {
            of: format!("alert:{}", alert.cause),
            print: alert.raised_at.0.to_string(),
        },
        line: format!("{}: {}", disarm(&alert.cause), disarm(&alert.text)),
        since: alert.raised_at,
    }
}

/// A task that waits for something that a person can mend.
fn held_up(s: &Snapshot<'_>, task: &Task) -> Option<Matter> {
    let (why, since) = match task.state {
        TaskState::Blocked => (task.note.as_str(), task.changed_at),
        TaskState::Delivering => undelivered(s, task)?,
        _ => return None,
    };
    Some(Matter {
        subject: Subject {
            of: format!("task:{}", task.id),
            print: digest(why),
        },
        line: of_task(s, task, why),
        since,
    })
}

/// Why finished work cannot go out, and since when, when only a person can mend it.
pub(super) fn undelivered<'a>(s: &Snapshot<'a>, task: &Task) -> Option<(&'a str, Time)> {
    let mut effects = s.world.effects_of_task(&task.id);
    effects.find_map(|effect| match (&effect.kind, &effect.state) {
        (
            EffectKind::Push { .. } | EffectKind::Pull { .. },
            EffectState::Retry {
                reason,
                blocked: true,
                ..
            },
        ) => Some((reason.as_str(), effect.created_at)),
        _ => None,
    })
}

/// A task whose failure called a person.
fn call(s: &Snapshot<'_>, at: Time, id: &TaskId) -> Option<Matter> {
    let task = s.world.tasks.get(id)?;
    let why = format!("{}: {}", task.state.word(), task.note);
    Some(Matter {
        subject: Subject {
            of: format!("call:{id}"),
            print: at.0.to_string(),
        },
        line: of_task(s, task, &why),
        since: at,
    })
}

fn of_task(s: &Snapshot<'_>, task: &Task, why: &str) -> String {
    let issue = task.work.issue;
    format!(
        "#{issue} `{}`: {} {}/issues/{issue}",
        task.agent,
        disarm(why),
        repository_url(s)
    )
}

/// Where people see the repository.
pub(super) fn repository_url(s: &Snapshot<'_>) -> String {
    let forge = &s.settings.forge;
    format!("{}/{}/{}", forge.url, forge.owner, forge.repo)
}

/// Somebody's words on one line, in which nothing works.
fn disarm(text: &str) -> String {
    let plain = neutral(&strip(text));
    let mut out = String::with_capacity(plain.len());
    let mut before = ' ';
    for c in plain.chars() {
        let c = if c.is_control() { ' ' } else { c };
        // Chats read `<!channel>` and `<url|text>`, Markdown reads `[text](url)`.
        if before == '<' && !c.is_whitespace() || before == ']' && matches!(c, '(' | '[') {
            out.push('\u{200b}');
        }
        out.push(c);
        before = c;
    }
    clip(out.trim(), LINE_MAX)
}

/// The lines of a notice, what is more than a screenful counted.
pub(super) fn listed<'a>(lines: impl ExactSizeIterator<Item = &'a str>, more: &str) -> String {
    let count = lines.len();
    let mut text = String::new();
    for line in lines.take(LINES_MAX) {
        let _ = writeln!(text, "- {line}");
    }
    if count > LINES_MAX {
        let _ = writeln!(text, "- and {} more: {more}", count - LINES_MAX);
    }
    text.trim_end().to_owned()
}

/// What was done after a moment: how many tasks came to what, and those that delivered.
pub(super) struct Done {
    pub title: String,
    pub text: String,
    pub count: usize,
    /// Nothing ended; what stands open was told when it came up.
    pub is_nothing: bool,
}

/// What was done after `since`, and what stands open now.
pub(super) fn done(s: &Snapshot<'_>, since: Time, open: usize) -> Done {
    let ended = s.world.tasks.values().filter(|task| {
        // What ends in the very plan that tells is told the next time.
        task.state.is_final() && task.changed_at >= since && task.changed_at < s.now
    });
    let (mut delivered, mut others) = (Vec::new(), 0_usize);
    for task in ended {
        match (&task.state, task.pull) {
            (TaskState::Done, Some(pull)) => delivered.push((task.changed_at, task, pull)),
            _ => others += 1,
        }
    }
    delivered.sort_by_key(|(at, task, _)| (*at, &task.id));
    let lines: Vec<String> = delivered
        .iter()
        .map(|(_, task, pull)| {
            let title = s.world.issues.get(&task.work.issue);
            let title = disarm(title.map_or("", |issue| issue.title.as_str()));
            format!(
                "#{} `{}`: {title} {}/pulls/{pull}",
                task.work.issue,
                task.agent,
                repository_url(s)
            )
        })
        .collect();
    let title = format!(
        "{}: {} delivered, {others} ended otherwise, {open} need a person",
        s.settings.project,
        delivered.len()
    );
    let listed = listed(lines.iter().map(String::as_str), "`adf status`");
    Done {
        text: if listed.is_empty() {
            title.clone()
        } else {
            format!("{title}\n{listed}")
        },
        title,
        count: delivered.len(),
        is_nothing: delivered.is_empty() && others == 0,
    }
}
