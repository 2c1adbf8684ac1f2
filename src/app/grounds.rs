//! The folders of git that the factory works in: its settings, the mirror, the
//! place of delivery, the workspaces.
//!
//! Invariant: nothing of a former start still holds them: its git processes are
//! ended and its locks gone before they are handed out.

use super::AppError;
use crate::act::deliver::Deliver;
use crate::act::git::{Git, GitAuth, Remote, reap_orphans, remove_stale_locks};
use crate::act::workspace::{Mirror, Workspaces};
use crate::model::settings::Settings;
use secrecy::SecretString;
use std::sync::Arc;

/// Where git works.
pub(super) struct Grounds {
    pub git: Git,
    pub mirror: Arc<Mirror>,
    pub workspaces: Workspaces,
    pub deliver: Deliver,
}

impl Grounds {
    /// Clears what a former start left and names the folders.
    pub(super) async fn prepare(
        settings: &Settings,
        token: &SecretString,
    ) -> Result<Grounds, AppError> {
        let state_dir = &settings.state_dir;
        let git = Git::new(state_dir.join("git-home"));
        let left = reap_orphans(&git)
            .await
            .map_err(AppError::io("git processes of a former start"))?;
        if left > 0 {
            tracing::warn!(target: "adf::start", left, "git processes of a former start were ended");
        }
        let forge = &settings.forge;
        let url = format!("{}/{}/{}.git", forge.url, forge.owner, forge.repo);
        let remote = Remote::new(&url, Some(GitAuth::token(token)))
            .map_err(|e| AppError::Forge(e.to_string()))?;
        let mirror = Arc::new(Mirror::new(git.clone(), state_dir, remote));
        let deliver = Deliver::new(git.clone(), state_dir, mirror.dir());
        let dirs = [mirror.dir(), deliver.dir()];
        for dir in dirs.into_iter().filter(|dir| dir.exists()) {
            remove_stale_locks(dir).map_err(AppError::io("locks of a former start"))?;
        }
        let workspaces = Workspaces::new(git.clone(), state_dir, mirror.clone(), deliver.dir());
        workspaces.sweep().await.map_err(|error| AppError::Io {
            what: "workspaces of a former start".to_owned(),
            source: std::io::Error::other(error),
        })?;
        Ok(Grounds {
            git,
            mirror,
            workspaces,
            deliver,
        })
    }
}
