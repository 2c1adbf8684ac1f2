//! A head becomes a branch on the forge, and the branch a pull request.
//!
//! Invariant: the branch is read before it is pushed again, and the open pull
//! request of a branch is looked for before one is opened.

use super::executor::{Executor, Job};
use super::trouble::Trouble;
use crate::forge::ForgeError;
use crate::model::{EffectKey, EffectResult, MarkKind, Sha};

/// The colour of labels that the factory has to create.
const LABEL_COLOR: &str = "#5319e7";

impl Executor {
    /// Pushes `head` to the task's branch.
    pub(super) async fn push(
        &self,
        job: &Job,
        branch: &str,
        head: &Sha,
        expect: Option<&Sha>,
        adopted: bool,
    ) -> Result<EffectResult, Trouble> {
        let tools = &self.tools;
        let mut expect = expect.cloned();
        if adopted || job.effect.tries > 0 {
            let there = tools
                .deliver
                .remote_head(tools.mirror.remote(), branch)
                .await?;
            if there.as_ref() == Some(head) {
                return Ok(EffectResult::Pushed(head.clone()));
            }
            if adopted {
                expect = there;
            }
        }
        let pushed = tools
            .deliver
            .push(tools.mirror.remote(), branch, head, expect.as_ref())
            .await;
        match pushed {
            Ok(()) => Ok(EffectResult::Pushed(head.clone())),
            // git's transport may send a push again by itself when its answer is
            // lost, and the second is refused: what counts is what is there.
            Err(error) if !error.kind.is_ambiguous() && self.is_there(branch, head).await => {
                Ok(EffectResult::Pushed(head.clone()))
            }
            Err(error) => Err(self.refused(error).await),
        }
    }

    async fn is_there(&self, branch: &str, head: &Sha) -> bool {
        let remote = self.tools.mirror.remote();
        let there = self.tools.deliver.remote_head(remote, branch).await;
        there.is_ok_and(|there| there.as_ref() == Some(head))
    }

    /// A refused push is judged after the repository was read again: an
    /// archived one looks like any other refusal.
    async fn refused(&self, error: super::git::GitError) -> Trouble {
        if error.kind.is_ambiguous() {
            return error.into();
        }
        match self.tools.client.repository().await.map(|r| r.blocker()) {
            Ok(Some(blocker)) => Trouble::Passing {
                after: None,
                reason: blocker,
            },
            _ => error.into(),
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
        let client = &self.tools.client;
        let mut mark = self.mark_of(job, MarkKind::Pull);
        mark.key = EffectKey(format!("pull:{}", mark.task));
        let title = self.tools.redactor.clean(title);
        if let Some(open) = client.find_open_pull(branch).await? {
            client
                .edit_pull(open.number, &title, &self.marked(body, &mark))
                .await?;
            return Ok(EffectResult::Pull(open.number));
        }
        match client
            .create_pull(branch, base, &title, &self.marked(body, &mark))
            .await
        {
            Ok(pull) => Ok(EffectResult::Pull(pull.number)),
            Err(ForgeError::Conflict { .. }) => {
                let reason =
                    "an open pull request for the branch exists; it is looked for".to_owned();
                Err(Trouble::Passing {
                    after: None,
                    reason,
                })
            }
            // The forge may not know a branch yet that was pushed a moment ago.
            Err(ForgeError::NotFound { what, .. }) if job.effect.tries < 10 => {
                let reason = format!("{what} not found; the branch may still be on its way");
                Err(Trouble::Passing {
                    after: None,
                    reason,
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Labels and assigns a pull request; both add to what is there.
    pub(super) async fn dress(
        &self,
        pull: u64,
        labels: &[String],
        assignees: &[String],
    ) -> Result<EffectResult, Trouble> {
        let client = &self.tools.client;
        let known = client.labels().await?;
        let mut ids = Vec::new();
        for name in labels {
            match known.iter().find(|l| l.name == *name) {
                Some(label) => ids.push(label.id),
                None => ids.push(client.create_label(name, LABEL_COLOR).await?.id),
            }
        }
        if !ids.is_empty() {
            client.add_labels(pull, &ids).await?;
        }
        let Some(found) = client.pull(pull).await? else {
            return Err(Trouble::Final(format!(
                "pull request {pull} does not exist any more"
            )));
        };
        let there = found.assignees;
        let missing = assignees.iter().filter(|a| !there.contains(*a)).count();
        if missing > 0 {
            let new = assignees.iter().filter(|a| !there.contains(*a));
            let all: Vec<&str> = there.iter().chain(new).map(String::as_str).collect();
            client.set_assignees(pull, &all).await?;
        }
        Ok(EffectResult::Nothing)
    }
}
