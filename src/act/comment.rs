//! Comments: posted once, claimed, edited, and rid of twins.
//!
//! Invariant: look, write, then sweep. A comment is known by its mark in text
//! of the factory's own account; of several with one key the lowest id stays.
//! Between two factories the lowest claim wins and the other deletes its own.

use super::executor::{Executor, Job};
use super::outside::Outside;
use super::trouble::Trouble;
use crate::forge::Comment;
use crate::mention;
use crate::mention::marker::{self, Place};
use crate::model::cycle::{cycle_key, cycle_origin};
use crate::model::notice::notice_origin;
use crate::model::{EffectKey, EffectKind, EffectResult, Mark, MarkKind, MentionId, TaskId, Time};
use std::collections::{BTreeMap, btree_map::Entry};

impl<O: Outside> Executor<O> {
    /// Answers a mention, once.
    pub(super) async fn reply(&self, job: &Job, body: &str) -> Result<EffectResult, Trouble> {
        let done = self.once(job, MarkKind::Reply, body).await?;
        let EffectResult::Comment(mine) = done else {
            return Ok(done);
        };
        match self.earlier(job, MarkKind::Reply, mine).await? {
            Some((id, _)) => {
                self.outside.delete(mine).await?;
                Ok(EffectResult::Comment(id))
            }
            None => Ok(done),
        }
    }

    /// Says what holds of a cycle in the one comment about it, which is known by its mark
    /// whatever the ledger knows; that of another factory says it for both.
    pub(super) async fn cycle(
        &self,
        job: &Job,
        holds: bool,
        body: &str,
    ) -> Result<EffectResult, Trouble> {
        if let Some(id) = self.look(job).await? {
            let text = self.marked(body, &self.mark_of(job, MarkKind::Reply));
            self.outside.edit(id, &text).await?;
            return Ok(EffectResult::Comment(id));
        }
        if !holds {
            return Ok(EffectResult::Nothing);
        }
        match self.earlier(job, MarkKind::Reply, i64::MAX).await? {
            Some((id, _)) => Ok(EffectResult::Comment(id)),
            None => self.reply(job, body).await,
        }
    }

    /// Asks people, once.
    pub(super) async fn ask(&self, job: &Job, body: &str) -> Result<EffectResult, Trouble> {
        self.once(job, MarkKind::Ask, body).await
    }

    /// Ends a task, once.
    pub(super) async fn result(&self, job: &Job, body: &str) -> Result<EffectResult, Trouble> {
        self.once(job, MarkKind::Result, body).await
    }

    /// Accepts a task and claims it.
    pub(super) async fn accept(&self, job: &Job, body: &str) -> Result<EffectResult, Trouble> {
        let done = self.once(job, MarkKind::Accept, body).await?;
        let EffectResult::Comment(mine) = done else {
            return Ok(done);
        };
        match self.earlier(job, MarkKind::Accept, mine).await? {
            Some((id, other)) => {
                self.outside.delete(mine).await?;
                Err(Trouble::Lost(format!(
                    "factory {} claimed it first, in comment {id}",
                    other.factory
                )))
            }
            None => Ok(done),
        }
    }

    /// Rewrites the accepting comment. The same text twice is no harm, so nothing is looked for.
    pub(super) async fn progress(
        &self,
        job: &Job,
        comment: i64,
        body: &str,
    ) -> Result<EffectResult, Trouble> {
        let mut mark = self.mark_of(job, MarkKind::Accept);
        mark.key = EffectKey(format!("accept:{}", mark.task));
        let text = self.marked(body, &mark);
        self.outside.edit(comment, &text).await?;
        Ok(EffectResult::Nothing)
    }

    /// Deletes later twins of the factory's comments on an issue; then the workspace of the
    /// task, if it may go.
    pub(super) async fn sweep(&self, job: &Job, workspace: bool) -> Result<EffectResult, Trouble> {
        let mut marks = self.own_marks(job.effect.issue).await?;
        marks.retain(|(_, m)| m.verified && m.factory == self.who.factory);
        self.single(marks).await?;
        if let Some(task) = job.task.as_ref().filter(|_| workspace) {
            self.outside.remove_workspace(&task.id).await?;
        }
        Ok(EffectResult::Nothing)
    }

