//! Who is told what, and when: blockers soon and together, the rest in a digest.
//!
//! Invariant: one notice of a sink is open at a time, so that one that hangs holds
//! up its own sink and nothing else; a thing is told once until it changes; what
//! comes up while a sink may not be told yet is told, and counted, with the next.
//! What there is to tell is [`super::tidings`].

use super::draft::Draft;
use super::operator;
use super::standing;
use super::tidings::{self, Matter, repository_url};
use crate::model::notice::{issue_key, notice_origin};
use crate::model::notify::{Sink, Way};
use crate::model::{Change, EffectKind, EffectState, LISTEN_FROM, NoticeKind, Subject, Time};
use crate::prompt::body::{BodyValues, fill_body};
use crate::schedule::Schedule;
use std::time::Duration;

/// The pause of a sink after a notice to it was given up.
const GIVEN_UP: Duration = Duration::from_hours(1);

/// Before a sink's name in the cursor of its last slot that had nothing to tell.
const QUIET: &str = "quiet:";

/// A notice, before it is put into the words of a sink.
struct Notice<'a> {
    kind: NoticeKind,
    about: Vec<Subject>,
    title: &'a str,
    text: &'a str,
    count: usize,
}

/// Intends the notices that are due.
pub(super) fn tell(draft: &mut Draft<'_>) {
    let settings = draft.s.settings;
    if settings.notify.sinks.is_empty() || operator::stopped(draft.s).is_some() {
        return;
    }
    let matters = tidings::matters(draft.s);
    for (name, sink) in &settings.notify.sinks {
        let last = draft.s.world.last_notice(name);
        // It is tried on like every open effect; what else there is waits for its end.
        if last.is_some_and(|effect| !effect.state.is_closed()) {
            continue;
        }
        let Some(issue) = place(draft, name, sink) else {
            continue;
        };
        if !blockers(draft, name, (sink, issue), &matters) && sink.digest {
            digest(draft, name, (sink, issue), &matters);
        }
    }
}

/// Tells what a sink does not know yet, once enough of it has gathered; says whether it did.
fn blockers(draft: &mut Draft<'_>, name: &str, to: (&Sink, u64), matters: &[Matter]) -> bool {
    let (world, settings) = (draft.s.world, &draft.s.settings.notify);
    let of_others = matters
        .iter()
        .filter(|matter| !matter.is_of(name, &to.0.by));
    let new: Vec<&Matter> = of_others
        .filter(|matter| !world.is_told(name, &matter.subject))
        .collect();
    let Some(first) = new.first() else {
        return false;
    };
    let rested = world.notices(NoticeKind::Blockers, name).next();
    let rested = rested.map_or(Time::default(), |e| e.created_at.plus(settings.every));
    let due = first
        .since
        .plus(settings.gather)
        .max(rested)
        .max(paused(draft, name));
    if draft.s.now < due {
        draft.wake(due);
        return false;
    }
    let (count, project) = (new.len(), &draft.s.settings.project);
    let title = match count {
        1 => format!("{project}: something needs a person"),
        _ => format!("{project}: {count} things need a person"),
    };
    let lines = new.iter().map(|matter| matter.line.as_str());
    let text = format!("{title}\n{}", tidings::listed(lines, "`adf status`"));
    let notice = Notice {
        kind: NoticeKind::Blockers,
        about: new.iter().map(|matter| matter.subject.clone()).collect(),
        title: &title,
        text: &text,
        count,
    };
    intend(draft, name, to, notice);
    true
}

/// Tells what was done since the last digest, when its slot has come; a slot without
/// anything to tell passes, and the cursor says so.
fn digest(draft: &mut Draft<'_>, name: &str, to: (&Sink, u64), matters: &[Matter]) {
    let s = draft.s;
    let Some(line) = &s.settings.notify.digest else {
        return;
    };
    // The config was refused if this could fail.
    let Ok(schedule) = Schedule::parse(line, &s.settings.schedule.time_zone) else {
        return;
    };
    let mut past = s.world.notices(NoticeKind::Digest, name);
    let told = past.find(|effect| matches!(effect.state, EffectState::Done { .. }));
    let cursor = |name: &str| s.world.cursors.get(name).copied();
    let quiet = format!("{QUIET}{name}");
    let told = told.map(|effect| effect.created_at).max(cursor(&quiet));
    let Some(since) = told.or_else(|| cursor(LISTEN_FROM)) else {
        return;
    };
    let Some(slot) = schedule.next_after(since) else {
        return;
    };
    let due = slot.max(paused(draft, name));
    if s.now < due {
        return draft.wake(due);
    }
    let done = tidings::done(s, since, matters.len());
    if done.is_nothing {
        let (name, at) = (quiet, s.now);
        draft.plan.changes.push(Change::Cursor { name, at });
        return;
    }
    let notice = Notice {
        kind: NoticeKind::Digest,
        about: Vec::new(),
        title: &done.title,
        text: &done.text,
        count: done.count,
    };
    intend(draft, name, to, notice);
}

/// Until when a sink is left alone because the last notice to it was given up.
fn paused(draft: &Draft<'_>, name: &str) -> Time {
    let last = draft.s.world.last_notice(name);
    let given_up = last.filter(|e| matches!(e.state, EffectState::Parked { .. }));
    given_up.map_or(Time::default(), |e| e.created_at.plus(GIVEN_UP))
}

fn intend(draft: &mut Draft<'_>, name: &str, (sink, issue): (&Sink, u64), notice: Notice<'_>) {
    let s = draft.s;
    let key = notice.kind.key(name, s.now);
    let body = match &sink.by {
        Way::Issue { .. } => notice.text.to_owned(),
        Way::Webhook(webhook) => {
            let values = BodyValues {
                project: &s.settings.project,
                repository: &format!("{}/{}", s.settings.forge.owner, s.settings.forge.repo),
                url: &repository_url(s),
                kind: notice.kind.word(),
                id: key.as_str(),
                title: notice.title,
                text: notice.text,
                count: notice.count,
            };
            // The config was refused if this could fail, whatever the values.
            fill_body(&webhook.body, webhook.format, &values).unwrap_or_default()
        }
    };
    let kind = EffectKind::Notify {
        sink: name.to_owned(),
        notice: notice.kind,
        about: notice.about,
        body,
    };
    draft.intend(None, issue, key.0, kind, 0);
}

/// The issue that a sink's comments stand on, opened where the config names none;
/// 0 for a webhook. `None`: not yet.
fn place(draft: &mut Draft<'_>, name: &str, sink: &Sink) -> Option<u64> {
    let number = match &sink.by {
        Way::Webhook(_) => return Some(0),
        Way::Issue { number } => *number,
    };
    if number.is_some() {
        return number;
    }
    let project = draft.s.settings.project.clone();
    standing::number(draft, issue_key(name), notice_origin(name), || {
        let body = format!(
            "The factory of `{project}` says here what needs a person, and now and then what was done (`[notify.sinks.{name}]`). Watch this issue to hear of it. Nothing written here is read as an order unless it is a mention."
        );
        (format!("What the factory `{project}` has to say"), body)
    })
}
