//! The chain, step by step, as a person at the forge would see it.
//!
//! Invariant: a step is done when the forge shows it, not when the factory says so.

use super::show::Show;
use crate::mention::is_marked;
use crate::sandbox::Forge;
use crate::sandbox::demo_world::{DemoWorld, RIGHT};
use anyhow::{Context, bail};
use std::time::Duration;

/// How often the forge is looked at while a step is waited for.
const LOOK: Duration = Duration::from_millis(50);

/// The label of what waits in a pull request, as `[status]` has it by default.
const IN_REVIEW: &str = "adf/in review";

/// What the chain came to.
pub(super) struct Done {
    /// The pull request.
    pub pull: u64,
}

/// Writes the mention and follows it to its result.
pub(super) async fn play(
    forge: &Forge,
    world: &DemoWorld,
    mention: &str,
    show: &mut Show,
) -> anyhow::Result<Done> {
    let (repo, bug) = (world.repo.as_str(), world.bug);
    forge
        .comment(repo, bug, &world.alice.login, mention)
        .context("alice cannot comment")?;
    show.line(&format!("alice writes under #{bug}: {mention}"));

    show.wait("the factory takes it up");
    let own = || {
        let mut comments = forge.comments(repo, bug);
        comments.retain(|c| c.author == world.bot.login && is_marked(&c.body));
        comments
    };
    until(|| own().first().map(|_| ())).await;
    show.done("the factory comments that it has taken this up");

    show.wait("the agent works");
    until(|| {
        own()
            .iter()
            .find(|c| !c.body.contains("queued"))
            .map(|_| ())
    })
    .await;
    show.done("the comment follows the work: the agent works in its own walled clone");

    show.wait("a branch is pushed");
    let prefix = format!("adf/{bug}-developer-");
    let branch = until(|| {
        forge
            .branches(repo)
            .into_iter()
            .map(|(name, _)| name)
            .find(|name| name.starts_with(&prefix))
    })
    .await;
    show.done(&format!("the factory pushes branch {branch}"));

    show.wait("a pull request is opened");
    let pull = until(|| forge.pulls(repo).into_iter().find(|p| p.head == branch)).await;
    if !pull.body.contains(&format!("#{bug}")) {
        bail!("pull request #{} does not name issue #{bug}", pull.number);
    }
    show.done(&format!(
        "pull request #{} names issue #{bug}: {}",
        pull.number, pull.title
    ));

    show.wait("the result is told");
    let told = format!("#{}", pull.number);
    until(|| {
        own()
            .get(1..)
            .and_then(|c| c.iter().find(|c| c.body.contains(&told)).map(|_| ()))
    })
    .await;
    show.done("a second comment tells the result");

    in_review(forge, repo, bug, show).await;
    let fixed = forge
        .file_at(repo, &branch, "src/lib.rs")
        .unwrap_or_default();
    if !fixed.contains(RIGHT) {
        bail!("branch {branch} does not hold the fix");
    }
    show.line("the branch holds the fix");
    Ok(Done { pull: pull.number })
}

/// Waits until the issue shows that its work waits in a pull request.
async fn in_review(forge: &Forge, repo: &str, bug: u64, show: &mut Show) {
    show.wait("the issue shows where its work is");
    let wears = || {
        let labels = forge.issue(repo, bug)?.labels;
        labels.into_iter().find(|label| label == IN_REVIEW)
    };
    let label = until(wears).await;
    show.done(&format!(
        "#{bug} wears the label `{label}` until that is merged or closed"
    ));
}

/// Waits until a look finds what it looks for. The caller bounds the time.
pub(super) async fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let mut pace = tokio::time::interval(LOOK);
    loop {
        pace.tick().await;
        if let Some(found) = look() {
            return found;
        }
    }
}
