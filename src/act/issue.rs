//! A new issue for an agent: opened once, known by the mark in its text.
//!
//! Invariant: after a try whose end is not known the factory's own issues are
//! looked through before another is opened; of twins the lowest number counts.

use super::executor::{Executor, Job};
use super::outside::Outside;
use super::trouble::Trouble;
use crate::mention::marker::{self, Place};
use crate::model::notice::is_standing;
use crate::model::{EffectResult, MarkKind, Time};
use std::time::Duration;

/// How far the forge's clock may stand behind ours when its issues are looked through.
const SKEW_MAX: Duration = Duration::from_secs(24 * 3600);

impl<O: Outside> Executor<O> {
    /// Opens an issue, once.
    pub(super) async fn open_issue(
        &self,
        job: &Job,
        title: &str,
        body: &str,
    ) -> Result<EffectResult, Trouble> {
        let standing = is_standing(&job.effect.key);
        if (standing || job.looks_first())
            && let Some(number) = self.opened(job).await?
        {
            return Ok(EffectResult::Issue(number));
        }
        let title = self.who.redactor.clean(title);
        let text = self.marked(body, &self.mark_of(job, MarkKind::Issue));
        let number = self.outside.open_issue(&title, &text).await?;
        Ok(EffectResult::Issue(number))
    }

    /// The issue that an earlier try opened.
    async fn opened(&self, job: &Job) -> Result<Option<u64>, Trouble> {
        let begun = job.task.as_ref().map(|task| task.created_at);
        let since = begun.map_or(job.effect.created_at, |at| at.min(job.effect.created_at));
        let standing = is_standing(&job.effect.key);
        // One that stands may have been opened by a ledger that is long lost.
        let since = if standing {
            Time::default()
        } else {
            since.minus(SKEW_MAX)
        };
        let items = self.outside.issues_since(since).await?;
        let own = items.iter().filter(|item| {
            let place = Place {
                comment: 0,
                issue: item.issue.number,
                written_at: item.created_at,
            };
            item.issue.author.id == self.who.me.id
                && marker::find(&item.body, &self.who.key, place)
                    .iter()
                    .any(|m| m.verified && m.key == job.effect.key)
        });
        Ok(own.map(|item| item.issue.number).min())
    }
}
