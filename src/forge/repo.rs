//! The repository and its branches, and the pin that keeps the client on it.
//!
//! A name can be given to another repository; the number cannot. Invariant: once
//! the number is known, an answer that carries another one is an error.

use super::{
    Client, Endpoint, ForgeError,
    issues::nothing,
    wire::repo::{RawBranch, RawRepository},
};
use crate::model::{RepoId, Repository, Sha};
use std::sync::{PoisonError, atomic::Ordering};

/// A branch and what protects it, as far as the factory's account is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its name.
    pub name: String,
    /// Its head.
    pub sha: Sha,
    /// A protection rule applies to it.
    pub protected: bool,
    /// The factory's account may push to it.
    pub user_can_push: bool,
    /// The factory's account may merge into it.
    pub user_can_merge: bool,
    /// Approvals a merge needs.
    pub required_approvals: i64,
    /// A merge needs green statuses.
    pub needs_status: bool,
}

/// What this repository of this server can do, as last seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// Issues can depend on one another.
    pub dependencies: bool,
}

impl Client {
    /// Pins the client to a repository known from before.
    pub fn pin(&self, id: RepoId) {
        self.inner.pinned.store(id.0, Ordering::SeqCst);
    }

    /// What the repository can do; `None` before the first [`Client::repository`].
    #[must_use]
    pub fn features(&self) -> Option<Features> {
        *self
            .inner
            .features
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The repository; pins the client to it if nothing did before.
    ///
    /// # Errors
    /// [`ForgeError::OtherRepository`] when the name leads elsewhere now; else any
    /// [`ForgeError`] of a read.
    pub async fn repository(&self) -> Result<Repository, ForgeError> {
        let at = Endpoint::Repository;
        let name = format!("the repository `{}/{}`", self.inner.owner, self.inner.repo);
        let call = self.call(at, name, &[]);
        let raw: RawRepository = self.send(&call).await?.json()?;
        let features = raw.features();
        let repository = raw
            .repository()
            .ok_or_else(|| nothing(at, "a repository"))?;
        self.verify(at, repository.id)?;
        let pinned = &self.inner.pinned;
        // Somebody else may have pinned it meanwhile; then theirs was checked just as well.
        let _first =
            pinned.compare_exchange(0, repository.id.0, Ordering::SeqCst, Ordering::SeqCst);
        *self
            .inner
            .features
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(features);
        Ok(repository)
    }

    /// A branch, if it is there.
    ///
    /// # Errors
    /// Any [`ForgeError`] of a read but [`ForgeError::NotFound`].
    pub async fn branch(&self, name: &str) -> Result<Option<Branch>, ForgeError> {
        // Slashes go as they are: some proxies refuse `%2F`, and every server takes `/` here.
        let mut tail = vec!["branches"];
        tail.extend(name.split('/'));
        let call = self.call(Endpoint::Branch, format!("branch `{name}`"), &tail);
        match self.send(&call).await {
            Ok(reply) => Ok(reply.json::<RawBranch>()?.branch()),
            Err(ForgeError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Checks the repository that an answer carries; 0 is an answer that carries none.
    pub(crate) fn verify(&self, at: Endpoint, found: RepoId) -> Result<(), ForgeError> {
        match self.pinned() {
            Some(expected) if found.0 > 0 && found != expected => {
                Err(ForgeError::OtherRepository {
                    at,
                    expected,
                    found,
                })
            }
            _ => Ok(()),
        }
    }
}
