//! A text on the forge becomes a passage, its mentions and its marks.
//!
//! Invariant: a text that did not change is not asked for rows; a changed one gives
//! a new version, and its mentions are judged as an edit's.

use super::writers::Writers;
use crate::forge::{Comment, IssueItem};
use crate::mention::marker::{MarkerKey, Place};
use crate::mention::{self, read};
use crate::model::{
    Change, Issue, Mention, Passage, PassageKey, PassageKind, Person, RepoId, Time,
};
use std::collections::BTreeMap;

/// A text as the forge gave it.
#[derive(Clone, Debug)]
pub struct Text {
    /// Where it stands.
    pub key: PassageKey,
    /// The issue or pull request.
    pub issue: u64,
    /// Who the forge shows.
    pub author: Person,
    /// The text, LF only.
    pub body: String,
    /// The forge's time of creation.
    pub created_at: Time,
    /// The forge's time of the last change.
    pub updated_at: Time,
}

/// What the ledger holds of a text.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// The newest version.
    pub before: Option<Passage>,
    /// The mentions of all versions.
    pub mentions: Vec<Mention>,
}

impl Text {
    /// Whether it says something else than the newest version that is known.
    #[must_use]
    pub fn differs(&self, before: Option<&Passage>) -> bool {
        before.is_none_or(|before| before.body != self.body)
    }
}

/// What is needed to read a text.
#[derive(Clone, Debug)]
pub struct Reading<'a> {
    /// The repository.
    pub repo: RepoId,
    /// The factory's own account.
    pub me: &'a Person,
    /// The key of its marks.
    pub key: &'a MarkerKey,
    /// Mentions written before this are older.
    pub listen_from: Time,
    /// Only some writers may call, so who edited a body matters.
    pub narrowed: bool,
    /// The moment.
    pub now: Time,
}

/// The rows of a text that differs from what the ledger holds of it.
#[must_use]
pub fn rows(r: &Reading<'_>, text: &Text, stored: &Stored) -> Vec<Change> {
    let before = stored.before.as_ref();
    let passage = Passage {
        key: text.key,
        issue: text.issue,
        version: before.map_or(1, |b| b.version + 1),
        author: text.author.clone(),
        body: text.body.clone(),
        created_at: text.created_at,
        updated_at: text.updated_at,
        seen_at: r.now,
    };
    let own = text.author.id == r.me.id && r.me.id > 0;
    let mut rows = vec![Change::Passage(passage.clone())];
    if own && mention::is_marked(&text.body) {
        // The factory writes no reviews, so a mark there is none of its own.
        if matches!(text.key.kind, PassageKind::Body | PassageKind::Comment) {
            rows.extend(marks(r, text));
        }
        return rows;
    }
    let mentions = match before {
        Some(before) => {
            let known: Vec<&Mention> = stored.mentions.iter().collect();
            read::changed(r.repo, before, &passage, &known, own, false)
        }
        None => {
            let older = text.created_at < r.listen_from;
            read::mentions(r.repo, &passage, own, edited_in(r, text), older)
        }
    };
    rows.extend(mentions.into_iter().map(Change::Mention));
    rows
}

/// Whether a text first seen now may have been edited by somebody else.
///
/// Any comment or label moves a body's time, so a body's cannot be trusted to
/// mean an edit. Who can edit a writer's text is a writer too: it matters only
/// when the config narrows who may call.
fn edited_in(r: &Reading<'_>, text: &Text) -> bool {
    let moved = text.updated_at > text.created_at;
    match text.key.kind {
        PassageKind::Comment | PassageKind::Inline => moved,
        // A review moves when it is sent, dismissed or outdated, too.
        PassageKind::Body | PassageKind::Review => moved && r.narrowed,
    }
}

fn marks(r: &Reading<'_>, text: &Text) -> Vec<Change> {
    let place = Place {
        comment: text.key.id,
        issue: text.issue,
        written_at: text.created_at,
    };
    mention::marker::find(&text.body, r.key, place)
        .into_iter()
        .map(Change::Mark)
        .collect()
}

/// The body of an issue or pull request.
pub(super) fn body_text(item: &IssueItem) -> Text {
    Text {
        key: PassageKey {
            kind: PassageKind::Body,
            id: i64::try_from(item.issue.number).unwrap_or(i64::MAX),
        },
        issue: item.issue.number,
        author: item.issue.author.clone(),
        body: item.body.clone(),
        created_at: item.created_at,
        updated_at: item.issue.updated_at,
    }
}

/// A comment.
pub(super) fn comment_text(comment: &Comment) -> Text {
    Text {
        key: PassageKey {
            kind: PassageKind::Comment,
            id: comment.id,
        },
        issue: comment.issue,
        author: comment.author.clone(),
        body: comment.body.clone(),
        created_at: comment.created_at,
        updated_at: comment.updated_at,
    }
}

/// Issues with the moment at which somebody who may write, and is not the factory, wrote
/// there last, and whether those who may not have reworded theirs.
pub(super) fn moved<'a>(
    issues: impl Iterator<Item = &'a Issue>,
    rows: &[Change],
    me: &Person,
    writers: &Writers,
) -> Vec<Issue> {
    let mut written: BTreeMap<u64, Written> = BTreeMap::new();
    for row in rows {
        // What another factory writes with an account of its own is nobody's wish either.
        if let Change::Passage(passage) = row
            && passage.author.id != me.id
            && !mention::is_marked(&passage.body)
        {
            let written = written.entry(passage.issue).or_default();
            let is_body = passage.key.kind == PassageKind::Body;
            match (passage.version, writers.may(&passage.author, me)) {
                (1, true) => written.at = passage.created_at.max(written.at),
                // Whoever edits a body moves the time of its issue, not one of its own.
                (_, true) if is_body => written.edited = true,
                (_, true) => written.at = passage.updated_at.max(written.at),
                // What was first seen as it was opened is what it was.
                (1, false) => {
                    written.reworded |= is_body && passage.updated_at > passage.created_at
                }
                (_, false) => written.reworded |= is_body,
            }
        }
    }
    let later = |issue: &Issue| {
        let written = written.get(&issue.number).copied().unwrap_or_default();
        let at_edit = |edited: bool| {
            if edited {
                issue.updated_at
            } else {
                Time::default()
            }
        };
        Issue {
            changed_at: issue
                .changed_at
                .max(written.at)
                .max(at_edit(written.edited)),
            outsider: !writers.may(&issue.author, me),
            reworded_at: at_edit(written.reworded),
            ..issue.clone()
        }
    };
    issues.map(later).collect()
}

/// What is new of the texts of an issue.
#[derive(Clone, Copy, Default)]
struct Written {
    /// When somebody who may write wrote last.
    at: Time,
    /// The body of somebody who may write was edited.
    edited: bool,
    /// The body of somebody who may not was, or may have been.
    reworded: bool,
}
