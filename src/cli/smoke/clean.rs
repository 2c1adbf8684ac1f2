//! What the cycle left → a closed issue and pull request, bare; or the names of what else is left.
//!
//! Invariant: only what this cycle made is touched.

use super::steps::{Steps, Trace};
use super::{Call, Cast};
use crate::act::git::{Git, GitAuth, Remote, place};
use crate::doctor::observe::push;
use crate::forge::ForgeError;

/// Takes it away; gives what could not be.
pub(super) async fn clean(cast: &Cast, trace: &Trace, steps: &mut Steps) -> Vec<String> {
    let mut left = Vec::new();
    if let (Some(issue), Call::Label(name)) = (trace.issue, &cast.call)
        && let Err(why) = unlabel(cast, issue, name).await
    {
        left.push(format!("label `{name}` stays on #{issue}: {why}"));
    }
    for (what, number) in [("pull request", trace.pull), ("issue", trace.issue)] {
        let Some(number) = number else { continue };
        match cast.factory.close(number).await {
            Ok(()) => steps.done(&format!("{what} #{number} is closed")),
            Err(error) => left.push(format!("{what} #{number} stays open: {error}")),
        }
    }
    if let Some(branch) = &trace.branch {
        match delete(cast, branch).await {
            Ok(()) => steps.done(&format!("branch {branch} is deleted")),
            Err(why) => left.push(format!("branch {branch} stays: {why}; delete it by hand")),
        }
    }
    // Last: a factory that goes on may still have shown how its work stood.
    for number in [trace.pull, trace.issue].into_iter().flatten() {
        if let Err(error) = strip(cast, number).await {
            left.push(format!("labels or assignees stay on #{number}: {error}"));
        }
    }
    left
}

/// Takes off what shows how the work stands, so that nobody counts what is closed.
async fn strip(cast: &Cast, number: u64) -> Result<(), ForgeError> {
    let Some((labels, people)) = cast.factory.worn(number).await? else {
        return Ok(());
    };
    for label in labels {
        cast.factory.remove_label(number, label.id).await?;
    }
    if !people.is_empty() {
        cast.factory.set_assignees(number, &[]).await?;
    }
    Ok(())
}

/// Takes the label off that would have the issue taken up again.
async fn unlabel(cast: &Cast, issue: u64, name: &str) -> Result<(), ForgeError> {
    let labels = cast.factory.labels().await?;
    match labels.iter().find(|label| label.name == name) {
        Some(label) => cast.factory.remove_label(issue, label.id).await,
        None => Ok(()),
    }
}

async fn delete(cast: &Cast, branch: &str) -> Result<(), String> {
    let said = |error: &dyn std::fmt::Display| error.to_string();
    let work = tempfile::tempdir().map_err(|e| said(&e))?;
    let git = Git::new(work.path().join("home"));
    let dir = work.path().join("none.git");
    let forge = &cast.config.settings.forge;
    let url = format!("{}/{}/{}.git", forge.url, forge.owner, forge.repo);
    let remote = Remote::new(&url, Some(GitAuth::token(&cast.token))).map_err(|e| said(&e))?;
    place::init_bare(&git, &dir, "sha1")
        .await
        .map_err(|e| said(&e))?;
    push::delete(&git, &dir, &remote, branch)
        .await
        .map_err(|e| said(&e))?;
    match cast.factory.branch(branch).await {
        Ok(None) => Ok(()),
        Ok(Some(_)) => Err("the forge still shows it".to_owned()),
        Err(error) => Err(said(&error)),
    }
}
