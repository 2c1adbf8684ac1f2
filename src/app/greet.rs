//! The first words with the forge → who the factory is, which repository it
//! serves, and that its version and the token's scopes will do.
//!
//! Invariant: what time can mend is waited for, and said to be at least once in
//! [`FORGE_WAIT_MAX`], so that a forge that is down is no crash loop; what it cannot mend ends the start with the remedy.

use super::AppError;
use crate::forge::{Client, ForgeError};
use crate::model::{Person, RepoId};
use std::time::Duration;

/// The first wait when the forge cannot be reached at the start.
const FORGE_WAIT: Duration = Duration::from_secs(2);
/// The longest wait between two tries to reach the forge at the start.
const FORGE_WAIT_MAX: Duration = Duration::from_secs(60);

/// Learns who the factory is and which repository it serves. What time can mend
/// is waited for, so that a forge that is down is no crash loop.
pub(super) async fn greet(
    client: &Client,
    waiting: &(dyn Fn(&str) + Send),
) -> Result<(Person, RepoId), AppError> {
    let mut wait = FORGE_WAIT;
    loop {
        match heard(meet(client), waiting).await {
            Ok(met) => return Ok(met),
            Err(Meeting::Never(why)) => return Err(AppError::Forge(why)),
            Err(Meeting::Later(why)) => {
                waiting(&format!("{why}; trying again in {} s", wait.as_secs()));
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(FORGE_WAIT_MAX);
            }
        }
    }
}

/// What comes of it, said to be waited for as long as it does not come.
async fn heard<T>(coming: impl Future<Output = T>, waiting: &(dyn Fn(&str) + Send)) -> T {
    let mut coming = std::pin::pin!(coming);
    loop {
        tokio::select! {
            come = &mut coming => return come,
            () = tokio::time::sleep(FORGE_WAIT_MAX) => waiting("the forge has not answered yet"),
        }
    }
}

enum Meeting {
    Later(String),
    Never(String),
}

impl From<ForgeError> for Meeting {
    fn from(error: ForgeError) -> Meeting {
        match AppError::from(error) {
            AppError::Away(why) => Meeting::Later(why),
            other => Meeting::Never(other.to_string()),
        }
    }
}

impl From<ForgeError> for AppError {
    fn from(error: ForgeError) -> AppError {
        match error {
            ForgeError::Transport { .. }
            | ForgeError::RateLimited { .. }
            | ForgeError::Server { .. }
            | ForgeError::BreakerOpen { .. } => AppError::Away(error.to_string()),
            other => AppError::Forge(other.to_string()),
        }
    }
}

async fn meet(client: &Client) -> Result<(Person, RepoId), Meeting> {
    let version = client.version().await?;
    version.supported().map_err(Meeting::Never)?;
    // Before anything that a scope could bar, so that all that lack are named at once.
    if let Some(remedy) = client.scopes().await?.remedy() {
        return Err(Meeting::Never(remedy));
    }
    let me = client.me().await?;
    Ok((me, client.repository().await?.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[tokio::test(start_paused = true)]
    async fn a_forge_that_takes_a_connection_and_says_nothing_is_waited_for_aloud() {
        let said = Mutex::new(0);
        let waiting = |_: &str| *said.lock().unwrap() += 1;
        let silent = std::future::pending::<()>();
        let silent = tokio::time::timeout(FORGE_WAIT_MAX * 3 + FORGE_WAIT, silent);
        assert!(heard(silent, &waiting).await.is_err());
        assert_eq!(*said.lock().unwrap(), 3);
    }
}