    /// Posts a marked comment, once.
    pub(super) async fn once(
        &self,
        job: &Job,
        kind: MarkKind,
        body: &str,
    ) -> Result<EffectResult, Trouble> {
        let kind_looks = matches!(
            job.effect.kind,
            EffectKind::Notify { .. } | EffectKind::Cycle { .. }
        );
        let again = kind_looks || job.looks_first();
        if again && let Some(id) = self.look(job).await? {
            return Ok(EffectResult::Comment(id));
        }
        let text = self.marked(body, &self.mark_of(job, kind));
        let posted = self.outside.post(job.effect.issue, &text).await?;
        if again && let Some(id) = self.look(job).await? {
            return Ok(EffectResult::Comment(id));
        }
        Ok(EffectResult::Comment(posted))
    }

    /// The comment an earlier try posted, after deleting later twins of it.
    async fn look(&self, job: &Job) -> Result<Option<i64>, Trouble> {
        if !self.outside.has_issue(job.effect.issue).await? {
            let reason = format!("issue {} does not exist any more", job.effect.issue);
            return Err(Trouble::Final(reason));
        }
        let mut marks = self.own_marks(job.effect.issue).await?;
        marks.retain(|(_, m)| m.verified && m.key == mark_key(job));
        Ok(self.single(marks).await?.into_values().next())
    }

    /// Deletes all but the lowest comment of each key.
    async fn single(
        &self,
        mut marks: Vec<(i64, Mark)>,
    ) -> Result<BTreeMap<EffectKey, i64>, Trouble> {
        marks.sort_by_key(|(id, _)| *id);
        let mut first = BTreeMap::new();
        for (id, mark) in marks {
            match first.entry(mark.key) {
                Entry::Vacant(place) => {
                    place.insert(id);
                }
                Entry::Occupied(_) => self.outside.delete(id).await?,
            }
        }
        Ok(first)
    }

    /// Marks in comments of the factory's own account.
    async fn own_marks(&self, issue: u64) -> Result<Vec<(i64, Mark)>, Trouble> {
        let comments = self.outside.comments(issue).await?;
        let own = comments
            .iter()
            .filter(|c: &&Comment| c.author.id == self.who.me.id);
        Ok(own
            .flat_map(|c| {
                let place = Place {
                    comment: c.id,
                    issue,
                    written_at: c.created_at,
                };
                marker::find(&c.body, &self.who.key, place)
                    .into_iter()
                    .map(|m| (c.id, m))
            })
            .collect())
    }

    /// The mark of a job's comment.
    pub(super) fn mark_of(&self, job: &Job, kind: MarkKind) -> Mark {
        let task = job.task.as_ref();
        let origin = match (&job.effect.kind, task) {
            (EffectKind::Reply { mention, .. }, _) => mention.clone(),
            (EffectKind::OpenIssue { origin, .. }, _) => origin.clone(),
            (EffectKind::Notify { sink, .. }, _) => notice_origin(sink),
            (EffectKind::Cycle { .. }, _) => cycle_origin(job.effect.issue),
            (_, Some(task)) => task.origin.clone(),
            _ => MentionId(String::new()),
        };
        let repo = task.map(|t| t.work.repo).unwrap_or(self.who.repo);
        Mark {
            comment: 0,
            issue: job.effect.issue,
            kind,
            factory: self.who.factory.clone(),
            key: mark_key(job),
            task: task.map_or_else(
                || mention::task_id(repo, &origin),
                |t: &crate::model::Task| TaskId::clone(&t.id),
            ),
            origin,
            agent: task.map(|t| t.agent.clone()),
            instruction: task.map(|t| mention::digest(&t.instruction)),
            verified: true,
            written_at: Time::default(),
        }
    }

    /// A text as it is posted: rid of secrets, with its mark.
    pub(super) fn marked(&self, body: &str, mark: &Mark) -> String {
        let body = self.who.redactor.clean(body);
        format!("{body}\n\n{}", marker::write(mark, &self.who.key))
    }
}

/// The key in the mark of a job's comment: its own, but all that is said of a cycle is one comment.
fn mark_key(job: &Job) -> EffectKey {
    match job.effect.kind {
        EffectKind::Cycle { .. } => cycle_key(job.effect.issue),
        _ => job.effect.key.clone(),
    }
}
