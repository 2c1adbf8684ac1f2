//! Pull requests that moved → what their reviews say, read a few at a time.
//!
//! No listing tells of reviews, but each moves its pull request. Invariant: a
//! pull request is read again until it was read in a second later than its last
//! change; the cursor does not pass one that is still owed; one that cannot be
//! read holds up neither the cursor nor the others.

use super::passages::Text;
use super::source::Source;
use crate::forge::{ForgeError, InlineComment, IssueItem, Review};
use crate::model::{PassageKey, PassageKind, Time};
use futures_util::{StreamExt, stream};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Pull requests whose reviews are read in one poll; the rest waits for the next.
const PULLS_PER_POLL_MAX: usize = 20;
/// Pull requests whose reviews are read at the same time.
const PULLS_AT_ONCE: usize = 4;
/// How much later than a change the server's clock must be for its second to be over.
const SECOND_OVER: Duration = Duration::from_secs(2);

/// Which pull requests are to be read.
#[derive(Debug, Default)]
pub(super) struct Owed {
    /// By number, with the change that they are owed for.
    owed: BTreeMap<u64, Time>,
    /// Those of them whose last reading failed.
    failing: BTreeSet<u64>,
    /// As of which change the others were read.
    read: BTreeMap<u64, Time>,
}

/// What one poll read of reviews.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub texts: Vec<Text>,
    /// Pull requests and items that could not be read.
    pub skipped: u32,
    done: Vec<(u64, Time)>,
    failed: Vec<u64>,
}

impl Owed {
    /// Takes note of a listing that began at `from`; a repairing one reads all of it again.
    pub fn note(&mut self, items: &[IssueItem], from: Time, repair: bool) {
        if repair {
            self.read.clear();
        }
        // What is older can only be listed again with a later change.
        self.read.retain(|_, at| *at >= from);
        for issue in items.iter().map(|item| &item.issue).filter(|i| i.is_pull) {
            if self.read.get(&issue.number) != Some(&issue.updated_at) {
                self.owed.insert(issue.number, issue.updated_at);
            }
        }
    }

    /// Reads what is owed, those that failed last.
    pub async fn read(&self, source: &impl Source) -> Result<Said, ForgeError> {
        let mut wanted: Vec<(u64, Time)> = self.owed.iter().map(|(n, at)| (*n, *at)).collect();
        wanted.sort_by_key(|(number, at)| (self.failing.contains(number), *at));
        let mut said = Said::default();
        let wanted = stream::iter(wanted.into_iter().take(PULLS_PER_POLL_MAX));
        let ask = |(number, at)| async move { (number, at, source.reviews(number).await) };
        let mut answers = wanted.map(ask).buffered(PULLS_AT_ONCE);
        while let Some((number, at, answer)) = answers.next().await {
            match answer {
                Ok(found) => {
                    said.skipped = said.skipped.saturating_add(found.skipped);
                    let bodies = found.reviews.into_iter().filter(|r| !r.body.is_empty());
                    said.texts.extend(bodies.map(|r| review_text(number, r)));
                    let inline = found.inline.into_iter();
                    said.texts.extend(inline.map(|c| inline_text(number, c)));
                    said.done.push((number, at));
                }
                Err(error) if is_of_the_forge(&error) => return Err(error),
                Err(error) => {
                    tracing::warn!(target: "adf::sense", pull = number, %error, "its reviews cannot be read");
                    said.skipped = said.skipped.saturating_add(1);
                    said.failed.push(number);
                }
            }
        }
        Ok(said)
    }

    /// What the cursor must not pass once `said` is committed, `server` being the
    /// server's time before it was read.
    pub fn floor(&self, said: &Said, server: Time) -> Option<Time> {
        let open = self.owed.iter().filter(|(number, at)| {
            let read = said.done.iter().any(|(n, _)| n == *number) && is_over(**at, server);
            !(read || said.failed.contains(number) || self.failing.contains(number))
        });
        open.map(|(_, at)| *at).min()
    }

    /// `said` is committed.
    pub fn settle(&mut self, said: &Said, server: Time) {
        self.failing.extend(&said.failed);
        for (number, at) in &said.done {
            self.failing.remove(number);
            if is_over(*at, server) {
                self.owed.remove(number);
                self.read.insert(*number, *at);
            }
        }
    }
}

/// Whether an error is about the forge, not about the one thing that was asked for.
pub(super) fn is_of_the_forge(error: &ForgeError) -> bool {
    matches!(
        error,
        ForgeError::Transport { .. }
            | ForgeError::BreakerOpen { .. }
            | ForgeError::RateLimited { .. }
            | ForgeError::Unauthorized { .. }
    )
}

/// Whether nothing more can happen in the second of `at`.
fn is_over(at: Time, server: Time) -> bool {
    at.plus(SECOND_OVER) <= server
}

fn review_text(pull: u64, review: Review) -> Text {
    Text {
        key: PassageKey {
            kind: PassageKind::Review,
            id: review.id,
        },
        issue: pull,
        author: review.author,
        body: review.body,
        created_at: review.created_at,
        updated_at: review.updated_at,
    }
}

fn inline_text(pull: u64, comment: InlineComment) -> Text {
    Text {
        key: PassageKey {
            kind: PassageKind::Inline,
            id: comment.id,
        },
        issue: pull,
        author: comment.author,
        body: comment.body,
        created_at: comment.created_at,
        updated_at: comment.updated_at,
    }
}
