//! A head becomes a branch on the forge, and the branch a pull request.
//!
//! Invariant: the branch is read before it is pushed again, and the open pull
//! request of a branch is looked for before one is opened, but at the first try of a
//! task that never had one: there the forge's own refusal of a second is enough.

use super::executor::{Executor, Job};
use super::outside::Outside;
use super::trouble::Trouble;
use crate::model::{EffectKey, EffectResult, MarkKind, Sha, Task};

/// Tries after which a branch that the forge does not know is no longer on its way.
const TRIES_MAX: u32 = 10;

impl<O: Outside> Executor<O> {
    /// Pushes `head` to the task's branch.
    pub(super) async fn push(
        &self,
        job: &Job,
        branch: &str,
        head: &Sha,
        expect: Option<&Sha>,
        adopted: bool,
    ) -> Result<EffectResult, Trouble> {
        let mut expect = expect.cloned();
        if adopted || job.looks_first() {
            let there = self.outside.remote_head(branch).await?;
            if there.as_ref() == Some(head) {
                return Ok(EffectResult::Pushed(head.clone()));
            }
            if adopted {
                expect = there;
            }
        }
        match self.outside.push(branch, head, expect.as_ref()).await {
            Ok(()) => Ok(EffectResult::Pushed(head.clone())),
            // git's transport may send a push again by itself when its answer is
            // lost, and the second is refused: what counts is what is there.
            Err(Trouble::Final(_)) if self.is_there(branch, head).await => {
                Ok(EffectResult::Pushed(head.clone()))
            }
            Err(trouble) => Err(self.refused(trouble).await),
        }
    }

    async fn is_there(&self, branch: &str, head: &Sha) -> bool {
        let there = self.outside.remote_head(branch).await;
        there.is_ok_and(|there| there.as_ref() == Some(head))
    }

    /// A refused push is judged after the repository was read again: an
    /// archived one looks like any other refusal.
    async fn refused(&self, trouble: Trouble) -> Trouble {
        if matches!(trouble, Trouble::Ambiguous(_)) {
            return trouble;
        }
        match self.outside.repository().await.map(|r| r.blocker()) {
            Ok(Some(reason)) => Trouble::Blocked(reason),
            _ => trouble,
        }
    }

    /// Opens the pull request of the branch, or gives the open one its new text.
    pub(super) async fn propose(
        &self,
        job: &Job,
        branch: &str,
        base: &str,
        title: &str,
        body: &str,
    ) -> Result<EffectResult, Trouble> {
        let mut mark = self.mark_of(job, MarkKind::Pull);
        mark.key = EffectKey(format!("pull:{}", mark.task));
        let title = self.who.redactor.clean(title);
        let text = self.marked(body, &mark);
        let fresh = |task: &Task| task.pull.is_none() && !task.adopted;
        let first = job.effect.tries == 0 && job.task.as_ref().is_some_and(fresh);
        if !first && let Some(open) = self.outside.find_pull(branch).await? {
            self.outside.edit_pull(open, &title, &text).await?;
            return Ok(EffectResult::Pull(open));
        }
        let opened = self.outside.open_pull(branch, base, &title, &text).await;
        let opened = match opened {
            Ok(opened) => opened,
            Err(trouble) => return Err(self.refused(trouble).await),
        };
        match opened {
            Some(pull) => Ok(EffectResult::Pull(pull)),
            None => {
                let reason = format!("the forge does not know branch `{branch}` or `{base}`");
                Err(if job.effect.tries < TRIES_MAX {
                    Trouble::Passing {
                        after: None,
                        reason,
                    }
                } else {
                    Trouble::Final(reason)
                })
            }
        }
    }
}
