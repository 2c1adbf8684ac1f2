//! A passage becomes mention rows; an edited passage becomes the rows that
//! the edit added.
//!
//! Invariant: a mention that was already read, at whatever place in the
//! passage, gives no second row; what an edit changed names the row it
//! replaces. The factory's own marked text is never parsed.
//! Where to look next: `decide`, which says what becomes of each row.

use super::{grammar, grammar::Found, identity, marker};
use crate::model::{Mention, MentionId, MentionState, Passage, RepoId, Target};
use std::collections::BTreeSet;

/// The mentions of a passage seen for the first time, or (`edited_in`) of one
/// that was edited before it was seen.
#[must_use]
pub fn mentions(
    repo: RepoId,
    passage: &Passage,
    own_account: bool,
    edited_in: bool,
    older: bool,
) -> Vec<Mention> {
    let frame = Frame {
        repo,
        passage,
        own_account,
        edited_in,
        older,
    };
    found_in(passage, own_account)
        .into_iter()
        .map(|found| frame.row(found, None, None))
        .collect()
}

/// The mentions that an edit from `before` to `after` added or changed; `known`
/// are the rows of this passage so far.
#[must_use]
pub fn changed(
    repo: RepoId,
    before: &Passage,
    after: &Passage,
    known: &[&Mention],
    own_account: bool,
    older: bool,
) -> Vec<Mention> {
    let frame = Frame {
        repo,
        passage: after,
        own_account,
        edited_in: true,
        older,
    };
    let mut seen: Vec<Seen> = known.iter().copied().map(Seen::of_row).collect();
    for found in found_in(before, own_account) {
        if !seen.iter().any(|seen| seen.is(&found)) {
            seen.push(Seen::of_text(found));
        }
    }
    let fresh = unmatched(found_in(after, own_account), &seen);
    let taken: BTreeSet<&MentionId> = known.iter().map(|row| &row.id).collect();
    fresh
        .into_iter()
        .map(|found| {
            let replaces = latest(known, &found).cloned();
            let plain = identity::mention_id(after.key, &found.target, found.nth, None);
            let version = (replaces.is_some() || taken.contains(&plain)).then_some(after.version);
            frame.row(found, version, replaces)
        })
        .collect()
}

fn found_in(passage: &Passage, own_account: bool) -> Vec<Found> {
    if own_account && marker::is_marked(&passage.body) {
        return Vec::new();
    }
    grammar::find(&passage.body)
}

/// A mention already known, from a row or from the text before the edit.
struct Seen {
    target: Target,
    nth: Option<u32>,
    instruction: String,
}

impl Seen {
    fn of_row(row: &Mention) -> Seen {
        Seen {
            target: row.target.clone(),
            nth: nth_of(&row.id),
            instruction: row.instruction.clone(),
        }
    }

    fn of_text(found: Found) -> Seen {
        Seen {
            target: found.target,
            nth: Some(found.nth),
            instruction: found.instruction,
        }
    }

    fn same_words(&self, found: &Found) -> bool {
        self.target == found.target && self.instruction == found.instruction
    }

    fn is(&self, found: &Found) -> bool {
        self.same_words(found) && self.nth == Some(found.nth)
    }
}

/// What is in the new text and was never read: first by place, then by words
/// alone, so that removing an earlier mention does not renumber the others.
fn unmatched(found: Vec<Found>, seen: &[Seen]) -> Vec<Found> {
    let mut used = vec![false; seen.len()];
    let mut rest = Vec::new();
    for found in found {
        match seen.iter().position(|seen| seen.is(&found)) {
            Some(at) => used[at] = true,
            None => rest.push(found),
        }
    }
    rest.retain(|found| {
        let free = seen
            .iter()
            .enumerate()
            .position(|(at, seen)| !used[at] && seen.same_words(found));
        if let Some(at) = free {
            used[at] = true;
        }
        free.is_none()
    });
    rest
}

/// The newest row of the same target and place.
fn latest<'a>(known: &[&'a Mention], found: &Found) -> Option<&'a MentionId> {
    let label = grammar::label(&found.target);
    known
        .iter()
        .filter(|row| grammar::label(&row.target) == label && nth_of(&row.id) == Some(found.nth))
        .max_by_key(|row| row.version)
        .map(|row| &row.id)
}

/// The `<n>` of `<passage>/<target>/<n>` or `<passage>/<target>/<n>@<version>`.
fn nth_of(id: &MentionId) -> Option<u32> {
    let (_, last) = id.as_str().rsplit_once('/')?;
    last.split('@').next()?.parse().ok()
}

/// What all rows of one reading share.
struct Frame<'a> {
    repo: RepoId,
    passage: &'a Passage,
    own_account: bool,
    edited_in: bool,
    older: bool,
}

impl Frame<'_> {
    fn row(&self, found: Found, version: Option<u32>, replaces: Option<MentionId>) -> Mention {
        let passage = self.passage;
        let id = identity::mention_id(passage.key, &found.target, found.nth, version);
        Mention {
            task: identity::task_id(self.repo, &id),
            id,
            passage: passage.key,
            version: passage.version,
            issue: passage.issue,
            target: found.target,
            instruction: found.instruction,
            author: passage.author.clone(),
            own_account: self.own_account,
            edited_in: self.edited_in,
            replaces,
            older: self.older,
            written_at: if self.edited_in {
                passage.updated_at
            } else {
                passage.created_at
            },
            state: MentionState::Pending,
        }
    }
}
