//! How a person asks for the trial's work, and whom the coordinator chose for it.
//!
//! Invariant: what is asked for can be thrown away, and says so; its title calls for the
//! tier of developers, where the config routes.

use super::Cast;
use crate::forge::{Client, Comment, ForgeError};
use crate::model::AgentName;
use anyhow::{Context, bail};

/// The issue's title.
pub(super) const TITLE: &str = "adf smoke: implement a trial, closed when it is over";
/// What the issue asks for.
pub(super) const BODY: &str = "Opened by `adf smoke`. Nobody need do anything here.\n\n\
Make one small change that can be thrown away, such as a line in a new file adf-smoke.txt, and commit it.";
/// The colour of a label that was missing.
const COLOR: &str = "8b5cf6";

/// Mentions an agent under the issue.
pub(super) async fn mention(cast: &Cast, issue: u64, agent: &AgentName) -> anyhow::Result<()> {
    let what = if delivers(cast, agent) {
        "make one small change that can be thrown away, such as a line in a new file adf-smoke.txt, and commit it"
    } else {
        "read one file of this repository and report in a sentence what it is for"
    };
    let text = format!("@adf:{agent} this is a trial: {what}");
    let posted = cast.person.post_comment(issue, &text).await;
    posted.map(drop).context("the mention cannot be written")
}

/// Has the agent that coordinates call another under the issue: by its own mention, as on its schedule.
pub(super) async fn dispatch(
    person: &Client,
    issue: u64,
    (coordinator, doer): (&AgentName, &AgentName),
) -> anyhow::Result<()> {
    let text = format!(
        "@adf:{coordinator} this is a trial: call the agent `{doer}` once for this issue, and have it make one small change that can be thrown away, such as a line in a new file adf-smoke.txt, and commit it. Do nothing else."
    );
    let posted = person.post_comment(issue, &text).await;
    posted.map(drop).context("the mention cannot be written")
}

/// The task of the agent that was called, by the comment that accepts it.
pub(super) fn called(
    own: &[Comment],
    (coordinator, doer): (&AgentName, &AgentName),
) -> Option<String> {
    let says = format!("`{coordinator}` has called `{doer}`");
    let accepted = own.iter().find(|comment| comment.body.contains(&says))?;
    let (_, rest) = accepted.body.split_once("<sub>task `")?;
    rest.split('`').next().map(str::to_owned)
}

/// Labels the issue; a label that the repository lacks is made, and stays: the coordinator needs it.
pub(super) async fn label(cast: &Cast, issue: u64, name: &str) -> anyhow::Result<()> {
    let there = cast.person.labels().await?;
    let id = match there.iter().find(|label| label.name == name) {
        Some(label) => label.id,
        None => cast.factory.create_label(name, COLOR).await?.id,
    };
    let added = cast.person.add_labels(issue, &[id]).await;
    let what =
        format!("the issue cannot be labelled `{name}`; only people with write access can label");
    match added {
        // What helps the factory's own account does not help a person's.
        Err(ForgeError::Forbidden { .. }) => {
            let login = cast.person.me().await?.login;
            bail!("{what}: give `{login}` write access, or name a token of somebody who has it")
        }
        added => added.map(drop).context(what),
    }
}

/// Whom the accepting comment of a pick names.
pub(super) fn picked(accepted: &str) -> Option<AgentName> {
    let name = accepted.strip_prefix("`@adf:")?.split(' ').next()?;
    Some(AgentName::from(name))
}

/// Whether an agent's role lets it change anything, so that there is something to deliver.
pub(super) fn delivers(cast: &Cast, agent: &AgentName) -> bool {
    !cast.config.settings.only_reads(agent)
}

/// Whether a result says that an agent which edits nothing has done its work.
pub(super) fn is_done(result: &str, agent: &AgentName) -> bool {
    result.contains(&format!("`{agent}` is done"))
}
