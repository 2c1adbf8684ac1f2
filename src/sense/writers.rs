//! Who may write, as far as is known: read again when it matters, at most once a poll.
//!
//! Invariant: however many strangers speak, they cost a poll one request together. What
//! only those may say who are on this list is decided by [`super::passages::moved`] and by
//! the planner.

use crate::model::{Change, Person, Time, World};
use std::collections::BTreeSet;
use std::time::Duration;

/// How old the list may be.
const MAX_AGE: Duration = Duration::from_secs(600);

/// The list, and since when it is known by this poller.
#[derive(Clone, Debug)]
pub(super) struct Writers {
    logins: BTreeSet<String>,
    read_at: Option<Time>,
}

impl Writers {
    /// As the ledger has it; it is read again by the first poll.
    pub fn of(world: &World) -> Writers {
        Writers {
            logins: world.writers.clone(),
            read_at: None,
        }
    }

    /// Whether it is to be read again: somebody called, somebody spoke who is not on it,
    /// or it is old.
    pub fn is_asked_for(&self, rows: &[Change], me: &Person, now: Time) -> bool {
        // A clock that was set back must not keep it for hours.
        let is_old = |at: Time| now.since(at) >= MAX_AGE || at > now;
        let old = self.read_at.is_none_or(is_old);
        old || rows.iter().any(|row| match row {
            Change::Mention(_) => true,
            Change::Passage(p) => !self.may(&p.author, me),
            _ => false,
        })
    }

    /// Takes in who was read; gives the row to be written.
    pub fn note(&mut self, people: Vec<Person>, now: Time) -> Change {
        self.logins = people.into_iter().map(|p| p.login).collect();
        self.read_at = Some(now);
        Change::Writers {
            logins: self.logins.iter().cloned().collect(),
            seen_at: now,
        }
    }

    /// Whether somebody may write; `me` is the factory's own account.
    pub fn may(&self, who: &Person, me: &Person) -> bool {
        who.id > 0 && (who.id == me.id || self.logins.contains(&who.login))
    }
}
