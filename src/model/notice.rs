//! Notices: what operators are told besides what stands under the issues.
//!
//! Invariant: what a sink was told is a fold of the effects that told it: an
//! effect that was given up has told nothing. Keys sort by the moment of their
//! effect, so that the last one of a sink is found without a search.
//! `decide::notify` says what is told when, `courier` carries it.

use super::{
    AgentName, Effect, EffectKey, EffectKind, EffectState, MentionId, TaskId, Time, World,
};
use serde::{Deserialize, Serialize};

/// How the cause of an alert on a sink that could not be told begins; its name follows.
pub const SINK: &str = "notify:";

/// The cause of the alert that the forge has been away for long.
pub const FORGE: &str = "forge";

/// One thing that a notice tells of, told again only when `print` changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// What: `alert:<cause>`, `task:<id>`, `call:<task>`.
    pub of: String,
    /// As what: a moment, or the digest of its words.
    pub print: String,
}

/// Which kind of notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// What needs a person, as soon as it does.
    Blockers,
    /// What was done since the last digest.
    Digest,
}

impl NoticeKind {
    /// The word for keys, templates and people.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            NoticeKind::Blockers => "blockers",
            NoticeKind::Digest => "digest",
        }
    }

    /// The key of the notice that a sink is sent at a moment.
    #[must_use]
    pub fn key(self, sink: &str, at: Time) -> EffectKey {
        EffectKey(format!("{}{:013}", self.prefix(sink), at.0.max(0)))
    }

    /// Between which keys all notices of a sink lie, the second one left out.
    #[must_use]
    pub fn keys(self, sink: &str) -> (EffectKey, EffectKey) {
        let first = self.prefix(sink);
        // A moment is digits, and `;` comes after all of them.
        let last = format!("{first};");
        (EffectKey(first), EffectKey(last))
    }

    fn prefix(self, sink: &str) -> String {
        format!("{}:{sink}:", self.word())
    }
}

/// How the key of an effect begins that opens the issue of a sink.
const ISSUE_KEY: &str = "notify-issue:";

/// The effect that opens the issue of a sink.
#[must_use]
pub fn issue_key(sink: &str) -> EffectKey {
    EffectKey(format!("{ISSUE_KEY}{sink}"))
}

/// How the key of an effect begins that opens the issue on which an agent's schedule reports.
const SCHEDULE_KEY: &str = "schedule-issue:";

/// The effect that opens the issue on which an agent's schedule reports.
#[must_use]
pub fn schedule_key(agent: &AgentName) -> EffectKey {
    EffectKey(format!("{SCHEDULE_KEY}{agent}"))
}

/// The origin of that issue, in marks.
#[must_use]
pub fn schedule_origin(agent: &AgentName) -> MentionId {
    MentionId(format!("schedule-{agent}"))
}

/// Whether an effect opens an issue that stands for as long as the factory does.
#[must_use]
pub fn is_standing(key: &EffectKey) -> bool {
    [ISSUE_KEY, SCHEDULE_KEY]
        .iter()
        .any(|begin| key.as_str().starts_with(begin))
}

/// The origin of what a sink is told, in marks.
#[must_use]
pub fn notice_origin(sink: &str) -> MentionId {
    MentionId(format!("notify-{sink}"))
}

/// How the key of an effect begins that calls a person; the task follows.
const CALL: &str = "call:";

impl Effect {
    /// Whether it tells operators anything.
    pub(super) fn tells(&self) -> bool {
        self.key.as_str().starts_with(CALL) || matches!(self.kind, EffectKind::Notify { .. })
    }
}

impl World {
    /// The notices of a kind that a sink was sent, the newest first.
    pub fn notices<'a>(
        &'a self,
        kind: NoticeKind,
        sink: &str,
    ) -> impl Iterator<Item = &'a Effect> + use<'a> {
        let (first, last) = kind.keys(sink);
        let keys = self.effects.range(first..last);
        keys.rev().map(|(_, effect)| effect)
    }

    /// The newest notice of a sink, of either kind.
    #[must_use]
    pub fn last_notice(&self, sink: &str) -> Option<&Effect> {
        let kinds = [NoticeKind::Blockers, NoticeKind::Digest];
        let newest = kinds
            .into_iter()
            .filter_map(|k| self.notices(k, sink).next());
        newest.max_by_key(|effect| effect.created_at)
    }

    /// Tasks that called a person since a moment.
    pub fn called_since(&self, since: Time) -> impl Iterator<Item = (Time, &TaskId)> {
        let calls = self.called.range((since, TaskId(String::new()))..);
        calls.map(|(at, task)| (*at, task))
    }

    /// Whether a sink was told of something as it is now.
    #[must_use]
    pub fn is_told(&self, sink: &str, subject: &Subject) -> bool {
        let told = self.told.get(&(sink.to_owned(), subject.of.clone()));
        told == Some(&subject.print)
    }

    /// Keeps what an effect that is new, or has moved on, has told.
    pub(super) fn tell(&mut self, key: &EffectKey) {
        let Some(effect) = self.effects.get(key) else {
            return;
        };
        if let Some(task) = key.as_str().strip_prefix(CALL) {
            self.called
                .insert((effect.created_at, TaskId(task.to_owned())));
        }
        let EffectKind::Notify { sink, about, .. } = &effect.kind else {
            return;
        };
        let lost = matches!(
            effect.state,
            EffectState::Parked { .. } | EffectState::Void { .. }
        );
        for subject in about {
            let place = (sink.clone(), subject.of.clone());
            if !lost {
                self.told.insert(place, subject.print.clone());
            } else if self.told.get(&place) == Some(&subject.print) {
                self.told.remove(&place);
            }
        }
    }
}
