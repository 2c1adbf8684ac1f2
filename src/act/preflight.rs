//! Before work starts: can it be delivered at all?
//!
//! Invariant: asked before every spawn, cheaply, of the forge, the disk and the
//! walls themselves; a no is said where a person sees it, and waits.

use super::disk;
use super::git::{GitError, GitErrorKind};
use super::machine::Machine;
use super::supervise;
use super::trouble::Trouble;
use super::workspace;
use crate::model::settings::Agent;
use crate::model::{Sha, Task};
use std::time::Duration;
use tokio::time::Instant;

/// How long all of an agent's executables may take to start, each.
const PROBE_MAX: Duration = Duration::from_secs(10);

/// How long is waited before each further try of git on a forge that did not answer it.
const GIT_WAITS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];

/// A start that the world prevents.
#[derive(Debug)]
pub struct Blocked {
    /// Why, with the remedy.
    pub reason: String,
    /// Whether it can succeed once the world changes.
    pub waits: bool,
}

/// What a task's work starts from.
pub(super) struct Base {
    /// The branch that pull requests go to.
    pub branch: String,
    /// The commit on it, in the mirror.
    pub sha: Sha,
    /// How long the forge took to confirm it.
    pub confirmed: Duration,
}

impl From<Trouble> for Blocked {
    fn from(trouble: Trouble) -> Blocked {
        match trouble {
            Trouble::Passing { reason, .. }
            | Trouble::Blocked(reason)
            | Trouble::Ambiguous(reason) => Blocked {
                reason,
                waits: true,
            },
            Trouble::Final(reason) | Trouble::Lost(reason) => Blocked {
                reason,
                waits: false,
            },
        }
    }
}

impl Blocked {
    /// A start that may succeed later.
    pub(super) fn waits(reason: impl ToString) -> Blocked {
        Blocked {
            reason: reason.to_string(),
            waits: true,
        }
    }
}

impl Machine {
    /// The branch pull requests go to and the commit to start from.
    pub(super) async fn preflight(&self, task: &Task) -> Result<Base, Blocked> {
        let tools = &self.tools;
        let repository = tools.client.repository().await.map_err(Trouble::from)?;
        if let Some(blocker) = repository.blocker() {
            return Err(Blocked::waits(blocker));
        }
        let base = self
            .who
            .settings
            .get()
            .delivery
            .base
            .clone()
            .unwrap_or(repository.default_branch);
        self.disk()?;
        let begun = Instant::now();
        let looked = tokio::join!(
            tools.client.branch(&base),
            tools.client.branch(&task.branch),
            async { (self.base(&base).await, begun.elapsed()) },
        );
        let (on, own, (sha, confirmed)) = looked;
        if on.map_err(Trouble::from)?.is_none() {
            return Err(Blocked::waits(format!(
                "branch `{base}`, to which the work is to go, does not exist; push it or correct `[delivery] base`"
            )));
        }
        if own
            .map_err(Trouble::from)?
            .is_some_and(|b| !b.user_can_push)
        {
            return Err(Blocked::waits(format!(
                "branch `{}` is protected from the factory's account; let it push to `adf/*`",
                task.branch
            )));
        }
        let sha = sha.map_err(Trouble::from)?;
        match self.unfit(&sha).await.map_err(Trouble::from)? {
            Some(reason) => Err(Blocked {
                reason,
                waits: false,
            }),
            None => Ok(Base {
                branch: base,
                sha,
                confirmed,
            }),
        }
    }

    /// Whether there is room for another run.
    fn disk(&self) -> Result<(), Blocked> {
        let settings = self.who.settings.get();
        let free = disk::free_bytes(&settings.state_dir).map_err(Blocked::waits)?;
        let wanted = settings.limits.disk_free_bytes;
        if free < wanted {
            return Err(Blocked::waits(format!(
                "only {free} bytes are free on the disk of the state directory, {wanted} are wanted; free some"
            )));
        }
        Ok(())
    }

    /// Why work cannot start from a commit; looked at once for each.
    async fn unfit(&self, sha: &Sha) -> Result<Option<String>, GitError> {
        let mut looked = self.looked_at.lock().await;
        if let Some((_, why)) = looked.as_ref().filter(|(of, _)| of == sha) {
            return Ok(why.clone());
        }
        let blockers = workspace::blockers(&self.tools.git, &self.tools.mirror, sha).await?;
        let why = blockers.into_iter().next();
        *looked = Some((sha.clone(), why.clone()));
        Ok(why)
    }

    /// The commit that a branch of the forge holds. A server's moment of weakness is
    /// waited out here, as the client does: a start that waits is told to people.
    async fn base(&self, branch: &str) -> Result<Sha, GitError> {
        let mirror = &self.tools.mirror;
        let mut waits = GIT_WAITS.into_iter();
        loop {
            let tried = match mirror.ensure().await {
                Ok(()) => mirror.base(branch).await,
                Err(error) => Err(error),
            };
            match (tried, waits.next()) {
                (Err(error), Some(wait)) if error.kind == GitErrorKind::Network => {
                    tracing::info!(target: "adf::run", %error, "tried again soon");
                    tokio::time::sleep(wait).await;
                }
                (tried, _) => return tried,
            }
        }
    }

    /// Starts each of the agent's executables once inside its own walls.
    pub(super) async fn probe(
        &self,
        agent: &Agent,
        spec: &supervise::RunSpec,
    ) -> Result<(), Blocked> {
        if agent.requires.is_empty() {
            return Ok(());
        }
        let probed = supervise::probe(&self.tools.adf, spec, &agent.requires, PROBE_MAX).await;
        probed.map_err(Blocked::waits)?.map_err(|missing| {
            Blocked::waits(format!(
                "agent `{}` requires what does not start inside its walls: {}; install it or add its folder to `[walls] read`",
                agent.name,
                missing.join("; ")
            ))
        })
    }
}
