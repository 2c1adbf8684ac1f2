//! Which of two factories a task is: the one whose comment the forge numbered first.
//!
//! Comments of one forge are numbered in the order in which they were written, so whoever
//! reads back after writing sees every claim that came before its own. Invariant: nothing
//! starts before that reading; a claim is believed in the factory's own account and in those
//! that may write, whatever key signed it, and it only ever ends work, never starts any.

use super::executor::{Executor, Job};
use super::outside::Outside;
use super::trouble::Trouble;
use crate::mention;
use crate::mention::marker::{self, Place};
use crate::model::{Mark, MarkKind, Person};

impl<O: Outside> Executor<O> {
    /// The other factory's comment of a kind that came before `mine`, if there is one.
    pub(super) async fn earlier(
        &self,
        job: &Job,
        kind: MarkKind,
        mine: i64,
    ) -> Result<Option<(i64, Mark)>, Trouble> {
        let wanted = self.mark_of(job, kind);
        let of_work = |m: &Mark| match kind {
            MarkKind::Reply => m.key == wanted.key,
            _ => m.task == wanted.task || self.is_same_pick(m, &wanted),
        };
        let mut rivals: Vec<(Person, Mark)> = self
            .marks(job.effect.issue)
            .await?
            .into_iter()
            .filter(|(_, m)| m.kind == kind && of_work(m))
            .collect();
        rivals.sort_by_key(|(_, mark)| mark.comment);
        let me = self.who.me.id;
        let lost = rivals
            .iter()
            .find(|(author, m)| author.id == me && !m.verified && m.factory == self.who.factory);
        if let Some((_, mark)) = lost {
            return Err(Trouble::Final(format!(
                "comment {} claims this task, but its signature does not hold under this factory's key; delete it or restore the marker key",
                mark.comment
            )));
        }
        rivals.retain(|(_, m)| m.factory != self.who.factory && m.comment < mine);
        // Asked only when somebody else's comment says so: nobody else needs to know.
        if rivals.iter().any(|(author, _)| author.id != me) {
            let writers = self.outside.writers().await?;
            rivals.retain(|(author, _)| author.id == me || writers.contains(&author.login));
        }
        Ok(rivals.into_iter().next().map(|(_, m)| (m.comment, m)))
    }

    /// Whether two claims are on one issue that nobody gave to anybody. Ledgers do not
    /// agree to the second when it changed last, so the tasks may differ in name.
    fn is_same_pick(&self, other: &Mark, mine: &Mark) -> bool {
        let issue = |mark: &Mark| mention::pick(&mark.origin).map(|(issue, _, _)| issue);
        issue(mine).is_some()
            && issue(mine) == issue(other)
            && self.outside.now() < other.written_at.plus(Mark::HOLDS)
    }

    /// Marks in all comments of an issue, with who wrote them.
    async fn marks(&self, issue: u64) -> Result<Vec<(Person, Mark)>, Trouble> {
        let comments = self.outside.comments(issue).await?;
        let marks = comments.iter().flat_map(|comment| {
            let place = Place {
                comment: comment.id,
                issue,
                written_at: comment.created_at,
            };
            let found = marker::find(&comment.body, &self.who.key, place);
            found.into_iter().map(|mark| (comment.author.clone(), mark))
        });
        Ok(marks.collect())
    }
}
